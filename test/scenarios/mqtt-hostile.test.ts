import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTellwhen, type Tellwhen } from '../support/mqtt/mqtt-brokers.ts';
import { MqttPeer } from '../support/mqtt/mqtt-peer.ts';

/**
 * What a client may send that means it badly. After each of it the same process is there, and those who were connected
 * before are served as if nothing had been.
 */
describe('hostile clients of MQTT', () => {
  let broker: Tellwhen;
  let witness: MqttPeer;
  beforeAll(async () => {
    broker = await startTellwhen(['--connections-max', '200', '--subscriptions-per-session-max', '500']);
    witness = await MqttPeer.connect(broker.tcp, 5, { clientId: 'witness', keepalive: 0 });
    await witness.subscribe('witness', { qos: 1 });
  });
  afterAll(async () => {
    await witness[Symbol.asyncDispose]();
    await broker[Symbol.asyncDispose]();
  });

  const open = () => MqttPeer.open(broker.tcp);
  const connect = (as = {}) => MqttPeer.connect(broker.tcp, 5, as);
  const hex = (...parts: string[]): Buffer => Buffer.from(parts.join('').replaceAll(' ', ''), 'hex');

  /** Others are served. */
  async function stands(): Promise<void> {
    await witness.publish('witness', 'still here', { qos: 1 });
    expect((await witness.take(1)).map(({ payload }) => `${payload}`)).toEqual(['still here']);
    expect(witness.isClosed).toBe(false);
  }

  it.each([
    ['a length of five bytes', 'ffffffffff', 0x81],
    ['a packet of type 0', '0000', 0x81],
    ['a packet of 256 MB', '30ffffff7f', 0x95],
    ['a topic longer than its packet', '3004ffff6162', 0x81],
    ['properties longer than their packet', '3005000161ff7f', 0x81],
    ['a number of a packet that is 0', '320600016100000078', 0x82],
    ['a topic that is not UTF-8', '30050002c328 00', 0x81],
    ['a topic with a null in it', '3006000361006200', 0x81],
    ['both bits of a quality of service', '36070001610001 0078', 0x81],
  ])('send %s, and are told why they are cut off', async (_what, bytes, reasonCode) => {
    await using peer = await connect();
    peer.write(hex(bytes));
    const goodbye = await peer.goodbye();
    expect(goodbye).toMatchObject({ reasonCode });
    await stands();
  });

  it.each([
    ['nothing but a length', '10ffffff7f'],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n').toString('hex')],
    ['TLS', '160301020001 0001fc0303'],
    ['zeros', '00'.repeat(1_000)],
    ['a CONNECT of another protocol', '100c00044d51545804020 03c0000'.replaceAll(' ', '')],
  ])('begin with %s, and are cut off without an answer', async (_what, bytes) => {
    await using peer = await open();
    peer.write(hex(bytes));
    await peer.closed();
    expect(peer.arrived.filter(({ cmd }) => cmd !== 'connack')).toEqual([]);
    await stands();
  });

  it('connect and say nothing, or half a packet, and are cut off in time, and others have room again', async () => {
    const half: MqttPeer[] = [];
    for (let n = 0; n < 250; n += 1) {
      const peer = await open();
      if (n % 2 === 0) peer.write(hex('10', '20', '0004'));
      half.push(peer);
    }
    await stands();
    await Promise.all(half.map((peer) => peer.closed()));
    await using late = await connect();
    expect(await late.rest()).toEqual([]);
  });

  it('send random bytes, before and after CONNECT', async () => {
    let seed = 7;
    const random = (): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return seed >>> 16;
    };
    for (let n = 0; n < 60; n += 1) {
      await using peer = n % 2 === 0 ? await open() : await connect();
      const bytes = Uint8Array.from({ length: 1 + (random() % 400) }, random);
      peer.write(bytes);
      peer.cut();
    }
    await stands();
  });

  it('connect again and again under one name, taking over from themselves', async () => {
    const peers = await Promise.all(
      Array.from({ length: 100 }, () => MqttPeer.connected(broker.tcp, 5, { clientId: 'same' })),
    );
    // Only the last one stays.
    await expect.poll(() => peers.filter(({ peer }) => !peer.isClosed).length).toBe(1);
    for (const { peer } of peers) peer.cut();
    await stands();
  });

  it('subscribe without end, and are refused beyond their share', async () => {
    await using peer = await connect();
    const codes: unknown[] = [];
    for (let n = 0; n < 6; n += 1) {
      const subscriptions = Array.from({ length: 100 }, (_, i) => ({ topic: `endless/${n}/${i}/+`, qos: 1 as const }));
      peer.send({ cmd: 'subscribe', messageId: n + 1, subscriptions });
      codes.push(...(await peer.answer('suback', n + 1)).granted);
    }
    expect(codes.filter((code) => code === 1)).toHaveLength(500);
    expect(codes.filter((code) => code === 0x97)).toHaveLength(100);
    await stands();
  });

  it('subscribe to topics of tens of thousands of levels', async () => {
    await using peer = await connect();
    const { granted } = await peer.subscribe('+/'.repeat(20_000));
    expect(granted.every((code) => Number(code) >= 0x80)).toBe(true);
    await peer.publish('a/'.repeat(20_000), 'x', { qos: 1 }).catch(() => undefined);
    await stands();
  });

  it('tell when by predicates that cost much, and are refused', async () => {
    await using peer = await connect();
    const nested = `${'('.repeat(5_000)}a = 1${')'.repeat(5_000)}`;
    const long = Array.from({ length: 3_000 }, (_, n) => `a${n} = ${n}`).join(' OR ');
    for (const when of [nested, long]) {
      const { granted } = await peer.subscribe('costly', { properties: { userProperties: { when } } });
      expect(granted.every((code) => Number(code) >= 0x80)).toBe(true);
    }
    await stands();
  });

  it('use more aliases than they may, or none that they defined', async () => {
    for (const [alias, reasonCode] of [
      ['0000', 0x94],
      ['ffff', 0x94],
      ['0001', 0x82],
    ] as const) {
      await using peer = await connect();
      peer.write(hex('3007 0000 03', '23', alias, '78'));
      expect(await peer.goodbye()).toMatchObject({ reasonCode });
    }
    await stands();
  });

  it('leave wills that set off each other, and nothing goes round', async () => {
    await using heir = await connect();
    await heir.subscribe('loop/#', { qos: 1 });
    const wills = Array.from(
      { length: 50 },
      (_, n) => ({ topic: `loop/${n}`, payload: `${n}`, qos: 1, retain: false }) as const,
    );
    const doomed = await Promise.all(wills.map((will, n) => connect({ clientId: `loop-${n}`, will })));
    for (const peer of doomed) await peer.subscribe('loop/#', { qos: 1 });
    for (const peer of doomed) peer.cut();
    const told = (await heir.take(50)).map(({ topic }) => topic).sort();
    expect(told).toEqual(wills.map(({ topic }) => topic).sort());
    await stands();
  });

  it('do not read what they subscribed to, and harm only themselves', async () => {
    await using slow = await connect();
    await slow.subscribe('flood/#', { qos: 0 });
    slow.pause();
    await using publisher = await connect();
    const payload = Buffer.alloc(50_000, 'x');
    for (let n = 0; n < 2_000; n += 1) {
      publisher.send({ cmd: 'publish', topic: `flood/${n}`, payload, qos: 0, dup: false, retain: false });
      if (n % 100 === 99) await publisher.rest();
    }
    await stands();
  });

  it('publish at QoS 2 and release nothing, or release what they never published', async () => {
    await using peer = await connect();
    for (let messageId = 1; messageId <= 1_000; messageId += 1) peer.send({ cmd: 'pubrel', messageId });
    for (let messageId = 1; messageId <= 1_000; messageId += 1)
      expect(await peer.next('pubcomp')).toMatchObject({ messageId });
    for (const cmd of ['puback', 'pubrec', 'pubcomp'] as const) peer.send({ cmd, messageId: 17 });
    await expect.poll(() => peer.isClosed || peer.arrived.length > 0).toBe(true);
    await stands();
  });

  it('send whole packets a byte at a time', async () => {
    await using peer = await open();
    for (const byte of hex('100d 0004 4d515454 05 02 000a 00 0000')) {
      peer.write(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await peer.next('connack')).toMatchObject({ reasonCode: 0 });
    await stands();
  });

  it('send thousands of properties', async () => {
    await using peer = await connect();
    await peer.subscribe('properties', { qos: 1 });
    const userProperties = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`k${n}`, 'v']));
    const puback = await peer
      .publish('properties', 'x', { qos: 1, properties: { userProperties } })
      .catch(() => undefined);
    // Either it carries them or it refuses them; it does not leave out some.
    if (puback !== undefined && Number(puback['reasonCode'] ?? 0) < 0x80) {
      const [message] = await peer.take(1);
      expect(Object.keys(message?.properties?.userProperties ?? {})).toHaveLength(20_000);
    }
    await stands();
  });
});
