import { expect, test } from 'vitest';
import { NO_OPTIONS } from '../../../broker/protocol/index.ts';
import { TellwhenError } from '../../../client/errors.ts';
import { connected, outcome } from '../../support/connected-client.ts';
import { FakeBroker } from '../../support/fake-broker.ts';
import { turn } from '../../support/manual-time.ts';

test('resolves with the receipt', async () => {
  const { client, broker } = await connected();
  const published = client.publish('a', { temperature: 31 });
  await turn();
  const [publish] = broker.peer.sent('publish');
  expect(publish?.text).toBe('{"temperature":31}');
  const receipt = { seq: 7, matched: 3, durable: true, unreadable: false, repeated: false, delayed: false };
  broker.peer.receipt(publish?.ref ?? 0, receipt);
  expect(await published).toEqual(receipt);
});

test('says how it is to be published, and from whom it is', async () => {
  const { client, broker } = await connected();
  broker.receipts = true;
  const all = { durable: true, mandatory: true, retain: true, ttlMs: 5, delayMs: 7 };
  await client.publish('a', 1, { ...all, id: 'x' });
  await client.publishBatch([
    { topic: 'a', data: 2, durable: true },
    { topic: 'a', data: 3, source: 'mine' },
    { topic: 'a', data: 4, retry: true, durable: false },
  ]);
  client.publishQuietly('a', 5, { ttlMs: 9 });
  await turn();
  const [first, second, third, fourth, quiet] = broker.peer.sent('publish');
  expect(first).toMatchObject({ id: 'x', source: expect.stringMatching(/^[0-9a-f]{32}$/), options: all });
  expect(second).toMatchObject({ id: undefined, source: undefined, options: { ...NO_OPTIONS, durable: true } });
  expect(third).toMatchObject({ id: undefined, source: 'mine', options: NO_OPTIONS });
  expect(fourth).toMatchObject({ id: `${first?.source}-1`, source: first?.source, options: NO_OPTIONS });
  expect(quiet).toMatchObject({ ref: 0, options: { ...NO_OPTIONS, ttlMs: 9 } });
});

test.each([
  { durable: 1 },
  { retain: 'yes' },
  { mandatory: null },
  { retry: 0 },
  { ttlMs: 0 },
  { ttlMs: 2 ** 32 },
  { delayMs: 1.5 },
  { delayMs: '1s' },
])('refuses %j', async (options) => {
  const { client } = await connected();
  await expect(client.publish('a', 1, options as never)).rejects.toMatchObject({ code: 'invalid_argument' });
});

test('what one turn publishes is one frame, each topic spelt once per connection', async () => {
  const { client, broker } = await connected();
  broker.receipts = true;
  await Promise.all([client.publish('a', 1), client.publish('b', 2), client.publish('a', 3)]);
  expect(broker.peer.dataFrames).toBe(1);
  expect(broker.peer.records).toMatchObject([
    { kind: 'topic', alias: 0, text: 'a' },
    { kind: 'publish', alias: 0, text: '1' },
    { kind: 'topic', alias: 1, text: 'b' },
    { kind: 'publish', alias: 1, text: '2' },
    { kind: 'publish', alias: 0, text: '3' },
  ]);
  await client.publish('b', 4);
  expect(broker.peer.sent('topic')).toHaveLength(2);
});

test('no frame is longer than the broker takes, and no record is cut', async () => {
  const broker = new FakeBroker();
  broker.limits = { ...broker.limits, dataFrameBytes: 100 };
  broker.receipts = true;
  const { client } = await connected({}, broker);
  await Promise.all(Array.from({ length: 5 }, (_, i) => client.publish('a', `${i}`.repeat(40))));
  expect(broker.peer.dataFrames).toBe(3);
  expect(broker.peer.sent('publish').map(({ text }) => text[1])).toEqual(['0', '1', '2', '3', '4']);
});

test('an event too large for the broker is refused here, and harms no other', async () => {
  const broker = new FakeBroker();
  broker.limits = { ...broker.limits, dataFrameBytes: 100, eventBytes: 1_000 };
  broker.receipts = true;
  const { client } = await connected({}, broker);
  const results = [client.publish('a', 1), client.publish('a', 'x'.repeat(200)), client.publish('a', 2)];
  const tooLong = client.publish('a', 'x'.repeat(2_000));
  await expect(results[1]).rejects.toMatchObject({ code: 'event_too_large' });
  await expect(tooLong).rejects.toMatchObject({ code: 'event_too_large' });
  await Promise.all([results[0], results[2]]);
  expect(broker.peer.sent('publish').map(({ text }) => text)).toEqual(['1', '2']);
});

test('a control frame does not overtake what was published before it', async () => {
  const { client, broker } = await connected();
  broker.receipts = true;
  await Promise.all([client.publish('a', 1), client.subscribe({ topic: 'a' }), client.publish('a', 2)]);
  expect(broker.peer.order).toEqual(['hello', 'topic', 'publish', 'subscribe', 'publish']);
});

test('a refusal rejects with its code', async () => {
  const { client, broker } = await connected();
  const published = client.publish('a/#', 1);
  await turn();
  broker.peer.refused(broker.peer.sent('publish')[0]?.ref ?? 0, 'topic_invalid');
  await expect(published).rejects.toMatchObject({ code: 'topic_invalid', retry: false });
});

test('what cannot be an event is refused before anything is sent', async () => {
  const { client, broker } = await connected();
  const circular: { self?: unknown } = {};
  circular.self = circular;
  const attempts = [
    client.publish('', 1),
    client.publish('a', undefined),
    client.publish('a', circular),
    client.publish('a', 1, { time: -1 }),
    client.publish('a', 1, { attributes: { x: Number.NaN } }),
    client.publish('a', 1, { attributes: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`n${i}`, i])) }),
  ];
  for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ code: 'invalid_argument' });
  expect(broker.peer.records).toEqual([]);
});

test('an answer that does not come is a timeout; all in their order, on one timer', async () => {
  const { client, broker, time } = await connected({ requestTimeoutMs: 1_000 });
  const before = time.timers;
  const first = client.publish('a', 1).catch((error: TellwhenError) => error.code);
  await time.advance(400);
  const second = client.publish('a', 2).catch((error: TellwhenError) => error.code);
  expect(time.timers).toBe(before + 1);
  await time.advance(500);
  broker.peer.receipt(999);
  await time.advance(100);
  expect(await outcome(first)).toBe('timeout');
  expect(await outcome(second)).toBe('waiting');
  await time.advance(400);
  expect(await outcome(second)).toBe('timeout');
});

test('a signal gives a publish up, and lets go of its listener when it is answered', async () => {
  const { client, broker } = await connected();
  const stop = new AbortController();
  const given = client.publish('a', 1, { signal: stop.signal });
  stop.abort('enough');
  await expect(given).rejects.toMatchObject({ code: 'aborted', cause: 'enough' });
  await expect(client.publish('a', 2, { signal: stop.signal })).rejects.toMatchObject({ code: 'aborted' });
  await turn();
  expect(broker.peer.sent('publish')).toHaveLength(1);
  broker.peer.receipt(broker.peer.sent('publish')[0]?.ref ?? 0);
  expect(client.state).toBe('open');
  expect(client.unanswered).toBe(0);
});

test('a batch answers for each of its events, in their order', async () => {
  const { client, broker } = await connected();
  const batch = client.publishBatch([
    { topic: 'a', data: 1 },
    { topic: 'a/#', data: 2 },
    { topic: 'b', data: 3, id: 'three' },
  ]);
  await turn();
  const [one, two, three] = broker.peer.sent('publish').map(({ ref }) => ref) as [number, number, number];
  broker.peer.receipt(three, { seq: 33 });
  broker.peer.refused(two, 'topic_invalid');
  broker.peer.receipt(one, { seq: 31 });
  const [first, second, third] = await batch;
  expect(first).toMatchObject({ seq: 31 });
  expect(second).toBeInstanceOf(TellwhenError);
  expect(second).toMatchObject({ code: 'topic_invalid' });
  expect(third).toMatchObject({ seq: 33 });
  expect(await client.publishBatch([])).toEqual([]);
});

test('a batch rejects when the connection ends', async () => {
  const { client, broker } = await connected();
  const batch = client.publishBatch([
    { topic: 'a', data: 1 },
    { topic: 'b', data: 2 },
  ]);
  await turn();
  broker.peer.receipt(broker.peer.sent('publish')[0]?.ref ?? 0);
  broker.peer.close(1006);
  await expect(batch).rejects.toMatchObject({ code: 'connection_lost' });
});

test('beyond requestsMax publishes wait for receipts, in order; beyond as many again they are refused', async () => {
  const { client, broker } = await connected({ requestsMax: 2 });
  const published = Array.from({ length: 5 }, (_, i) => outcome(client.publish('a', i)));
  await turn();
  expect(broker.peer.sent('publish').map(({ text }) => text)).toEqual(['0', '1']);
  expect(await published[4]).toBe('overloaded');
  broker.receipts = true;
  for (const { ref } of broker.peer.sent('publish')) broker.peer.receipt(ref);
  await turn();
  expect(broker.peer.sent('publish').map(({ text }) => text)).toEqual(['0', '1', '2', '3']);
});

test('publishes wait while the socket is full, and what depends on their order with them; other requests do not', async () => {
  const { client, broker, time } = await connected({ bufferBytesMax: 100 });
  const known = await client.subscribe({ topic: 'a', leaseMs: 60_000 });
  broker.peer.socket.bufferedAmount = 100;
  const published = client.publish('a', 1);
  const subscribed = client.subscribe({ topic: 'a' });
  const replaced = known.replace({ when: 'x = 1' });
  expect(await known.renew({ leaseMs: 60_000 })).toBe(60_000);
  expect(broker.peer.order).toEqual(['hello', 'subscribe', 'renew']);
  broker.peer.socket.bufferedAmount = 99;
  await time.advance(5);
  broker.peer.receipt(broker.peer.sent('publish')[0]?.ref ?? 0);
  await Promise.all([published, subscribed, replaced]);
  expect(broker.peer.order.slice(3)).toEqual(['topic', 'publish', 'subscribe', 'replace']);
});

test('quiet publishes do not overtake those that wait', async () => {
  const { client, broker } = await connected({ requestsMax: 1 });
  const published = [client.publish('a', 1), client.publish('a', 2)];
  expect(client.publishQuietly('a', 3)).toBe(false);
  await turn();
  broker.receipts = true;
  broker.peer.receipt(broker.peer.sent('publish')[0]?.ref ?? 0);
  await Promise.all(published);
  expect(client.publishQuietly('a', 3)).toBe(true);
  await turn();
  expect(broker.peer.sent('publish').map(({ text }) => text)).toEqual(['1', '2', '3']);
});

test('waiting to be writable is given up as every wait is', async () => {
  const { client, broker, time } = await connected({ bufferBytesMax: 100, requestTimeoutMs: 1_000 });
  broker.peer.socket.bufferedAmount = 100;
  const writable = client.writable().catch((error: TellwhenError) => error.code);
  await time.advance(990);
  expect(await outcome(writable)).toBe('waiting');
  await time.advance(10);
  expect(await outcome(writable)).toBe('timeout');
});

test('a batch of more than may be under way goes out as receipts come, and leaves room for others', async () => {
  const { client, broker } = await connected({ requestsMax: 4 });
  const batch = client.publishBatch(Array.from({ length: 50 }, (_, i) => ({ topic: 'a', data: i })));
  await turn();
  expect(broker.peer.sent('publish')).toHaveLength(4);
  const other = outcome(client.publish('b', 'other'));
  broker.receipts = true;
  for (const { ref } of broker.peer.sent('publish')) broker.peer.receipt(ref);
  expect((await batch).filter((result) => !(result instanceof TellwhenError))).toHaveLength(50);
  expect(await other).toHaveProperty('seq');
  const texts = broker.peer.sent('publish').map(({ text }) => text);
  expect(texts.filter((text) => text !== '"other"')).toEqual(Array.from({ length: 50 }, (_, i) => `${i}`));
});

test('a batch that is given up half-way sends nothing more', async () => {
  for (const end of ['abort', 'close', 'loss'] as const) {
    const { client, broker, time } = await connected({ requestsMax: 4 });
    const stop = new AbortController();
    const events = Array.from({ length: 50 }, (_, i) => ({ topic: 'a', data: i }));
    const batch = outcome(client.publishBatch(events, { signal: stop.signal }));
    if (end === 'abort') stop.abort();
    else if (end === 'close') await client.close();
    else broker.peer.close(1006);
    expect(await batch).toBe({ abort: 'aborted', close: 'client_closed', loss: 'connection_lost' }[end]);
    await time.advance(100);
    await turn();
    expect(client.unanswered).toBe(0);
    const sent = broker.peers.flatMap((peer) => peer.sent('publish'));
    expect(sent.length).toBeLessThanOrEqual(4);
  }
});

test('a control frame longer than the broker takes is refused at once, and costs nothing else', async () => {
  const broker = new FakeBroker();
  broker.limits = { ...broker.limits, controlFrameBytes: 300 };
  const { client } = await connected({}, broker);
  await expect(client.subscribe({ topic: 'a', when: `x = '${'y'.repeat(300)}'` })).rejects.toMatchObject({
    code: 'frame_too_large',
  });
  // Two bytes each: short as a text, too long as UTF-8.
  await expect(client.subscribe({ topic: 'a', when: `x = '${'é'.repeat(150)}'` })).rejects.toMatchObject({
    code: 'frame_too_large',
  });
  await client.subscribe({ topic: 'a', when: `x = '${'y'.repeat(150)}'` });
  expect(client.state).toBe('open');
});

test('what has no form in UTF-8, is no text, or is no option is refused, with the names there are', async () => {
  const { client, broker } = await connected();
  const half = '\ud800';
  const attempts: Promise<unknown>[] = [
    client.publish(`a/${half}`, 1),
    client.publish('a', 1, { id: half }),
    client.publish('a', 1, { source: half }),
    client.publish('a', 1, { contentType: half }),
    client.publish('a', 1, { attributes: { [half]: 1 } }),
    client.publish('a', 1, { attributes: { x: half } }),
    client.publish('a', 1, { id: 7 as never }),
    client.publish('a', 1, { contentType: null as never }),
    client.publish('a', 1, { time: '2020' as never }),
    client.publish('a', 1, { attributes: null as never }),
    client.publish('a', 1, 'id' as never),
    client.publishBatch([{ topic: 'a', data: 1 }, null as never]),
    client.publishBatch([{ topic: 'a', data: 1, ttl: 5 } as never]),
  ];
  for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ code: 'invalid_argument' });
  await expect(client.publish('a', 1, { ID: 'x' } as never)).rejects.toThrow(
    'there is no ID; there are attributes, id, source, time, contentType, durable',
  );
  expect(() => client.publishQuietly('a', 1, { ids: 'x' } as never)).toThrow(
    expect.objectContaining({ code: 'invalid_argument' }),
  );
  await turn();
  expect(broker.peer.records).toEqual([]);
  const whole = client.publish('a', 1, { id: '\ud83d\ude00', time: new Date(5) });
  await turn();
  broker.peer.receipt(broker.peer.sent('publish')[0]?.ref ?? 0);
  await whole;
});

test('quiet publishes ask for no receipt, and are not taken while the socket is full', async () => {
  const { client, broker, time } = await connected({ bufferBytesMax: 100 });
  expect(client.publishQuietly('a', 1)).toBe(true);
  await turn();
  expect(broker.peer.sent('publish')).toMatchObject([{ ref: 0, text: '1' }]);
  expect(client.unanswered).toBe(0);
  broker.peer.socket.bufferedAmount = 100;
  expect(client.publishQuietly('a', 2)).toBe(false);
  const writable = client.writable();
  await time.advance(20);
  expect(await outcome(writable.then(() => 'writable'))).toBe('waiting');
  broker.peer.socket.bufferedAmount = 0;
  await time.advance(5);
  await writable;
  expect(client.publishQuietly('a', 3)).toBe(true);
  await turn();
  expect(broker.peer.sent('publish').map(({ text }) => text)).toEqual(['1', '3']);
});

test('options that are used again may say something else, and are checked again then', async () => {
  const { client, broker } = await connected();
  const data = new Uint8Array([0x37]);
  const options: Record<string, unknown> = { contentType: 'application/json' };
  const publish = (topic = 'a'): boolean => client.publishQuietly(topic, data, options);
  publish();
  data[0] = 0x38;
  publish();
  options['ttlMs'] = 9;
  publish();
  options['ttlMs'] = undefined;
  options['id'] = 'x';
  publish();
  delete options['id'];
  publish('b');
  publish('b');
  options['contentType'] = 1;
  expect(() => publish('b')).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
  expect(() => client.publishQuietly('b', data, { ...options, names: 1 } as never)).toThrow(/there is no names/);
  await turn();
  expect(
    broker.peer.sent('publish').map(({ text, alias, id, options: { ttlMs } }) => [alias, text, id, ttlMs]),
  ).toEqual([
    [0, '7', undefined, undefined],
    [0, '8', undefined, undefined],
    [0, '8', undefined, 9],
    [0, '8', 'x', undefined],
    [1, '8', undefined, undefined],
    [1, '8', undefined, undefined],
  ]);
  void client.drain();
  expect(() => client.publishQuietly('b', data)).toThrow(expect.objectContaining({ code: 'client_draining' }));
});

test('a socket that tells when it has drained need not be asked', async () => {
  const { client, broker } = await connected({ bufferBytesMax: 100 });
  const { socket } = broker.peer;
  const told: (() => void)[] = [];
  socket.send = (_frame: string | Uint8Array, sent?: () => void) => {
    if (sent !== undefined) told.push(sent);
  };
  client.publishQuietly('a', 1);
  await turn();
  socket.bufferedAmount = 100;
  expect(client.publishQuietly('a', 2)).toBe(false);
  const publish = client.publish('a', 3);
  const writable = Promise.all([client.writable(), client.writable()]).then(() => 'writable');
  // As long as it is nearly full, that something was handed over is not enough.
  socket.bufferedAmount = 90;
  told[0]?.();
  expect(await outcome(writable)).toBe('waiting');
  socket.bufferedAmount = 50;
  told[0]?.();
  expect(await outcome(writable)).toBe('writable');
  expect(told).toHaveLength(2);
  await client.close();
  await expect(publish).rejects.toMatchObject({ code: 'client_closed' });
});

test('what is gathered in the turn counts as unsent', async () => {
  const { client } = await connected({ bufferBytesMax: 100 });
  let taken = 0;
  while (client.publishQuietly('a', 'x'.repeat(20))) taken += 1;
  expect(taken).toBe(4);
});

test('the refusal of a quiet publish is told', async () => {
  const { client, broker } = await connected();
  const refusals: string[] = [];
  client.onRefusal(({ code }) => refusals.push(code));
  client.publishQuietly('a/+', 1);
  await turn();
  broker.peer.refused(0, 'topic_invalid');
  expect(refusals).toEqual(['topic_invalid']);
});

test('many requests share one signal, which is listened to once and let go of', async () => {
  const { client, broker } = await connected();
  const stop = new AbortController();
  const listeners = { added: 0, removed: 0 };
  const { signal } = stop;
  signal.addEventListener = new Proxy(signal.addEventListener, {
    apply: (target, self, args) => {
      listeners.added += 1;
      return Reflect.apply(target, self, args);
    },
  });
  signal.removeEventListener = new Proxy(signal.removeEventListener, {
    apply: (target, self, args) => {
      listeners.removed += 1;
      return Reflect.apply(target, self, args);
    },
  });
  const batch = client.publishBatch(
    Array.from({ length: 20 }, (_, i) => ({ topic: 'a', data: i })),
    { signal },
  );
  await turn();
  for (const { ref } of broker.peer.sent('publish')) broker.peer.receipt(ref);
  await batch;
  expect(listeners).toEqual({ added: 1, removed: 1 });
  const given = client.publishBatch([{ topic: 'a', data: 1 }], { signal });
  stop.abort();
  await expect(given).rejects.toMatchObject({ code: 'aborted' });
});

test('a batch that waits for room made by others is given up at once', async () => {
  const { client, broker } = await connected({ requestsMax: 2 });
  const others = Array.from({ length: 4 }, (_, i) => client.publish('a', i));
  const stop = new AbortController();
  const batch = outcome(client.publishBatch([{ topic: 'b', data: 1 }], { signal: stop.signal }));
  stop.abort();
  expect(await batch).toBe('aborted');
  expect(await outcome(client.publishBatch([{ topic: 'b', data: 2 }], { signal: stop.signal }))).toBe('aborted');
  broker.receipts = true;
  await turn();
  for (const { ref } of broker.peer.sent('publish')) broker.peer.receipt(ref);
  await Promise.all(others);
  await turn();
  expect(broker.peer.sent('publish').map(({ text }) => text)).toEqual(['0', '1', '2', '3']);
});
