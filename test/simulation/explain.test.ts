import { describe, expect, it } from 'vitest';
import type { BrokerControl, ControlOf } from '../../broker/protocol/index.ts';
import { simulatedBroker } from '../support/simulated-broker.ts';

function explained(answer: BrokerControl): ControlOf<BrokerControl, 'explained'> {
  if (answer.kind !== 'explained') throw new Error(`answered ${JSON.stringify(answer)}`);
  return answer;
}

describe('explain', () => {
  it('an imagined event against an imagined filter, clause by clause', async () => {
    const { greeted, metric } = await simulatedBroker();
    const answer = explained(
      greeted().request('explain', {
        event: { topic: 'sensors/1', data: { temperature: 28.4 } },
        filter: { topic: 'sensors/#', when: 'temperature > 30 AND humidity < 50' },
      }),
    );
    expect(answer.explanation.matched).toBe(false);
    expect(answer.text).toContain('temperature > 30');
    expect(answer.text).toContain('28.4');
    expect(answer.text).toContain('missing');
    expect(answer.fate).toBeUndefined();
    expect(await metric('tellwhen_events_published_total')).toBe(0);
  });

  it('a published event and a living subscription: what became of it', async () => {
    const { greeted } = await simulatedBroker();
    const [publisher, subscriber] = [greeted(), greeted()];
    publisher.publish({ topic: 'a', data: { x: 1 } });
    const { subscription } = subscriber.subscribe({ topic: '#', when: 'x > 0', creditEvents: 1, queueEvents: 1 });
    for (const x of [1, -1, 2, 3]) publisher.publish({ topic: 'a', data: { x } });
    const fate = (seq: number) =>
      explained(publisher.request('explain', { event: { seq }, filter: { subscription } })).fate?.kind;
    expect([1, 2, 3, 4, 5].map(fate)).toEqual([
      'before_subscription',
      'delivered',
      'not_matched',
      'dropped',
      'waiting',
    ]);
  });

  it('with acknowledgement, where in its life the event is', async () => {
    const { greeted, time } = await simulatedBroker();
    const peer = greeted();
    const push = peer.subscribe({ topic: '#', ack: 'explicit' }).subscription;
    const pull = peer.subscribe({ topic: '#', mode: 'pull' }).subscription;
    for (const data of [1, 2, 3]) peer.publish({ topic: 'a', data });
    const [first, second] = peer.take('event').map(({ lease }) => lease as { id: number; token: number });
    if (first === undefined || second === undefined) throw new Error('not delivered');
    peer.ack(first);
    peer.release(second, 10_000);
    peer.fetch(pull, 2);
    time.settle();
    const fate = (seq: number, subscription: number) =>
      explained(peer.request('explain', { event: { seq }, filter: { subscription } })).fate?.kind;
    expect([1, 2, 3].map((seq) => fate(seq, push))).toEqual(['acknowledged', 'waiting', 'leased']);
    expect([1, 2].map((seq) => fate(seq, pull))).toEqual(['notified', 'leased']);
  });

  it('says when the event, or the subscription, is not there to be explained', async () => {
    const { greeted } = await simulatedBroker({ recentEventsMax: 2 });
    const peer = greeted();
    const { subscription } = peer.subscribe({ topic: '#' });
    for (const data of [1, 2, 3]) peer.publish({ topic: 'a', data });
    const answer = (seq: number, id = subscription) =>
      peer.request('explain', { event: { seq }, filter: { subscription: id } });
    expect(answer(1)).toMatchObject({ code: 'event_gone' });
    expect(answer(2)).toMatchObject({ kind: 'explained' });
    expect(answer(4)).toMatchObject({ code: 'event_unknown' });
    expect(answer(3, 999)).toMatchObject({ code: 'subscription_unknown' });
  });

  it('refuses a filter that is none, as subscribing does', async () => {
    const { greeted } = await simulatedBroker();
    const answer = greeted().request('explain', { event: { topic: 'a' }, filter: { topic: 'a', when: 'x >' } });
    expect(answer).toMatchObject({ kind: 'refused', code: 'predicate_syntax' });
  });

  it('judges an event by the filter that was there at its time', async () => {
    const { greeted } = await simulatedBroker();
    const peer = greeted();
    const { subscription } = peer.subscribe({ topic: '#', when: 'x = 1' });
    for (const x of [1, 2]) peer.publish({ topic: 'a', data: { x } });
    peer.request('replace', { subscription, when: 'x = 2' });
    for (const x of [1, 2]) peer.publish({ topic: 'a', data: { x } });
    const answer = (seq: number) => explained(peer.request('explain', { event: { seq }, filter: { subscription } }));
    expect([1, 2, 3, 4].map((seq) => answer(seq).fate?.kind)).toEqual([
      'delivered',
      'not_matched',
      'not_matched',
      'delivered',
    ]);
    expect(answer(2).text).toContain('x = 1');
    expect(answer(3).text).toContain('x = 2');
  });

  it('remembers the filter that judged, however often it was replaced since without an event', async () => {
    const { greeted } = await simulatedBroker();
    const peer = greeted();
    const { subscription } = peer.subscribe({ topic: '#', when: 'x = 1' });
    peer.publish({ topic: 'a', data: { x: 1 } });
    for (let i = 0; i < 20; i++) peer.request('replace', { subscription, when: `x = ${i + 2}` });
    const answer = explained(peer.request('explain', { event: { seq: 1 }, filter: { subscription } }));
    expect(answer.fate?.kind).toBe('delivered');
  });

  it('makes one who asks for many wait, and nobody else', async () => {
    const { greeted, connect, time } = await simulatedBroker();
    const [greedy, modest] = [greeted(), connect()];
    modest.hello();
    const question = { event: { topic: 'a' }, filter: { topic: 'a' } };
    for (let ref = 101; ref <= 300; ref++) greedy.peer.sendText(JSON.stringify({ kind: 'explain', ref, ...question }));
    expect(modest.request('explain', question)).toMatchObject({ kind: 'explained' });
    time.settle();
    const answers = greedy.controls.filter((frame) => 'ref' in frame && frame.ref > 100).map(({ kind }) => kind);
    expect(answers.filter((kind) => kind === 'explained').length).toBeGreaterThanOrEqual(100);
    expect(answers).toHaveLength(200);
  });

  it('treats imagined data as it would be treated when published', async () => {
    const { greeted } = await simulatedBroker({ jsonDepthMax: 2 });
    const ask = (fields: object) =>
      explained(
        greeted().request('explain', {
          event: { topic: 'a', data: { x: { y: { z: 1 } } }, ...fields },
          filter: { topic: '#', when: 'EXISTS x' },
        }),
      ).explanation.matched;
    expect(ask({})).toBe(false);
    expect(ask({ data: { x: 1 } })).toBe(true);
    expect(ask({ data: { x: 1 }, contentType: 'text/plain' })).toBe(false);
  });

  it('is refused for a topic that is none', async () => {
    const { greeted } = await simulatedBroker();
    const answer = greeted().request('explain', { event: { topic: 'a/#' }, filter: { topic: '#' } });
    expect(answer).toMatchObject({ kind: 'refused', code: 'topic_invalid' });
  });
});
