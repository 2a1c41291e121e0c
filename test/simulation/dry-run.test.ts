import { describe, expect, it } from 'vitest';
import type { BrokerControl, ControlOf } from '../../broker/protocol/index.ts';
import { simulatedBroker } from '../support/simulated-broker.ts';

function matched(answer: BrokerControl): ControlOf<BrokerControl, 'matched'> {
  if (answer.kind !== 'matched') throw new Error(`answered ${JSON.stringify(answer)}`);
  return answer;
}

describe('a dry run', () => {
  it('lists whom an event would reach and why, and leaves no trace', async () => {
    const { greeted, metric, transport } = await simulatedBroker();
    const [subscriber, other, asker] = [greeted(), greeted(), greeted()];
    const hot = subscriber.subscribe({ topic: 'sensors/+', when: 'temperature > 30' }).subscription;
    subscriber.subscribe({ topic: 'sensors/+', when: 'temperature > 35' });
    const all = other.subscribe({ topic: '#', mode: 'pull' }).subscription;
    const quiet = async () => {
      const body = String((await transport.page('/metrics')).body);
      return body.split('\n').filter((line) => !/^tellwhen_(frame|index_filters|index_bytes)/.test(line));
    };
    const before = await quiet();
    const question = { event: { topic: 'sensors/1', data: { temperature: 31 } } };
    const answer = matched(asker.request('match', question));
    expect(answer.total).toBe(2);
    expect(answer.matches).toMatchObject([
      { subscription: hot, topic: 'sensors/+', when: 'temperature > 30', cost: 'indexed' },
      { subscription: all, topic: '#', cost: 'indexed' },
    ]);
    expect(answer.matches[0]?.text).toContain('temperature is 31, which is > 30');
    expect(answer.matches[0]?.fate).toBeUndefined();
    expect(answer.next).toBeUndefined();
    expect(subscriber.take('event')).toEqual([]);
    expect(other.take('notice')).toEqual([]);
    expect(await quiet()).toEqual(before);
    expect(await metric('tellwhen_match_candidates_total')).toBe(0);
    // Nothing has a position, so nothing is remembered under one.
    const explaining = asker.request('explain', { event: { seq: 1 }, filter: { subscription: all } });
    expect(explaining).toMatchObject({ code: 'event_unknown' });
  });

  it('of a published event says what became of it for each', async () => {
    const { greeted } = await simulatedBroker();
    const peer = greeted();
    const first = peer.subscribe({ topic: '#', when: 'x > 0' }).subscription;
    const changed = peer.subscribe({ topic: '#', when: 'x > 5' }).subscription;
    peer.publish({ topic: 'a', data: { x: 1 } });
    const later = peer.subscribe({ topic: 'a' }).subscription;
    peer.request('replace', { subscription: changed, when: 'x = 1' });
    const { matches } = matched(peer.request('match', { event: { seq: 1 } }));
    expect(matches.map(({ subscription, fate }) => [subscription, fate?.kind])).toEqual([
      [first, 'delivered'],
      [changed, 'not_matched'],
      [later, 'before_subscription'],
    ]);
  });

  it('answers in pages, each subscription once', async () => {
    const { greeted } = await simulatedBroker();
    const peer = greeted();
    const ids = Array.from({ length: 250 }, () => peer.subscribe({ topic: '#' }).subscription);
    for (const id of ids.splice(100, 20)) peer.request('unsubscribe', { subscription: id });
    const seen: number[] = [];
    for (let cursor: number | undefined = 0; cursor !== undefined; ) {
      const page = matched(peer.request('match', { event: { topic: 'a' }, cursor, limit: 100 }));
      expect(page.total).toBe(230);
      expect(page.matches.length).toBeLessThanOrEqual(100);
      seen.push(...page.matches.map(({ subscription }) => subscription));
      cursor = page.next;
    }
    expect(seen).toEqual(ids);
    expect(matched(peer.request('match', { event: { topic: 'a' }, cursor: 1_000_000 })).matches).toEqual([]);
  });

  it('ends a page early when its explanations are long', async () => {
    const { greeted } = await simulatedBroker();
    const peer = greeted();
    const when = Array.from({ length: 200 }, (_, i) => `x <> ${i + 1}`).join(' AND ');
    for (let i = 0; i < 50; i++) peer.subscribe({ topic: '#', when });
    const page = matched(peer.request('match', { event: { topic: 'a', data: { x: 0 } } }));
    expect(page.total).toBe(50);
    expect(page.matches.length).toBeLessThan(10);
    expect(page.next).toBeGreaterThan(0);
  });

  it('is refused for what is no event, as explaining one is', async () => {
    const { greeted } = await simulatedBroker();
    const peer = greeted();
    expect(peer.request('match', { event: { topic: 'a/#' } })).toMatchObject({ code: 'topic_invalid' });
    expect(peer.request('match', { event: { seq: 9 } })).toMatchObject({ code: 'event_unknown' });
  });

  it('waits its turn with other questions, and too many are refused', async () => {
    const { greeted, time } = await simulatedBroker();
    const [greedy, modest] = [greeted(), greeted()];
    const ask = { kind: 'match', event: { topic: 'a' } };
    for (let ref = 101; ref <= 300; ref++) greedy.peer.sendText(JSON.stringify({ ...ask, ref }));
    expect(modest.request('match', { event: { topic: 'a' } })).toMatchObject({ kind: 'matched' });
    time.settle();
    const answers = greedy.controls.filter((frame) => 'ref' in frame && frame.ref > 100).map(({ kind }) => kind);
    expect(answers).toHaveLength(200);
    expect(answers).toContain('refused');
  });
});
