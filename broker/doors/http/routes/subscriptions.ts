import type { Config } from '../../../config/index.ts';
import { z } from '../../../kernel/schema.ts';
import type { ControlMeans } from '../../../session/control-requests.ts';
import type { FilterCache } from '../../../subscribe/filter-cache.ts';
import type { Events } from '../events.ts';
import type { HttpSubscription } from '../http-subscription.ts';
import type { HttpSubscriptions } from '../http-subscriptions.ts';
import { HttpProblem } from '../problem.ts';
import { type Call, type Route, route } from '../route.ts';
import {
  event,
  eventsAnswer,
  format,
  NO_QUERY,
  numberText,
  type SubscriptionWish,
  subscription,
  subscriptionChange,
  subscriptionWish,
} from '../schemas.ts';
import type { Sinks } from '../sinks.ts';
import type { StoredSubscriptions } from '../stored-subscriptions.ts';
import { whenOf } from '../subscription-terms.ts';
import type { Consent } from '../webhooks/consent.ts';

export interface SubscriptionRoutesMeans extends Pick<ControlMeans, 'afterFlush'> {
  readonly config: Config;
  readonly subscriptions: HttpSubscriptions;
  readonly events: Events;
  readonly filters: FilterCache;
  readonly sinks: Sinks;
  readonly stored: StoredSubscriptions;
}

const PATH = '/v1/subscriptions/{id}';
const tag = 'subscriptions';
const IF_MATCH = { 'If-Match': 'Only if the subscription still has this ETag.' };
const ETAG = 'The header ETag names its state.';

export const streamQuery = z.strictObject({ format: format.optional(), retained: z.enum(['send', 'skip']).optional() });

export function pollQuery(waitMsMax: number) {
  return z.strictObject({
    max: numberText(1, 1_000).optional().describe('Events at most. Default: 100.'),
    wait: numberText(0, waitMsMax).optional().describe('Milliseconds to wait for the first one. Default: 0.'),
    leaseMs: numberText(1, 0xffff_ffff).optional().describe('Of a pull subscription: for how long they are leased.'),
    format: format.optional(),
  });
}

export const STREAM_HEADERS = {
  'Last-Event-ID': 'The last event that the client has: those after it are given again, as far as they are remembered.',
};

export function subscriptionRoutes(means: SubscriptionRoutesMeans): readonly Route[] {
  const { subscriptions, events, config } = means;
  const one = (call: Call<unknown, unknown>): HttpSubscription => subscriptions.get(call.params['id'] ?? '');
  return [
    route({
      method: 'GET',
      path: '/v1/subscriptions',
      tag,
      summary: 'Lists the subscriptions of this door.',
      query: z.strictObject({ limit: numberText(1, 1_000).optional(), cursor: numberText(0).optional() }),
      answers: {
        200: {
          meaning: 'A page; `next` is the cursor of the one after it.',
          schema: z.object({ subscriptions: z.array(subscription), next: z.int().optional() }),
        },
      },
      handle(call) {
        const { limit = 100, cursor = 0 } = call.query;
        const all = [...subscriptions.named()];
        const next = cursor + limit < all.length ? { next: cursor + limit } : {};
        call.json(200, { subscriptions: all.slice(cursor, cursor + limit).map(shown), ...next });
      },
    }),
    route<unknown, SubscriptionWish>({
      method: 'PUT',
      path: PATH,
      tag,
      summary:
        'Makes a subscription, or makes it as it is said here. Where only the predicate differs, it takes effect between two events, and nothing that waits is lost.',
      query: NO_QUERY,
      headers: { ...IF_MATCH, 'If-None-Match': '*: only if there is none.' },
      body: { schema: subscriptionWish, types: ['application/json'] },
      answers: {
        200: { meaning: `It is changed. ${ETAG}`, schema: subscription },
        201: { meaning: `It is made. ${ETAG}`, schema: subscription },
      },
      handle: (call) => put(call, means),
    }),
    route({
      method: 'GET',
      path: PATH,
      tag,
      summary: 'One subscription.',
      query: NO_QUERY,
      answers: { 200: { meaning: `The subscription. ${ETAG}`, schema: subscription } },
      handle: (call) => answer(call, 200, one(call)),
    }),
    route<unknown, z.infer<typeof subscriptionChange>>({
      method: 'PATCH',
      path: PATH,
      tag,
      summary: 'Puts another predicate on a living subscription, or another time on its lease.',
      query: NO_QUERY,
      headers: IF_MATCH,
      body: { schema: subscriptionChange, types: ['application/merge-patch+json', 'application/json'] },
      answers: { 200: { meaning: `It is changed. ${ETAG}`, schema: subscription } },
      handle(call) {
        const held = one(call);
        checkMatch(call, held);
        const { when, leaseMs } = call.body;
        if (when !== undefined) replacePredicate(held, when ?? undefined);
        if (leaseMs !== undefined) held.subscription.keeper.renew(held.subscription, leaseMs);
        const { filters: _, source: __, types: ___, ...wish } = held.wish;
        held.wish = when === undefined ? held.wish : { ...wish, when: when ?? undefined };
        subscriptions.changed(held);
        means.stored.keep(held.name, held.wish);
        means.afterFlush(() => answer(call, 200, held));
      },
    }),
    route({
      method: 'DELETE',
      path: PATH,
      tag,
      summary: 'Ends a subscription, and what waits for it. A mailbox that it takes from stays.',
      query: NO_QUERY,
      headers: IF_MATCH,
      answers: { 204: { meaning: 'It is over.' } },
      handle(call) {
        const name = call.params['id'] ?? '';
        const held = subscriptions.find(name);
        // One that could not be had any more when the broker started is still stored.
        if (held === undefined && !means.stored.has(name)) subscriptions.get(name);
        checkMatch(call, held);
        means.stored.forget(name);
        if (held !== undefined) subscriptions.end(held);
        means.afterFlush(() => call.send({ status: 204, headers: {}, body: '' }));
      },
    }),
    route({
      method: 'GET',
      path: `${PATH}/events`,
      tag: 'events',
      summary:
        'Takes events: what there is, or, with `wait`, what comes first. Where they are to be acknowledged, each has a lease; with `max` above 1 those that follow at once come along.',
      query: pollQuery(config.pollWaitMsMax),
      answers: { 200: { meaning: 'Events, perhaps none.', schema: eventsAnswer } },
      handle: (call) => events.poll(readable(one(call)), call),
    }),
    route({
      method: 'GET',
      path: `${PATH}/events/{seq}`,
      tag: 'events',
      summary: 'Fetches an event of which a pull subscription was notified, under a lease.',
      query: z.strictObject({ leaseMs: numberText(1, 0xffff_ffff).optional(), format: format.optional() }),
      answers: { 200: { meaning: 'The event.', schema: event } },
      handle(call) {
        const seq = Number(call.params['seq']);
        if (!Number.isSafeInteger(seq)) throw new HttpProblem('request_malformed', 'the seq of an event is a number');
        const body = `${events.fetch(one(call), seq, call.query)}\n`;
        call.send({ status: 200, headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }, body });
      },
    }),
    route({
      method: 'GET',
      path: `${PATH}/stream`,
      tag: 'events',
      summary: 'Events as they come, as Server-Sent Events; also `gap`, `notice` and `ended`.',
      query: streamQuery,
      headers: STREAM_HEADERS,
      answers: { 200: { meaning: 'A stream without end.', types: ['text/event-stream'] } },
      handle: (call) => events.stream(readable(one(call)), call, { served: true }),
    }),
  ];
}

function put(call: Call<unknown, SubscriptionWish>, means: SubscriptionRoutesMeans): void {
  const { subscriptions, filters, sinks, stored } = means;
  const name = call.params['id'] ?? '';
  const wish = sinks.check(name, call.body);
  const before = subscriptions.find(name);
  if (before !== undefined && call.request.headers.get('if-none-match') === '*') {
    throw new HttpProblem('precondition_failed', 'there is a subscription of this name');
  }
  checkMatch(call, before);
  if (before !== undefined && differsInPredicateOnly(before.wish, wish)) {
    const when = whenOf(wish, (text) => void filters.compile({ topic: '#', when: text }));
    if (when !== before.subscription.registration.filters.present.when) replacePredicate(before, when);
    before.wish = wish;
    subscriptions.changed(before);
    stored.keep(name, wish);
    means.afterFlush(() => answer(call, 200, before));
    return;
  }
  // The new one first: if it is refused, the old one is as it was.
  const held = subscriptions.make(name, wish);
  if (before !== undefined) subscriptions.end(before);
  subscriptions.serve(held, { retained: wish.retained !== 'skip' && wish.mailbox === undefined });
  sinks.begin(held);
  stored.keep(name, wish);
  // It may take from a mailbox that was just made.
  means.afterFlush(() => answer(call, before === undefined ? 201 : 200, held));
}

function replacePredicate(
  { subscription: { keeper }, subscription }: HttpSubscription,
  when: string | undefined,
): void {
  keeper.replace(subscription, when ?? null);
}

function differsInPredicateOnly(one: SubscriptionWish, other: SubscriptionWish): boolean {
  const rest = ({ when: _, filters: __, source: ___, types: ____, ...wish }: SubscriptionWish): string =>
    JSON.stringify(Object.entries(wish).sort(([a], [b]) => (a < b ? -1 : 1)));
  return rest(one) === rest(other);
}

/** What is sent to a URL is nobody else's to read. */
function readable(held: HttpSubscription): HttpSubscription {
  if (held.wish.sink === undefined) return held;
  throw new HttpProblem('precondition_failed', 'the events of this subscription are sent to its sink');
}

/** Throws HttpProblem `precondition_failed` where If-Match names another state (RFC 9110 §13.1.1). */
function checkMatch({ request }: Call<unknown, unknown>, held: HttpSubscription | undefined): void {
  const wanted = request.headers.get('if-match');
  if (wanted === undefined) return;
  const tags = wanted.split(',').map((one) => one.trim());
  if (held !== undefined && (tags.includes('*') || tags.includes(etag(held)))) return;
  throw new HttpProblem('precondition_failed', 'the subscription was changed, or made anew, or is not there');
}

function etag({ version }: HttpSubscription): string {
  return `"${version}"`;
}

function answer(call: Call<unknown, unknown>, status: number, held: HttpSubscription): void {
  call.json(status, shown(held), { ETag: etag(held), ...(status === 201 && { Location: call.request.path }) });
}

function shown({ name, wish, rests, subscription, sending }: HttpSubscription) {
  const { id, registration, terms, keeper } = subscription;
  const { topic, when } = registration.filters.present;
  const leaseMs = rests ? undefined : keeper.leaseMs(subscription);
  return {
    id: name,
    subscription: id,
    topic,
    ...(when !== undefined && { when }),
    cost: registration.cost,
    sinceSeq: registration.sinceSeq,
    mode: terms.mode,
    ack: terms.ack,
    ...(wish.mailbox !== undefined && { mailbox: wish.mailbox }),
    ...(wish.sink !== undefined && { sink: wish.sink, protocol: 'HTTP', ...shownConsent(sending?.consent) }),
    ...(leaseMs !== undefined && { leaseMs }),
    ...(terms.ack === 'explicit' && { deliveryLeaseMs: terms.deliveryLeaseMs }),
  };
}

function shownConsent(consent: Consent | undefined) {
  if (consent === undefined) return {};
  const { given, perMinute } = consent;
  return { sinkConsent: given, ...(Number.isFinite(perMinute) && { sinkPerMinute: perMinute }) };
}
