import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ByteWriter, writeClientRecord } from '../../broker/protocol/index.ts';
import { simulatedBroker } from '../support/simulated-broker.ts';

async function withBystander() {
  const simulated = await simulatedBroker();
  const [peer, bystander] = [simulated.greeted(), simulated.greeted()];
  bystander.subscribe({ topic: 'good/#' });
  return {
    ...simulated,
    peer,
    /** The others go on, and nothing of it was a fault of the broker. */
    expectUnharmed() {
      bystander.publish({ topic: 'good/news', data: 1 });
      expect(bystander.take('event')).toHaveLength(1);
      expect(bystander.take('receipt')).toHaveLength(1);
      expect(simulated.faults).toEqual([]);
    },
  };
}

describe('a control frame that cannot be read', () => {
  const frames: [string, string, string][] = [
    ['no JSON', '{"kind":', 'frame_malformed'],
    ['empty', '', 'frame_malformed'],
    ['not an object', '[1]', 'frame_malformed'],
    ['no kind', '{"ref":1}', 'frame_unknown'],
    ['unknown kind', '{"kind":"dance","ref":1}', 'frame_unknown'],
    ['hostile kind', '{"kind":"__proto__","ref":1}', 'frame_unknown'],
    ['wrong type', '{"kind":"subscribe","ref":1,"topic":[]}', 'frame_malformed'],
    ['misspelt option', '{"kind":"subscribe","ref":1,"topic":"a","crédit":1}', 'frame_malformed'],
    ['hostile field', '{"kind":"subscribe","ref":1,"topic":"a","__proto__":{}}', 'frame_malformed'],
    ['ref out of range', '{"kind":"subscribe","ref":1e300,"topic":"a"}', 'frame_malformed'],
    ['too large', JSON.stringify({ kind: 'subscribe', ref: 1, topic: 'a'.repeat(100_000) }), 'frame_too_large'],
    ['deep', `{"kind":"explain","ref":1,"event":{"topic":"a","data":${'['.repeat(20_000)}`, 'frame_malformed'],
    [
      'deep and whole',
      `{"kind":"subscribe","ref":1,"topic":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
      'frame_malformed',
    ],
    ['deep where nobody looks', `{"kind":${'['.repeat(20_000)}${']'.repeat(20_000)},"ref":1}`, 'frame_malformed'],
  ];
  it.each(frames)('%s', async (_name, frame, code) => {
    const { peer, time, expectUnharmed } = await withBystander();
    peer.peer.sendText(frame);
    time.settle();
    expect(peer.controls.at(-1)).toMatchObject({ kind: 'refused', code });
    expect(peer.closed).toBeUndefined();
    peer.subscribe({ topic: 'a' });
    expectUnharmed();
  });
});

describe('a data frame that cannot be read', () => {
  const frames: [string, number[], string][] = [
    ['unknown record', [0x7f], 'frame_unknown'],
    ['a record of the other direction', [0x83, 0, 0, 0, 0, 0, 0, 0], 'frame_unknown'],
    ['half a record', [0x02, 1, 0, 0, 200, 1], 'frame_malformed'],
    ['an endless number', [0x03, ...Array.from({ length: 12 }, () => 0xff)], 'frame_malformed'],
    ['a text that is not UTF-8', [0x01, 0, 2, 0xc3, 0x28], 'frame_malformed'],
    ['unknown flags', [0x02, 1, 0, 0xff, 0], 'frame_malformed'],
    ['unknown settlement', [0x05, 1, 9, 0, 1, 1], 'frame_malformed'],
    ['an attribute of unknown kind', [0x02, 1, 0, 16, 1, 1, 0x61, 9], 'frame_malformed'],
  ];
  it.each(frames)('%s: refused, then closed, and what came before it has taken effect', async (_name, bytes, code) => {
    const { peer, expectUnharmed } = await withBystander();
    peer.send((to) => {
      writeClientRecord.topic(to, 0, 'a');
      writeClientRecord.publish(to, 5, 0, { data: new Uint8Array() });
      to.raw(Uint8Array.from(bytes));
    });
    expect(peer.take('receipt')).toMatchObject([{ ref: 5 }]);
    expect(peer.controls.at(-1)).toMatchObject({ kind: 'refused', ref: 0, code });
    expect(peer.closed?.code).toBe(4400);
    expectUnharmed();
  });

  it('is closed when it is nothing but faults', async () => {
    const faulty: ((to: ByteWriter, i: number) => void)[] = [
      (to, i) => writeClientRecord.fetch(to, 1 + i, 999, 1, 0),
      (to) => writeClientRecord.publish(to, 0, 99, { data: new Uint8Array() }),
    ];
    for (const write of faulty) {
      const { peer, expectUnharmed } = await withBystander();
      peer.send((to) => {
        for (let i = 0; i < 2_000; i++) write(to, i);
      });
      expect(peer.take('refused').length).toBeLessThanOrEqual(1_001);
      expect(peer.controls.at(-1)).toMatchObject({ kind: 'refused', ref: 0, code: 'rate_limited' });
      expect(peer.closed?.code).toBe(4400);
      expectUnharmed();
    }
  });

  it('is not closed for what may be tried again', async () => {
    const { greeted } = await simulatedBroker({ publishPerSecondMax: 10, publishBurst: 1 });
    const peer = greeted();
    peer.publish(...Array.from({ length: 2_000 }, (_, data) => ({ topic: 'a', data })));
    expect(peer.take('refused')).toHaveLength(1_999);
    expect(peer.closed).toBeUndefined();
  });

  it('before hello', async () => {
    const { connect, expectUnharmed } = await withBystander();
    const peer = connect();
    peer.publish({ topic: 'a', data: 1 });
    expect(peer.controls.at(-1)).toMatchObject({ kind: 'refused', code: 'frame_unexpected' });
    expect(peer.closed?.code).toBe(4400);
    expectUnharmed();
  });

  it('whatever the bytes are, the broker answers and stands', async () => {
    const { greeted, faults } = await simulatedBroker();
    const bystander = greeted();
    bystander.subscribe({ topic: 'good' });
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (noise, tag) => {
        const peer = greeted();
        peer.subscribe({ topic: '#', ack: 'explicit' });
        peer.send((to) => to.raw(Uint8Array.of(tag, ...noise)));
        peer.peer.vanish();
      }),
      { numRuns: 500 },
    );
    bystander.publish({ topic: 'good', data: 1 });
    expect(bystander.take('event')).toHaveLength(1);
    expect(faults).toEqual([]);
  });
});

describe('a request that is refused', () => {
  const topics: [string, string][] = [
    ['empty', ''],
    ['wildcard', 'a/+/b'],
    ['many', 'a/#'],
    ['U+0000', 'a\u0000b'],
    ['too long', 'é'.repeat(300)],
    ['too deep', 'a/'.repeat(40)],
  ];
  it.each(topics)('publish to a topic that is none: %s', async (_name, topic) => {
    const { peer, expectUnharmed } = await withBystander();
    peer.publish({ topic, data: 1 }, { topic: '__proto__/constructor', data: 2 });
    expect(peer.take('refused')).toMatchObject([{ ref: 1001, code: 'topic_invalid' }]);
    expect(peer.take('receipt')).toMatchObject([{ ref: 1002 }]);
    expect(peer.closed).toBeUndefined();
    expectUnharmed();
  });

  it('publish with attributes that are none is refused by its ref, and the next one is not', async () => {
    const { peer, expectUnharmed } = await withBystander();
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`a${i}`, i]));
    peer.send((to) => {
      writeClientRecord.topic(to, 0, 'a');
      writeClientRecord.publish(to, 1, 0, { data: new Uint8Array(), attributes: many });
      writeClientRecord.publish(to, 2, 0, { data: new Uint8Array(), attributes: { x: Number.NaN } });
      // The same name twice.
      to.raw(Uint8Array.of(0x02, 3, 0, 0, 1, 9, 16, 2, 1, 0x61, 1, 1, 0x61, 0, 0));
      writeClientRecord.publish(to, 4, 0, { data: new Uint8Array(), attributes: { x: 1 } });
    });
    const refused = peer.take('refused').map(({ ref, code }) => [ref, code]);
    expect(refused).toEqual([1, 2, 3].map((ref) => [ref, 'attributes_invalid']));
    expect(peer.take('receipt')).toMatchObject([{ ref: 4 }]);
    expectUnharmed();
  });

  it('publish over the size, or to an alias that was never defined', async () => {
    const { peer, expectUnharmed } = await withBystander();
    peer.publish({ topic: 'a', data: 'x'.repeat(300_000) });
    peer.send((to) => writeClientRecord.publish(to, 7, 99, { data: new Uint8Array() }));
    peer.send((to) => writeClientRecord.topic(to, 5_000, 'a'));
    expect(peer.take('refused').map(({ ref, code }) => [ref, code])).toEqual([
      [1001, 'event_too_large'],
      [7, 'topic_alias_invalid'],
      [0, 'topic_alias_invalid'],
    ]);
    expectUnharmed();
  });

  it('subscribe with a predicate or a topic filter that is none says where', async () => {
    const { peer, expectUnharmed } = await withBystander();
    const refused = (topic: string, when?: string) =>
      peer.request('subscribe', when === undefined ? { topic } : { topic, when });
    expect(refused('a', 'x = 1 y = 2')).toMatchObject({ code: 'predicate_syntax', offset: 6 });
    expect(refused('a', '')).toMatchObject({ code: 'predicate_empty' });
    expect(refused('a', '('.repeat(8_000))).toMatchObject({ kind: 'refused' });
    expect(refused('a', 'x'.repeat(9_000))).toMatchObject({ code: 'predicate_too_long' });
    expect(refused('a/#/b')).toMatchObject({ code: 'topic_filter_invalid', offset: expect.any(Number) });
    expectUnharmed();
  });

  it('settling what is not there, with tokens old, wrong or absurd', async () => {
    const { peer, expectUnharmed } = await withBystander();
    for (const [id, token] of [
      [0, 0],
      [1, 1],
      [2 ** 53 - 1, 2 ** 53 - 1],
      [2_097_152, 7],
    ] as const) {
      peer.ack({ id, token });
      expect(peer.take('refused')).toMatchObject([{ code: 'lease_unknown' }]);
    }
    expectUnharmed();
  });

  it('names of other sessions’ subscriptions', async () => {
    const { peer, greeted, expectUnharmed } = await withBystander();
    const { subscription } = greeted().subscribe({ topic: '#' });
    for (const answer of [
      peer.request('unsubscribe', { subscription }),
      peer.request('replace', { subscription, when: null }),
      peer.request('renew', { subscription, leaseMs: 60_000 }),
    ]) {
      expect(answer).toMatchObject({ kind: 'refused', code: 'subscription_unknown' });
    }
    expectUnharmed();
  });
});
