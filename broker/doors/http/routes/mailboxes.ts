import type { Config } from '../../../config/index.ts';
import { z } from '../../../kernel/schema.ts';
import type { ControlMeans } from '../../../session/control-requests.ts';
import type { QuestionMeans } from '../../../session/questions.ts';
import type { Events } from '../events.ts';
import type { HttpSubscription } from '../http-subscription.ts';
import type { HttpSubscriptions } from '../http-subscriptions.ts';
import { type Call, type Route, route } from '../route.ts';
import { eventsAnswer, mailboxWish, NO_QUERY, pageQuery, pauseWish, redriveWish, replayWish } from '../schemas.ts';
import { ask } from './questions.ts';
import { pollQuery, STREAM_HEADERS, streamQuery } from './subscriptions.ts';

export interface MailboxRoutesMeans
  extends Pick<ControlMeans, 'mailboxes' | 'mailboxAnswers' | 'redrive' | 'afterFlush'> {
  readonly config: Config;
  readonly subscriptions: HttpSubscriptions;
  readonly events: Events;
  readonly questions: QuestionMeans;
}

const PATH = '/v1/mailboxes/{name}';
const tag = 'mailboxes';
const REF = 1;
const mailboxStatus = z.looseObject({ mailbox: z.string(), topic: z.string(), entries: z.int() });
const howMany = z.object({ entries: z.int().min(0) });

export function mailboxRoutes(means: MailboxRoutesMeans): readonly Route[] {
  const { mailboxes, mailboxAnswers, afterFlush, redrive, subscriptions, events, config, questions } = means;
  const nameOf = (call: Call<unknown, unknown>): string => call.params['name'] ?? '';
  const inspect = (call: Call<unknown, unknown>, status: number): void =>
    call.json(status, mailboxAnswers.inspect(nameOf(call)));
  return [
    route({
      method: 'GET',
      path: '/v1/mailboxes',
      tag,
      summary: 'Lists mailboxes.',
      query: pageQuery,
      answers: { 200: { meaning: 'A page.', schema: z.looseObject({ mailboxes: z.array(mailboxStatus) }) } },
      handle: (call) => ask(call, { kind: 'mailboxes', ref: REF, ...call.query }, questions),
    }),
    route<unknown, z.infer<typeof mailboxWish>>({
      method: 'PUT',
      path: PATH,
      tag,
      summary: 'Makes a mailbox, or makes sure that there is one which is so.',
      query: NO_QUERY,
      body: { schema: mailboxWish, types: ['application/json'] },
      answers: {
        200: { meaning: 'It was there.', schema: mailboxStatus },
        201: { meaning: 'It is made, and on disk.', schema: mailboxStatus },
      },
      handle(call) {
        // A consumer makes it, and leaves at once.
        const held = subscriptions.make(undefined, { ...call.body, mailbox: nameOf(call) });
        const { created } = held;
        subscriptions.end(held);
        afterFlush(() => {
          try {
            inspect(call, created ? 201 : 200);
          } catch (error) {
            call.refuse(error);
          }
        });
      },
    }),
    route({
      method: 'GET',
      path: PATH,
      tag,
      summary: 'How a mailbox does.',
      query: NO_QUERY,
      answers: { 200: { meaning: 'Its state.', schema: mailboxStatus } },
      handle: (call) => inspect(call, 200),
    }),
    route<unknown, z.infer<typeof pauseWish>>({
      method: 'PATCH',
      path: PATH,
      tag,
      summary: 'Makes it hand nothing over until it is told to go on.',
      query: NO_QUERY,
      body: { schema: pauseWish, types: ['application/merge-patch+json', 'application/json'] },
      answers: { 200: { meaning: 'Its state.', schema: mailboxStatus } },
      handle(call) {
        mailboxes.pause(nameOf(call), call.body.paused);
        const status = mailboxAnswers.inspect(nameOf(call));
        afterFlush(() => call.json(200, status));
      },
    }),
    route({
      method: 'DELETE',
      path: PATH,
      tag,
      summary: 'Ends a mailbox, with its entries and whoever takes from it.',
      query: NO_QUERY,
      answers: { 200: { meaning: 'How many entries there were.', schema: howMany } },
      handle(call) {
        const entries = mailboxes.end(nameOf(call));
        afterFlush(() => call.json(200, { entries }));
      },
    }),
    route({
      method: 'GET',
      path: `${PATH}/entries`,
      tag,
      summary: 'Looks at what is in it. Takes nothing.',
      query: pageQuery,
      answers: { 200: { meaning: 'A page.', schema: z.looseObject({ entries: z.array(z.unknown()) }) } },
      handle: (call) => ask(call, { kind: 'peek', ref: REF, mailbox: nameOf(call), ...call.query }, questions),
    }),
    route({
      method: 'GET',
      path: `${PATH}/events`,
      tag: 'events',
      summary: 'Takes events from a mailbox, under leases, in competition with everybody else who does.',
      query: pollQuery(config.pollWaitMsMax),
      answers: { 200: { meaning: 'Events, perhaps none.', schema: eventsAnswer } },
      handle: (call) => events.poll(consumer(call, subscriptions), call),
    }),
    route({
      method: 'GET',
      path: `${PATH}/stream`,
      tag: 'events',
      summary: 'The same as Server-Sent Events.',
      query: streamQuery,
      headers: STREAM_HEADERS,
      answers: { 200: { meaning: 'A stream without end.', types: ['text/event-stream'] } },
      handle: (call) => events.stream(consumer(call, subscriptions), call, { served: true }),
    }),
    route({
      method: 'POST',
      path: `${PATH}:purge`,
      tag,
      summary: 'Drops every entry that nobody has.',
      query: NO_QUERY,
      answers: { 200: { meaning: 'How many.', schema: howMany } },
      handle: (call) => mailboxes.purge(nameOf(call), (entries) => call.json(200, { entries })),
    }),
    route<unknown, z.infer<typeof replayWish>>({
      method: 'POST',
      path: `${PATH}:replay`,
      tag,
      summary: 'Hands over again what was settled and is still kept.',
      query: NO_QUERY,
      body: { schema: replayWish, types: ['application/json'] },
      answers: { 200: { meaning: 'How many.', schema: howMany } },
      handle: (call) => mailboxes.replay(nameOf(call), call.body.from, (entries) => call.json(200, { entries })),
    }),
    route<unknown, z.infer<typeof redriveWish>>({
      method: 'POST',
      path: '/v1/deadletters:redrive',
      tag,
      summary: 'Puts dead letters back where they came from.',
      query: NO_QUERY,
      body: { schema: redriveWish, types: ['application/json'], optional: true },
      answers: {
        200: { meaning: 'How many are back, and how many are left.', schema: howMany.extend({ left: z.int().min(0) }) },
      },
      handle(call) {
        const { mailbox: from, limit = Number.MAX_SAFE_INTEGER } = call.body;
        redrive({ from, limit }, (result) => call.json(200, result));
      },
    }),
  ];
}

/** Whoever takes from a mailbox by its name alone shares one subscription, which leaves when nobody has for long. */
function consumer(call: Call<unknown, unknown>, subscriptions: HttpSubscriptions): HttpSubscription {
  const mailbox = call.params['name'] ?? '';
  const name = `mailbox ${mailbox}`;
  const known = subscriptions.find(name);
  if (known !== undefined) return known;
  const held = subscriptions.make(name, { mailbox });
  subscriptions.serve(held, { retained: false });
  return held;
}
