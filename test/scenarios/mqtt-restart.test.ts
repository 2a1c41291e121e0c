import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTellwhen, type Tellwhen } from '../support/mqtt/mqtt-brokers.ts';
import { type ConnectAs, MqttPeer, type MqttVersion } from '../support/mqtt/mqtt-peer.ts';
import { freePort } from '../support/processes.ts';

let folder = '';
let broker: Tellwhen;
let mqttPort = '';

const start = () => startTellwhen(['--data-dir', join(folder, 'data'), '--disk-free-bytes-min', '0'], { mqttPort });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tellwhen-mqtt-'));
  mqttPort = await freePort();
  broker = await start();
});
afterEach(async () => {
  await broker[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** As hard as can be, and started anew over what is on the disk. */
async function kill(): Promise<void> {
  broker.process.signal('SIGKILL');
  await broker.process.exit();
  broker = await start();
}

const lasting = (version: MqttVersion, clientId: string): ConnectAs => ({
  clientId,
  clean: false,
  ...(version === 5 ? { properties: { sessionExpiryInterval: 3_600 } } : {}),
});

const texts = (messages: readonly { readonly payload: string | Buffer }[]): string[] =>
  messages.map(({ payload }) => `${payload}`);

describe.each([4, 5] as const)('after kill -9, to clients of version %i', (version) => {
  const connect = (as?: ConnectAs) => MqttPeer.connect(broker.tcp, version, as);

  it('a session is there, with its subscriptions, and everything that was acknowledged to its publishers', async () => {
    const subscriber = await connect(lasting(version, 'lasting'));
    await subscriber.subscribe('kept/#', { qos: 2 });
    const publisher = await connect();
    for (let n = 0; n < 20; n += 1) await publisher.publish(`kept/${n % 3}`, `${n}`, { qos: n % 2 === 0 ? 1 : 2 });
    // Half of it arrives before, and only a part of that is acknowledged.
    await subscriber.take(10);
    await subscriber.rest().then((rest) => expect(rest.length).toBe(10));
    await subscriber.leave();
    for (let n = 20; n < 40; n += 1) await publisher.publish('kept/late', `${n}`, { qos: n % 2 === 0 ? 1 : 2 });
    await kill();
    const { peer: again, connack } = await MqttPeer.connected(broker.tcp, version, lasting(version, 'lasting'));
    expect(connack.sessionPresent).toBe(true);
    const told = texts(await again.take(20));
    const later = await connect();
    await later.publish('kept/live', 'live', { qos: 1 });
    expect(texts(await again.take(1))).toEqual(['live']);
    // In order are those of one quality of service [MQTT-4.6.0-5]: the numbers of QoS 2 are on disk before they are used.
    for (const rest of [0, 1]) {
      const numbers = told.map(Number).filter((n) => n % 2 === rest);
      expect(numbers).toEqual(Array.from({ length: 10 }, (_, n) => 20 + 2 * n + rest));
    }
    await again.leave();
  });

  it('what was not acknowledged comes again, in its order', async () => {
    const subscriber = await connect(lasting(version, 'unacknowledged'));
    await subscriber.subscribe('again', { qos: 1 });
    const publisher = await connect();
    for (let n = 0; n < 10; n += 1) await publisher.publish('again', `${n}`, { qos: 1 });
    for (let n = 0; n < 10; n += 1) await subscriber.answer('publish');
    await kill();
    const again = await connect(lasting(version, 'unacknowledged'));
    expect(texts(await again.take(10)).map(Number)).toEqual(Array.from({ length: 10 }, (_, n) => n));
    await again.leave();
  });

  it('a QoS 2 message that was received is not taken a second time', async () => {
    const heir = await connect(lasting(version, 'heir'));
    await heir.subscribe('twice', { qos: 2 });
    await heir.leave();
    const message = { cmd: 'publish', topic: 'twice', payload: 'x', qos: 2, retain: false, messageId: 5 } as const;
    const sender = await connect(lasting(version, 'sender'));
    sender.send({ ...message, dup: false });
    await sender.answer('pubrec', 5);
    await kill();
    const again = await connect(lasting(version, 'sender'));
    again.send({ ...message, dup: true });
    await again.answer('pubrec', 5);
    again.send({ cmd: 'pubrel', messageId: 5 });
    await again.answer('pubcomp', 5);
    const late = await connect(lasting(version, 'heir'));
    expect(texts(await late.take(1))).toEqual(['x']);
    expect(await late.rest()).toEqual([]);
  });

  it('a retained message is there', async () => {
    const publisher = await connect();
    await publisher.publish('retained', 'last', { qos: 1, retain: true });
    await kill();
    const peer = await connect();
    await peer.subscribe('retained', { qos: 1 });
    expect((await peer.take(1)).map(({ payload, retain }) => [`${payload}`, retain])).toEqual([['last', true]]);
  });
});

it('a subscription that tells when still does after kill -9', async () => {
  const me = lasting(5, 'when');
  const subscriber = await MqttPeer.connect(broker.tcp, 5, me);
  await subscriber.subscribe('rooms/+', { qos: 1, properties: { userProperties: { when: 't > 30' } } });
  await subscriber.leave();
  await kill();
  await using publisher = await MqttPeer.connect(broker.tcp, 5);
  for (const t of [31, 3, 32]) await publisher.publish('rooms/1', `{"t": ${t}}`, { qos: 1 });
  await using again = await MqttPeer.connect(broker.tcp, 5, me);
  expect(texts(await again.take(2))).toEqual(['{"t": 31}', '{"t": 32}']);
  expect(await again.rest()).toEqual([]);
});
