import { expect, test } from 'vitest';
import { connected, outcome } from '../../support/connected-client.ts';
import { turn } from '../../support/manual-time.ts';

test('closing says goodbye, ends sequences, and rejects what is unanswered', async () => {
  const { client, broker, time } = await connected();
  const sub = await client.subscribe({ topic: 'a' });
  const published = outcome(client.publish('a', 1));
  await client.close();
  await client.close();
  expect(await published).toBe('client_closed');
  expect(await sub[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
  expect(broker.peer.order.slice(-2)).toEqual(['publish', 'goodbye']);
  expect(broker.peer.closed).toEqual({ code: 1000 });
  await expect(client.publish('a', 2)).rejects.toMatchObject({ code: 'client_closed' });
  expect(() => client.publishQuietly('a', 2)).toThrow(expect.objectContaining({ code: 'client_closed' }));
  expect(time.timers).toBe(0);
});

test('closing while reconnecting stops that', async () => {
  const { client, broker, time } = await connected();
  broker.peer.close(1006);
  await client.close();
  await time.advance(60_000);
  expect(broker.peers).toHaveLength(1);
  expect(time.timers).toBe(0);
});

test('draining takes nothing new, waits for receipts and for what is in hand, then says goodbye', async () => {
  const { client, broker, time } = await connected();
  const sub = await client.subscribe({ topic: 'a', ack: 'explicit' });
  broker.peer.events(
    1,
    { lease: { id: 1, token: 1, remainingMs: 30_000 } },
    { lease: { id: 2, token: 1, remainingMs: 30_000 } },
  );
  const { value: event } = await sub[Symbol.asyncIterator]().next();
  const published = client.publish('a', 1);
  await turn();
  const drained = client.drain().then(() => 'drained');
  await expect(client.publish('a', 2)).rejects.toMatchObject({ code: 'client_draining' });
  await expect(client.subscribe({ topic: 'b' })).rejects.toMatchObject({ code: 'client_draining' });
  expect((await sub[Symbol.asyncIterator]().next()).done).toBe(true);
  broker.peer.receipt(broker.peer.sent('publish')[0]?.ref ?? 0);
  await published;
  await time.advance(100);
  expect(await outcome(drained)).toBe('waiting');
  const acked = event?.ack();
  await turn();
  broker.peer.settled(broker.peer.sent('settle')[0]?.ref ?? 0);
  await acked;
  await time.advance(100);
  expect(await drained).toBe('drained');
  expect(broker.peer.asked('goodbye')).toHaveLength(1);
  expect(client.state).toBe('closed');
});

test('draining waits for callbacks at work', async () => {
  const { client, broker, time } = await connected();
  let finish = (): void => {};
  await client.subscribe({ topic: 'a' }, () => new Promise<void>((resolve) => (finish = resolve)));
  broker.peer.events(1, {});
  const drained = client.drain().then(() => 'drained');
  await time.advance(100);
  expect(await outcome(drained)).toBe('waiting');
  finish();
  await time.advance(100);
  expect(await drained).toBe('drained');
});

test('draining ends after its time, whatever is left', async () => {
  const { client, time } = await connected();
  client.publish('a', 1).catch(() => {});
  const drained = client.drain({ timeoutMs: 500 }).then(() => 'drained');
  await time.advance(600);
  expect(await outcome(drained)).toBe('drained');
  expect(client.state).toBe('closed');
});

test('draining ends when its signal fires', async () => {
  const { client, time } = await connected();
  client.publish('a', 1).catch(() => {});
  const stop = new AbortController();
  const drained = client.drain({ signal: stop.signal }).then(() => 'drained');
  await time.advance(100);
  expect(await outcome(drained)).toBe('waiting');
  stop.abort();
  await time.advance(20);
  expect(await outcome(drained)).toBe('drained');
  expect(client.state).toBe('closed');
});

test('a socket that can be ended without the other side is, when that does not close within a second', async () => {
  for (const answers of [true, false]) {
    const { client, broker, time } = await connected();
    let terminated = 0;
    Object.assign(broker.peer.socket, { terminate: () => (terminated += 1) });
    await client.close();
    if (answers) broker.peer.close(1000);
    await time.advance(999);
    expect(terminated).toBe(0);
    await time.advance(1);
    expect(terminated).toBe(answers ? 0 : 1);
    expect(time.timers).toBe(0);
  }
});
