import { z } from '../../../kernel/schema.ts';
import type { BrokerControl } from '../../../protocol/index.ts';
import { ProtocolError } from '../../../protocol/index.ts';
import { answerQuestion, type Question, type QuestionMeans } from '../../../session/questions.ts';
import { type Call, type Route, route } from '../route.ts';
import { explainWish, matchWish, pageQuery } from '../schemas.ts';

const tag = 'questions';
const REF = 1;

/** What changes nothing, and is answered as over the native protocol: each in a turn of its own. */
export function ask(call: Call<unknown, unknown>, question: Question, means: QuestionMeans): void {
  const waits = call.caller.costly.add(() => {
    try {
      call.json(200, withoutFrame(answerQuestion(question, means)));
    } catch (error) {
      call.refuse(error);
    }
  });
  if (!waits) throw new ProtocolError('rate_limited', 'too many questions are asked at once');
}

/** What an answer says, without what makes it a frame. */
export function withoutFrame(frame: BrokerControl): object {
  return Object.fromEntries(Object.entries(frame).filter(([name]) => name !== 'kind' && name !== 'ref'));
}

const filterCost = z.looseObject({ cost: z.string(), testsPerEvent: z.number() });

export function questionRoutes(means: QuestionMeans): readonly Route[] {
  return [
    route<unknown, z.infer<typeof explainWish>>({
      method: 'POST',
      path: '/v1/explain',
      tag,
      summary: 'Why does, did or would this event match this filter, or not?',
      query: z.strictObject({}),
      body: { schema: explainWish, types: ['application/json'] },
      answers: {
        200: {
          meaning: 'Clause by clause; `text` is the same, to be read.',
          schema: z.looseObject({ explanation: z.unknown(), text: z.string() }),
        },
      },
      handle: (call) => ask(call, { kind: 'explain', ref: REF, ...call.body }, means),
    }),
    route<unknown, z.infer<typeof matchWish>>({
      method: 'POST',
      path: '/v1/match',
      tag,
      summary: 'A dry run: which subscriptions does, or would, this event match, and why? Nothing is delivered.',
      query: z.strictObject({}),
      body: { schema: matchWish, types: ['application/json'] },
      answers: {
        200: {
          meaning: 'A page of subscriptions; `next` is the cursor of the one after it.',
          schema: z.looseObject({ total: z.int(), matches: z.array(z.unknown()), next: z.int().optional() }),
        },
      },
      handle: (call) => ask(call, { kind: 'match', ref: REF, ...call.body }, means),
    }),
    route({
      method: 'GET',
      path: '/v1/filters',
      tag,
      summary: 'The filters that cost most, the most expensive first.',
      query: pageQuery,
      answers: {
        200: {
          meaning: 'A page of filters.',
          schema: z.looseObject({ filters: z.array(filterCost), listed: z.int() }),
        },
      },
      handle: (call) => ask(call, { kind: 'rank', ref: REF, ...call.query }, means),
    }),
    route({
      method: 'GET',
      path: '/v1/filters/cost',
      tag,
      summary: 'What a filter costs, or would cost.',
      query: z.strictObject({ filter: z.string().max(512), when: z.string().min(1).max(65_536).optional() }),
      answers: { 200: { meaning: 'The cost.', schema: filterCost } },
      handle({ query: { filter: topic, when }, ...call }) {
        ask({ ...call, query: {} }, { kind: 'price', ref: REF, topic, when }, means);
      },
    }),
  ];
}
