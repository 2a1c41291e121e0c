import { describe, expect, it } from 'vitest';
import type { BrokerControl, ControlOf } from '../../broker/protocol/index.ts';
import { simulatedBroker } from '../support/simulated-broker.ts';

function ranked(answer: BrokerControl): ControlOf<BrokerControl, 'ranked'> {
  if (answer.kind !== 'ranked') throw new Error(`answered ${JSON.stringify(answer)}`);
  return answer;
}

function priced(answer: BrokerControl): ControlOf<BrokerControl, 'priced'> {
  if (answer.kind !== 'priced') throw new Error(`answered ${JSON.stringify(answer)}`);
  return answer;
}

describe('the most expensive filters', () => {
  it('are listed with what they cost and how many have them, whoever asks', async () => {
    const { greeted } = await simulatedBroker();
    const [one, other] = [greeted(), greeted()];
    one.subscribe({ topic: 'a/b', when: 'x = 1' });
    for (const peer of [one, other, other])
      peer.subscribe({ topic: '#', when: "x NOT LIKE '%a%' AND y NOT LIKE '%b%'" });
    const answer = ranked(greeted().request('rank', {}));
    expect(answer.filters).toMatchObject([
      { topic: '#', cost: 'residual', subscriptions: 3, testsPerEvent: 3, keys: [{ key: 'topic #', share: 1 }] },
      { topic: 'a/b', when: 'x = 1', cost: 'indexed', subscriptions: 1, keys: [{ key: 'x = 1' }], keysInAll: 1 },
    ]);
    expect(answer).toMatchObject({ listed: 2, held: 2 });
    expect(answer.next).toBeUndefined();
  });

  it('come in pages, and go when their subscriptions do', async () => {
    const { greeted } = await simulatedBroker();
    const peer = greeted();
    for (let i = 0; i < 130; i++) peer.subscribe({ topic: 'a', when: `x = ${i}` });
    const pages = [ranked(peer.request('rank', { limit: 100 }))];
    pages.push(ranked(peer.request('rank', { limit: 100, cursor: pages[0]?.next ?? 0 })));
    expect(pages.map(({ filters, next }) => [filters.length, next])).toEqual([
      [100, 100],
      [30, undefined],
    ]);
    expect(new Set(pages.flatMap(({ filters }) => filters.map(({ when }) => when))).size).toBe(130);
    expect(ranked(peer.request('rank', { cursor: 1_000_000 })).filters).toEqual([]);
    expect(peer.request('rank', { limit: 101 })).toMatchObject({ kind: 'refused', code: 'frame_malformed' });
    peer.request('goodbye', {});
    expect(ranked(greeted().request('rank', {}))).toMatchObject({ filters: [], listed: 0, held: 0 });
  });

  it('are found by the sweep, which says how far it has come and is counted', async () => {
    const { greeted, time, metric } = await simulatedBroker();
    const peer = greeted();
    for (let i = 0; i < 96; i++) peer.subscribe({ topic: '#', when: `x = ${i} AND y > 0` });
    for (let i = 0; i < 2000; i++) peer.publish({ topic: 't', data: { x: 95, y: 1 } });
    const before = ranked(peer.request('rank', {})).sweep;
    time.advance(100);
    const after = ranked(peer.request('rank', {}));
    expect(after.sweep.at + after.sweep.rounds * 96).toBe(before.at + before.rounds * 96 + 32);
    time.advance(400);
    const [first] = ranked(peer.request('rank', {})).filters;
    expect(first).toMatchObject({ when: 'x = 95 AND y > 0' });
    expect(await metric('tellwhen_index_filters_reviewed_total')).toBeGreaterThanOrEqual(96);
    expect(await metric('tellwhen_index_filters_moved_total')).toBeGreaterThanOrEqual(0);
  });

  it('a filter that nobody has is priced, and not kept', async () => {
    const { greeted, metric } = await simulatedBroker();
    const peer = greeted();
    const filter = { topic: 'a/#', when: "s IN ('p', 'q') AND n > 5" };
    const cost = priced(peer.request('price', filter));
    expect(cost).toMatchObject({ cost: 'indexed', subscriptions: 0 });
    expect(cost.testsPerEvent).toBeCloseTo(cost.offersPerEvent * cost.testsPerOffer);
    expect(await metric('tellwhen_filters{cost="indexed"}')).toBe(0);
    peer.subscribe(filter);
    expect(priced(peer.request('price', filter)).subscriptions).toBe(1);
    expect(peer.request('price', { topic: 'a', when: 'x >' })).toMatchObject({ code: 'predicate_syntax', offset: 3 });
  });

  it('tell of a filter with many keys the dearest', async () => {
    const { greeted } = await simulatedBroker();
    const peer = greeted();
    const values = Array.from({ length: 60 }, (_, i) => `'v${i}'`).join(', ');
    for (let i = 0; i < 30; i++) peer.publish({ topic: 't', data: { s: `v${i}` } });
    const { keys, keysInAll } = priced(peer.request('price', { topic: '#', when: `s IN (${values})` }));
    expect(keys.length).toBeLessThanOrEqual(8);
    expect(keysInAll).toBeGreaterThanOrEqual(keys.length);
  });
});

describe('residual filters', () => {
  it('are refused when there are as many as there may be, and nothing has changed then', async () => {
    const { greeted, metric } = await simulatedBroker({ residualFiltersMax: 1 });
    const peer = greeted();
    const like = (text: string) => ({ topic: '#', when: `x NOT LIKE '%${text}%'` });
    const { subscription, cost } = peer.subscribe(like('a'));
    expect(cost).toBe('residual');
    peer.subscribe(like('a'));
    expect(peer.request('subscribe', like('b'))).toMatchObject({ kind: 'refused', code: 'residual_limit' });
    expect(await metric('tellwhen_requests_refused_total{code="residual_limit"}')).toBe(1);
    expect(await metric('tellwhen_filters{cost="residual"}')).toBe(1);
    expect(await metric('tellwhen_subscriptions{mode="push"}')).toBe(2);
    expect(peer.request('subscribe', like('c'))).toMatchObject({ code: 'residual_limit' });
    const keyed = peer.subscribe({ topic: '#', when: 'x = 1' }).subscription;
    const replaced = peer.request('replace', { subscription: keyed, when: like('b').when });
    expect(replaced).toMatchObject({ kind: 'refused', code: 'residual_limit' });
    peer.request('replace', { subscription, when: 'x = 1' });
    peer.publish({ topic: 't', data: { x: 1 } });
    expect(
      peer
        .take('event')
        .map(({ subscription: id }) => id)
        .sort(),
    ).toEqual([subscription, keyed].sort());
    expect(peer.request('subscribe', like('b'))).toMatchObject({ code: 'residual_limit' });
  });
});
