import { expect, test } from 'vitest';
import { connect } from '../../../client/connect.ts';
import { connected, outcome } from '../../support/connected-client.ts';
import { FakeBroker, FakePeer } from '../../support/fake-broker.ts';
import { ManualTime } from '../../support/manual-time.ts';

test('says hello with its name, and is open once welcomed', async () => {
  const { client, broker } = await connected({ name: 'thermostat' });
  expect(broker.peer.controls).toEqual([
    { kind: 'hello', ref: 1, client: 'thermostat', publisher: expect.stringMatching(/^[0-9a-f]{32}$/) },
  ]);
  expect(client.state).toBe('open');
});

test('rejects, and does not try again, when nobody answers the first time', async () => {
  const broker = new FakeBroker();
  broker.reachable = false;
  await expect(connected({}, broker)).rejects.toMatchObject({ code: 'connection_failed', retry: true });
  expect(broker.peers).toHaveLength(1);
});

test('rejects with the refusal of its hello', async () => {
  const broker = new FakeBroker();
  broker.onControl = ({ ref }, peer) => {
    peer.control({ kind: 'refused', ref, code: 'session_limit', message: 'full' });
    return true;
  };
  await expect(connected({}, broker)).rejects.toMatchObject({ code: 'session_limit' });
  expect(broker.peer.closed).toBeDefined();
});

test('rejects when the factory of sockets fails', async () => {
  const webSocket = () => Promise.reject(new Error('no network'));
  await expect(connect('ws://broker', { webSocket })).rejects.toMatchObject({
    code: 'connection_failed',
    cause: expect.objectContaining({ message: 'no network' }),
  });
});

test('rejects at once where a failed handshake is told by an error alone, however early', async () => {
  const cause = new Error('handshake');
  for (const soon of [queueMicrotask, setImmediate]) {
    const webSocket = (url: string) => {
      const peer = new FakePeer(new FakeBroker(), url);
      soon(() => peer.fail(cause));
      return peer.socket;
    };
    const time = new ManualTime();
    await expect(connect('ws://broker', { webSocket, time })).rejects.toMatchObject({
      code: 'connection_failed',
      cause,
    });
    expect(time.timers).toBe(0);
  }
});

test('gives up when the welcome takes too long', async () => {
  const broker = new FakeBroker();
  broker.welcomes = false;
  const time = new ManualTime();
  const connecting = connect('ws://broker', { webSocket: broker.webSocket, time, requestTimeoutMs: 500 });
  connecting.catch(() => {});
  await time.advance(499);
  expect(await outcome(connecting)).toBe('waiting');
  await time.advance(1);
  expect(await outcome(connecting)).toBe('connection_failed');
  expect(time.timers).toBe(0);
});

test('stops connecting when its signal fires', async () => {
  const broker = new FakeBroker();
  broker.welcomes = false;
  const stop = new AbortController();
  const connecting = connected({ signal: stop.signal }, broker);
  stop.abort();
  await expect(connecting).rejects.toMatchObject({ code: 'aborted' });
  await expect(connected({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
});

test('refuses options that make no sense', async () => {
  await expect(connect([])).rejects.toMatchObject({ code: 'invalid_argument' });
  for (const address of ['nonsense', 'http://x', '', 5, null, ['ws://x', 'x']]) {
    await expect(connect(address as never)).rejects.toMatchObject({ code: 'invalid_argument' });
  }
  const wrong: unknown[] = [null, { name: 5 }, { name: '\ud800' }, { webSocket: {} }, { requestsMax: '5' }];
  for (const options of [...wrong, { reconnect: { min: 5 } }, { onCallbackError: 'log' }]) {
    await expect(connect('ws://broker', options as never)).rejects.toMatchObject({ code: 'invalid_argument' });
  }
  await expect(connect('ws://broker', { timeoutMs: 5 } as never)).rejects.toThrow(
    'there is no timeoutMs; there are name',
  );
  await expect(connect('ws://broker', { name: 'x'.repeat(129) })).rejects.toMatchObject({ code: 'invalid_argument' });
  await expect(connect('ws://broker', { requestTimeoutMs: 0 })).rejects.toMatchObject({ code: 'invalid_argument' });
  await expect(connect('ws://broker', { reconnect: { minMs: Number.NaN } })).rejects.toMatchObject({
    code: 'invalid_argument',
  });
});

test('closes a connection on which the broker is unreadable', async () => {
  const { client, broker } = await connected();
  broker.peer.data((to) => to.u8(0xff));
  expect(client.state).toBe('closed');
  expect(broker.peer.closed).toEqual({ code: 4400 });
});

test('an answer of another kind than asked for is unreadable', async () => {
  const { client, broker } = await connected();
  const published = outcome(client.publish('a', 1));
  await Promise.resolve();
  broker.peer.settled(broker.peer.sent('publish')[0]?.ref ?? 0);
  expect(await published).toBe('broker_unreadable');
  expect(client.state).toBe('closed');
});
