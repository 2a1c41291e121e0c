import { expect, test } from 'vitest';
import type { ReceivedEvent } from '../../../client/event.ts';
import { connected } from '../../support/connected-client.ts';
import { turn } from '../../support/manual-time.ts';

const bytes = (text: string) => ({ data: new TextEncoder().encode(text) });
const numbered = (count: number) => Array.from({ length: count }, (_, i) => bytes(`${i}`));

test('each event of a run is told with what its body says, and where that says nothing with what the run says', async () => {
  const { client, broker } = await connected();
  const told: ReceivedEvent[] = [];
  await client.subscribe({ topic: 'a' }, (event) => void told.push(event));
  const full = { id: 'x', source: 'me', time: 5, attributes: { n: 1 }, contentType: 'text/plain' };
  broker.peer.run(1, 11, [
    bytes('1'),
    { ...bytes('two'), contentType: 'text/plain' },
    { ...bytes('three'), time: 7 },
    { ...bytes('four'), contentType: 'text/plain', time: 2 ** 50 },
    { ...bytes('five'), ...full },
    { ...bytes('6'.repeat(20_000)), contentType: 'é'.repeat(100) },
    bytes(''),
  ]);
  const time = 1_700_000_000_000;
  expect(
    told.map((event) => [event.seq, event.topic, event.text().slice(0, 5), event.time, event.contentType]),
  ).toEqual([
    [11, 'a', '1', time, 'application/json'],
    [12, 'a', 'two', time, 'text/plain'],
    [13, 'a', 'three', 7, 'application/json'],
    [14, 'a', 'four', 2 ** 50, 'text/plain'],
    [15, 'a', 'five', 5, 'text/plain'],
    [16, 'a', '66666', time, 'é'.repeat(100)],
    [17, 'a', '', time, 'application/json'],
  ]);
  expect(told[4]).toMatchObject({ id: 'x', source: 'me', attributes: { n: 1 }, attempt: 0, retained: false });
  expect(told[5]?.data).toHaveLength(20_000);
  expect(told[0]).toMatchObject({ id: undefined, attributes: {} });
});

test('the credit of a run comes back as one, for what callbacks have done with', async () => {
  const { client, broker } = await connected();
  const later: (() => void)[] = [];
  await client.subscribe({ topic: 'a' }, ({ seq }) =>
    seq % 2 === 0 ? new Promise<void>((resolve) => void later.push(resolve)) : undefined,
  );
  const costs = broker.peer.run(1, 11, numbered(8));
  await turn();
  expect(broker.peer.sent('credit')).toEqual([
    { kind: 'credit', subscription: 1, events: 4, bytes: costs.slice(4).reduce((sum, cost) => sum + cost, 0) },
  ]);
  for (const resolve of later) resolve();
  await turn();
  expect(broker.peer.sent('credit').map(({ events }) => events)).toEqual([4, 4]);
});

test('a callback that throws is reported, and the events after it are told', async () => {
  const errors: unknown[] = [];
  const { client, broker } = await connected({ onCallbackError: (error) => errors.push(error) });
  const seqs: number[] = [];
  await client.subscribe({ topic: 'a' }, ({ seq }) => {
    seqs.push(seq);
    if (seq === 12) throw new Error('no');
  });
  broker.peer.run(1, 11, numbered(8));
  await turn();
  expect(seqs).toEqual([11, 12, 13, 14, 15, 16, 17, 18]);
  expect(errors).toMatchObject([{ message: 'no' }]);
  expect(broker.peer.sent('credit').map(({ events }) => events)).toEqual([8]);
});

test.each(['unsubscribe', 'close'] as const)(
  'after a %s in a callback nothing more of the run is told',
  async (how) => {
    const { client, broker } = await connected();
    const seqs: number[] = [];
    const sub = await client.subscribe({ topic: 'a' }, ({ seq }) => {
      seqs.push(seq);
      if (seq === 13) void (how === 'close' ? client.close() : sub.unsubscribe());
    });
    broker.peer.run(1, 11, numbered(8));
    await turn();
    expect(seqs).toEqual([11, 12, 13]);
    expect(broker.peer.sent('credit')).toEqual([]);
  },
);

test('a loop takes the events of runs in their order, those that wait and those it waits for', async () => {
  const { client, broker } = await connected();
  const sub = await client.subscribe({ topic: 'a' });
  broker.peer.run(1, 11, numbered(5));
  expect(sub.pending).toBe(5);
  const seqs: number[] = [];
  const loop = (async () => {
    for await (const { seq } of sub) if (seqs.push(seq) === 7) break;
  })();
  await turn();
  expect(sub.pending).toBe(0);
  broker.peer.run(1, 20, numbered(3));
  await loop;
  expect(seqs).toEqual([11, 12, 13, 14, 15, 20, 21]);
  expect(sub.pending).toBe(1);
});
