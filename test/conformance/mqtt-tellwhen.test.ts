import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MqttBroker, TELLWHEN } from '../support/mqtt/mqtt-brokers.ts';
import { type ConnectAs, MqttPeer, type PublishOptions } from '../support/mqtt/mqtt-peer.ts';
import { mqttConformance } from './mqtt.conformance.ts';

mqttConformance(TELLWHEN);

/** What the standard asks for and mosquitto 2.0 does otherwise, so that it cannot vouch for these tests. */
describe('Tellwhen, MQTT 5, where the reference departs', () => {
  let broker: MqttBroker;
  beforeAll(async () => {
    broker = await TELLWHEN.start();
  });
  afterAll(async () => {
    await broker[Symbol.asyncDispose]();
  });

  const connect = (as?: ConnectAs) => MqttPeer.connect(broker.tcp, 5, as);

  it('tells whoever is taken over that it is [MQTT-3.1.4-3]', async () => {
    await using first = await connect({ clientId: 'told' });
    await using second = await connect({ clientId: 'told' });
    expect(await first.goodbye()).toMatchObject({ reasonCode: 0x8e });
    expect(await second.rest()).toEqual([]);
  });

  it('gives nothing that is retained to a shared subscription', async () => {
    await using peer = await connect();
    await peer.publish('shared/kept', 'kept', { qos: 1, retain: true });
    await peer.subscribe('$share/group/shared/kept');
    expect(await peer.rest()).toEqual([]);
    await peer.publish('shared/kept', '', { qos: 1, retain: true });
  });

  it('has no more under way than the client receives at a time [MQTT-3.3.4-9]', async () => {
    await using publisher = await connect();
    await using subscriber = await connect({ properties: { receiveMaximum: 3 } });
    await subscriber.subscribe('receive', { qos: 2 });
    const options = (n: number): PublishOptions => ({ qos: n % 2 === 0 ? 1 : 2 });
    for (let n = 0; n < 10; n += 1) await publisher.publish('receive', `${n}`, options(n));
    // QoS 0 is not held up by it.
    await publisher.publish('receive', 'free');
    const under = async (): Promise<number> => {
      subscriber.send({ cmd: 'pingreq' });
      await subscriber.answer('pingresp');
      return subscriber.arrived.filter((packet) => packet.cmd === 'publish' && packet['qos'] !== 0).length;
    };
    expect(await under()).toBe(3);
    const numbers: string[] = [];
    while (numbers.length < 11) {
      for (const { payload } of await subscriber.take(1)) numbers.push(`${payload}`);
      expect(await under()).toBeLessThanOrEqual(3);
    }
    expect(numbers.filter((n) => n !== 'free')).toEqual(Array.from({ length: 10 }, (_, n) => `${n}`));
    expect(numbers).toContain('free');
  });

  it('refuses an alias of 0, and one beyond what it allows [MQTT-3.3.2-8, -9]', async () => {
    const { peer: polite, connack } = await MqttPeer.connected(broker.tcp, 5);
    await polite.leave();
    const beyond = (connack.properties?.topicAliasMaximum ?? 0) + 1;
    for (const topicAlias of [0, beyond]) {
      await using peer = await connect();
      // By hand: the library would not send it.
      peer.write(Buffer.from(`30080001610323${topicAlias.toString(16).padStart(4, '0')}78`, 'hex'));
      expect(await peer.goodbye()).toMatchObject({ reasonCode: 0x94 });
    }
  });

  it('takes more messages than it asks to be sent at a time, since there are clients that do not look', async () => {
    const { peer, connack } = await MqttPeer.connected(broker.tcp, 5);
    const receiveMaximum = connack.properties?.receiveMaximum ?? 65_535;
    expect(receiveMaximum).toBeLessThan(65_535);
    await peer.subscribe('flood', { qos: 0 });
    for (let messageId = 1; messageId <= 3 * receiveMaximum; messageId += 1) {
      peer.send({ cmd: 'publish', topic: 'flood', payload: 'x', qos: 2, dup: false, retain: false, messageId });
    }
    expect(await peer.take(3 * receiveMaximum)).toHaveLength(3 * receiveMaximum);
    await peer.leave();
  });

  it('gives who asks for it a place of its own for responses, and keeps reasons from who wants none', async () => {
    const asking = { requestResponseInformation: true, requestProblemInformation: false };
    const { peer, connack } = await MqttPeer.connected(broker.tcp, 5, { properties: asking });
    const { peer: other, connack: second } = await MqttPeer.connected(broker.tcp, 5, { properties: asking });
    const places = [connack, second].map(({ properties }) => properties?.responseInformation);
    expect(places[0]).toMatch(/^responses\/\d+$/);
    expect(places[1]).not.toBe(places[0]);
    const refused = await peer.subscribe('a/#/b', { qos: 0 });
    expect(refused).toMatchObject({ granted: [0x8f] });
    expect(refused.properties?.reasonString).toBeUndefined();
    await Promise.all([peer.leave(), other.leave()]);
  });

  it('says nothing to whom no answer is small enough [MQTT-3.1.2-24]', async () => {
    await using peer = await MqttPeer.open(broker.tcp, 5);
    peer.send({
      cmd: 'connect',
      clientId: 'tiny',
      clean: true,
      protocolVersion: 5,
      properties: { maximumPacketSize: 4 },
    });
    await peer.closed();
    expect(peer.arrived).toEqual([]);
  });

  it('takes no subscription identifier from a publisher [MQTT-3.3.4-6]', async () => {
    await using peer = await connect();
    peer.write(Buffer.from('3007000161020b0178', 'hex'));
    expect(await peer.goodbye()).toMatchObject({ reasonCode: 0x82 });
  });

  it('sends one message to subscriptions that overlap, as the highest of them asks [MQTT-3.3.4-2]', async () => {
    await using publisher = await connect();
    await using subscriber = await connect();
    const wanted = [
      ['overlap/#', 0, 1],
      ['overlap/+', 2, 2],
      ['overlap/a', 1, 3],
    ] as const;
    for (const [filter, qos, subscriptionIdentifier] of wanted) {
      await subscriber.subscribe(filter, { qos, properties: { subscriptionIdentifier } });
    }
    for (const qos of [2, 1, 0] as const) await publisher.publish('overlap/a', `as ${qos}`, { qos });
    const messages = await subscriber.take(3);
    expect(messages.map(({ payload, qos }) => [`${payload}`, qos])).toEqual([
      ['as 2', 2],
      ['as 1', 1],
      ['as 0', 0],
    ]);
    for (const { properties } of messages) {
      expect([properties?.subscriptionIdentifier].flat().sort()).toEqual([1, 2, 3]);
    }
    expect(await subscriber.rest()).toEqual([]);
    // Each has come once, and is out of the way: as many again as may be under way at once.
    for (let n = 0; n < 50; n += 1) await publisher.publish('overlap/a', `${n}`, { qos: 2 });
    expect((await subscriber.take(50)).map(({ payload }) => Number(payload))).toEqual(
      Array.from({ length: 50 }, (_, n) => n),
    );
  });
});
