import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ErrorCode, TellwhenError } from '../../../client/errors.ts';
import type { ConnectOptions } from '../../../client/options.ts';
import { connected } from '../../support/connected-client.ts';
import { FakeBroker } from '../../support/fake-broker.ts';
import { turn } from '../../support/manual-time.ts';

/** What it comes to in the end: the value, or the code of the error. */
function told<T>(promise: Promise<T>): Promise<T | ErrorCode> {
  return promise.catch((error: TellwhenError) => error.code);
}

/** A broker that knows events again for two minutes. */
async function remembering(options: ConnectOptions = {}) {
  const broker = new FakeBroker();
  broker.limits = { ...broker.limits, dedupMs: 120_000 };
  return await connected(options, broker);
}

describe('a lost connection', () => {
  test('an event with an id is sent again, before what was published later, and answered once', async () => {
    const { client, broker, time } = await remembering();
    const first = client.publish('a', 1, { id: 'one' });
    const plain = told(client.publish('a', 2));
    const third = client.publish('a', 3, { id: 'three', source: 'mine' });
    await turn();
    const before = broker.peer.sent('publish');
    broker.peer.close(1006);
    const later = client.publish('a', 4);
    expect(await plain).toBe('connection_lost');
    broker.receipts = true;
    await time.advance(1_000);
    const again = broker.peer.sent('publish');
    expect(again.map(({ text }) => text)).toEqual(['1', '3', '4']);
    expect(again[0]).toMatchObject({ id: 'one', source: before[0]?.source });
    expect(again[1]).toMatchObject({ id: 'three', source: 'mine' });
    expect(before[0]?.source).toMatch(/^[0-9a-f]{32}$/);
    await Promise.all([first, third, later]);
    expect(client.unanswered).toBe(0);
  });

  test('retry: true gives an id, retry: false lets one with an id go', async () => {
    const { client, broker, time } = await remembering();
    const kept = [client.publish('a', 1, { retry: true }), client.publish('a', 2, { retry: true })];
    const once = told(client.publish('a', 3, { id: 'x', retry: false }));
    await turn();
    const ids = broker.peer.sent('publish').map(({ id }) => id);
    expect(new Set(ids).size).toBe(3);
    broker.peer.close(1006);
    expect(await once).toBe('connection_lost');
    broker.receipts = true;
    await time.advance(1_000);
    expect(broker.peer.sent('publish').map(({ id }) => id)).toEqual(ids.slice(0, 2));
    await Promise.all(kept);
  });

  test('what the broker would not know again is not sent again', async () => {
    for (const dedupMs of [undefined, 1_000]) {
      const broker = new FakeBroker();
      broker.limits = { ...broker.limits, dedupMs };
      const { client, time } = await connected({ reconnect: { minMs: 4_000 } }, broker);
      const inDoubt = told(client.publish('a', 1, { id: 'one' }));
      await turn();
      broker.peer.close(1006);
      const waited = client.publish('a', 2, { id: 'two' });
      broker.receipts = true;
      await time.advance(5_000);
      expect(await inDoubt).toBe('connection_lost');
      await waited;
      expect(broker.peer.sent('publish').map(({ text }) => text)).toEqual(['2']);
    }
  });

  test('a batch goes on with what has no answer, if each of its events has an id', async () => {
    const { client, broker, time } = await remembering();
    const events = Array.from({ length: 5 }, (_, i) => ({ topic: 'a', data: i, id: `${i}` }));
    const batch = client.publishBatch(events);
    const mixed = told(client.publishBatch([...events, { topic: 'a', data: 'no id' }]));
    await turn();
    const refs = broker.peer.sent('publish').map(({ ref }) => ref);
    for (const i of [0, 1, 3]) broker.peer.receipt(refs[i] ?? 0, { seq: 10 + i });
    broker.peer.close(1006);
    expect(await mixed).toBe('connection_lost');
    broker.receipts = true;
    await time.advance(1_000);
    expect(broker.peer.sent('publish').map(({ text }) => text)).toEqual(['2', '4']);
    expect((await batch).map((result) => (result as { seq: number }).seq)).toEqual([10, 11, 1, 13, 2]);
  });

  test('what is tried for long finds out that the line is dead', async () => {
    const { client, broker, time } = await remembering({ requestTimeoutMs: 1_000, silenceMs: 60_000 });
    await time.advance(10);
    const published = client.publish('a', 1, { id: 'one' });
    await time.advance(1_000);
    expect(client.state).toBe('reconnecting');
    broker.receipts = true;
    await time.advance(1_000);
    expect(await published).toHaveProperty('seq');
  });

  test('it is given up in the end', async () => {
    const { client, broker, time } = await remembering({ retryMs: 5_000 });
    const published = told(client.publish('a', 1, { id: 'one' }));
    const batch = told(client.publishBatch([{ topic: 'a', data: 2, id: 'two' }]));
    await turn();
    broker.reachable = false;
    broker.peer.close(1006);
    await time.advance(5_000);
    expect(await published).toBe('timeout');
    expect(await batch).toMatchObject([{ code: 'timeout' }]);
    expect(client.unanswered).toBe(0);
  });
});

describe('a refusal that says not now', () => {
  test.each(['store_busy', 'store_full', 'mailbox_full', 'rate_limited', 'broker_draining'] as const)(
    'after %s an event with an id comes again, in its order, and all others wait behind it',
    async (code) => {
      const { client, broker, time } = await remembering();
      const all = ['one', 'two', 'three'].map((id) => client.publish('a', id, { id }));
      await turn();
      const [one, two, three] = broker.peer.sent('publish').map(({ ref }) => ref) as [number, number, number];
      broker.peer.refused(one, code);
      broker.peer.refused(three, code);
      broker.peer.receipt(two);
      const later = client.publish('a', 'later');
      const subscribed = client.subscribe({ topic: 'a' });
      expect(client.publishQuietly('a', 'quiet')).toBe(false);
      await subscribed;
      expect(broker.peer.sent('publish')).toHaveLength(3);
      broker.receipts = true;
      await time.advance(100);
      expect(
        broker.peer
          .sent('publish')
          .slice(3)
          .map(({ text }) => text),
      ).toEqual(['"one"', '"three"', '"later"']);
      await Promise.all([...all, later]);
      expect(client.unanswered).toBe(0);
    },
  );

  test('is told at once where there is no id, and where waiting would not help', async () => {
    const { client, broker } = await remembering();
    const plain = told(client.publish('a', 1));
    const wrong = told(client.publish('a', 2, { id: 'two' }));
    const unwanted = told(client.publish('a', 3, { id: 'three', mandatory: true }));
    await turn();
    const [one, two, three] = broker.peer.sent('publish').map(({ ref }) => ref) as [number, number, number];
    broker.peer.refused(one, 'store_full');
    broker.peer.refused(two, 'topic_invalid');
    broker.peer.refused(three, 'no_match');
    expect(await Promise.all([plain, wrong, unwanted])).toEqual(['store_full', 'topic_invalid', 'no_match']);
    expect(client.publishQuietly('a', 4)).toBe(true);
  });

  test('the rests grow, and what was said last is the reason in the end', async () => {
    const { client, broker, time } = await remembering({ retryMs: 10_000 });
    const published = told(client.publish('a', 1, { id: 'one' }));
    const batch = client.publishBatch([{ topic: 'a', data: 2, id: 'two' }]);
    const moments: number[] = [];
    await turn();
    for (let seen = 0; seen < broker.peer.sent('publish').length; ) {
      for (const { ref } of broker.peer.sent('publish').slice(seen)) {
        seen += 1;
        broker.peer.refused(ref, 'mailbox_full');
        moments.push(time.nowMs());
      }
      const sent = broker.peer.sent('publish').length;
      while (broker.peer.sent('publish').length === sent && time.nowMs() < 10_000) await time.advance(10);
    }
    expect(await published).toBe('mailbox_full');
    expect(await batch).toMatchObject([{ code: 'mailbox_full' }]);
    const rests = moments.slice(2).map((at, i) => at - (moments[i] ?? 0));
    expect(Math.max(...rests.filter((_, i) => i % 2 === 0))).toBeGreaterThan(2_000);
    expect(moments.length).toBeLessThan(30);
  });

  test('after closing nothing is left that would wake up', async () => {
    const { client, broker, time } = await remembering();
    const published = told(client.publish('a', 1, { id: 'one' }));
    await turn();
    broker.peer.refused(broker.peer.sent('publish')[0]?.ref ?? 0, 'store_busy');
    await client.close();
    expect(await published).toBe('client_closed');
    expect(time.timers).toBe(0);
  });

  test('ten thousand refused at once come again in their order', async () => {
    const { client, broker, time } = await remembering();
    const all = Array.from({ length: 10_000 }, (_, i) => client.publish('a', i, { id: `${i}` }));
    await turn();
    const refs = broker.peer.sent('publish').map(({ ref }) => ref);
    for (const ref of refs) broker.peer.refused(ref, 'store_full');
    broker.receipts = true;
    while (client.unanswered > 0) await time.advance(100);
    await Promise.all(all);
    const again = broker.peer.sent('publish').slice(refs.length);
    expect(again.map(({ ref }) => ref)).toEqual(refs);
  });

  test('a signal gives up what rests', async () => {
    const { client, broker, time } = await remembering();
    const stop = new AbortController();
    const published = told(client.publish('a', 1, { id: 'one', signal: stop.signal }));
    await turn();
    broker.peer.refused(broker.peer.sent('publish')[0]?.ref ?? 0, 'store_busy');
    stop.abort();
    expect(await published).toBe('aborted');
    const next = client.publish('a', 2);
    broker.receipts = true;
    await time.advance(100);
    await next;
    expect(broker.peer.sent('publish').map(({ text }) => text)).toEqual(['1', '2']);
  });
});

/** What may happen to publishes on their way. */
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('publish' as const), events: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('answer' as const), count: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('refuse' as const), count: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 300 }) }) },
);

test('whatever happens, each event is let in once and answered once, and without refusals in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.integer({ min: 1, max: 8 }), async (steps, requestsMax) => {
      const { client, broker, time } = await remembering({ requestsMax, retryMs: 1e9, reconnect: { maxMs: 200 } });
      const letIn = new Map<string, number>();
      const results: Promise<unknown>[] = [];
      let published = 0;
      let answered = new WeakMap<object, number>();
      const open = () => (client.state === 'open' ? broker.peer : undefined);
      const answer = (count: number, refuse: boolean) => {
        const peer = open();
        if (peer === undefined) return;
        const from = answered.get(peer) ?? 0;
        const records = peer.sent('publish').slice(from, from + count);
        answered.set(peer, from + records.length);
        for (const { ref, id = '' } of records) {
          const known = letIn.get(id);
          if (refuse && known === undefined) peer.refused(ref, 'store_busy');
          else {
            if (known === undefined) letIn.set(id, letIn.size);
            peer.receipt(ref, { seq: 1 + (letIn.get(id) ?? 0), repeated: known !== undefined });
          }
        }
      };
      for (const one of steps) {
        if (one.do === 'publish') {
          const events = Array.from({ length: one.events }, () => {
            published += 1;
            return { topic: 'a', data: published, id: `${published}` };
          });
          if (one.events === 1) results.push(told(client.publish('a', published, { id: `${published}` })));
          else results.push(client.publishBatch(events));
        } else if (one.do === 'answer') answer(one.count, false);
        else if (one.do === 'refuse') answer(one.count, true);
        else if (one.do === 'lose') {
          // Some of what it had is let in, and nobody is told.
          const peer = open();
          const [lost] = peer?.sent('publish').slice(answered.get(peer) ?? 0) ?? [];
          if (lost?.id !== undefined && !letIn.has(lost.id)) letIn.set(lost.id, letIn.size);
          peer?.close(1006);
        } else await time.advance(one.ms);
        await turn();
      }
      for (let i = 0; i < 200 && client.unanswered > 0; i++) {
        answer(1_000, false);
        await time.advance(500);
      }
      expect(client.unanswered).toBe(0);
      const flat = (await Promise.all(results)).flat();
      const codes = flat.map((result) => (result instanceof TellwhenError ? result.code : result));
      const receipts = codes.filter((result) => result !== 'overloaded');
      expect(receipts.every((receipt) => typeof receipt === 'object')).toBe(true);
      expect(letIn.size).toBe(receipts.length);
      if (!steps.some((one) => one.do === 'refuse')) {
        const ids = [...letIn.keys()].map(Number);
        expect(ids).toEqual([...ids].sort((one, other) => one - other));
      }
      answered = new WeakMap();
      await client.close();
    }),
    { numRuns: 150 },
  );
});
