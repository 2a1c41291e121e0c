import { describe, expect, it } from 'vitest';
import { DurableBroker } from '../../support/durable-broker.ts';
import type { MqttPeer } from '../../support/mqtt-peer.ts';

async function pair(): Promise<{ broker: DurableBroker; one: MqttPeer; other: MqttPeer }> {
  const broker = await DurableBroker.start();
  const one = broker.mqtt();
  one.connect('one', { properties: { requestProblemInformation: true } });
  const other = broker.mqtt();
  other.connect('other');
  return { broker, one, other };
}

const when = (predicate: string) => ({ properties: { userProperties: { when: predicate } } });

describe('a subscription with a predicate', () => {
  it.each([
    ['as a user property', 'm/+', when('temperature > 30')],
    ['in the topic filter', `$when/${encodeURIComponent('temperature > 30')}/m/+`, {}],
  ])('is told of what satisfies it, %s', async (_, filter, options) => {
    const { one, other } = await pair();
    expect(one.subscribe(filter, options).granted).toEqual([0]);
    for (const temperature of [29, 31, 'warm', 35]) {
      other.publish({ topic: 'm/x', payload: JSON.stringify({ temperature }) });
    }
    other.publish({ topic: 'm/x', payload: 'no JSON' });
    expect(one.payloads).toEqual(['{"temperature":31}', '{"temperature":35}']);
  });

  it('survives a crash with its session', async () => {
    const { broker, other } = await pair();
    const lasts = { clean: false, properties: { sessionExpiryInterval: 3_600 } };
    broker.mqtt().connect('meter', lasts);
    const meter = broker.mqtt();
    meter.connect('meter', lasts);
    meter.subscribe('m', { qos: 1, ...when('n > 1') });
    await broker.restart();
    void other;
    const publisher = broker.mqtt();
    publisher.connect('p');
    for (const n of [1, 2]) publisher.publish({ topic: 'm', payload: `{"n":${n}}`, qos: 1 });
    const again = broker.mqtt();
    again.connect('meter', lasts);
    expect(again.payloads).toEqual(['{"n":2}']);
  });

  it('is refused with the place of its fault', async () => {
    const { one } = await pair();
    const refused = one.subscribe('m/+', when('temperature > AND'));
    expect(refused.granted).toEqual([0x8f]);
    expect(refused.properties?.reasonString).toContain('predicate_syntax at 14');
  });

  it('reads user properties as attributes', async () => {
    const { one, other } = await pair();
    one.subscribe('m', when("$attr.site = 'north'"));
    other.publish({ topic: 'm', payload: 'a', properties: { userProperties: { site: 'south' } } });
    other.publish({ topic: 'm', payload: 'b', properties: { userProperties: { site: 'north' } } });
    expect(one.payloads).toEqual(['b']);
  });
});

describe('a subscription with two predicates', () => {
  it.each([
    ['as user properties', 'm', ['n > 1', 'n > 2']],
    ['in the topic filter and as a user property', `$when/${encodeURIComponent('n > 1')}/m`, 'n > 2'],
  ])('is refused, %s', async (_, filter, predicates) => {
    const { one } = await pair();
    expect(one.subscribe(filter, { properties: { userProperties: { when: predicates } } }).granted).toEqual([0x8f]);
  });
});

describe('a subscription with an order', () => {
  const asks = (userProperties: Record<string, string | string[]>) => ({ properties: { userProperties } });
  const lasts = { clean: false, properties: { sessionExpiryInterval: 3_600 } };

  async function lasting(): Promise<{ broker: DurableBroker; worker: MqttPeer; sender: MqttPeer }> {
    const broker = await DurableBroker.start();
    const worker = broker.mqtt();
    worker.connect('worker', lasts);
    const sender = broker.mqtt();
    sender.connect('sender');
    return { broker, worker, sender };
  }

  const acknowledge = (peer: MqttPeer, at: number) =>
    peer.send({ cmd: 'puback', messageId: peer.published[at]?.messageId ?? 0 });

  it('is given one event of each publisher at a time, over a crash too, if it is ordered', async () => {
    const { broker, worker, sender } = await lasting();
    expect(worker.subscribe('m', { qos: 1, ...asks({ ordered: 'true' }) }).granted).toEqual([1]);
    const another = broker.mqtt();
    another.connect('another');
    for (const payload of ['a', 'b', 'c']) sender.publish({ topic: 'm', payload, qos: 1 });
    another.publish({ topic: 'm', payload: 'x', qos: 1 });
    expect(worker.payloads).toEqual(['a', 'x']);
    acknowledge(worker, 0);
    expect(worker.payloads).toEqual(['a', 'x', 'b']);
    await broker.restart();
    const again = broker.mqtt();
    again.connect('worker', lasts);
    expect(again.payloads).toEqual(['b', 'x']);
    acknowledge(again, 0);
    expect(again.payloads).toEqual(['b', 'x', 'c']);
  });

  it('has everything wait in total order, whoever of a share has it', async () => {
    const { broker, worker, sender } = await lasting();
    const other = broker.mqtt();
    other.connect('other');
    const ordered = asks({ order: 'total', ordered: 'true' });
    for (const peer of [worker, other])
      expect(peer.subscribe('$share/g/m', { qos: 1, ...ordered }).granted).toEqual([1]);
    for (const payload of ['a', 'b']) sender.publish({ topic: 'm', payload, qos: 1 });
    expect([...worker.payloads, ...other.payloads]).toEqual(['a']);
    acknowledge(worker.published.length > 0 ? worker : other, 0);
    expect([...worker.payloads, ...other.payloads].sort()).toEqual(['a', 'b']);
  });

  it('is another one where it is asked for again with another order', async () => {
    const { worker, sender } = await lasting();
    worker.subscribe('m', { qos: 1 });
    worker.subscribe('m', { qos: 1, ...asks({ ordered: 'true' }) });
    for (const payload of ['a', 'b']) sender.publish({ topic: 'm', payload, qos: 1 });
    expect(worker.payloads).toEqual(['a']);
  });

  it('has last values come before what is published since', async () => {
    const { worker, sender } = await lasting();
    const topics = Array.from({ length: 2_000 }, (_, i) => `m/${i}`);
    for (const topic of topics) sender.publish({ topic, payload: 'old', retain: true });
    worker.write({
      cmd: 'subscribe',
      messageId: worker.nextId(),
      subscriptions: [{ topic: 'm/#', qos: 0, nl: false, rap: false, rh: 0 }],
      ...asks({ order: 'total' }),
    });
    sender.publish({ topic: 'm/0', payload: 'new' });
    expect(worker.payloads.at(-1)).toBe('new');
    expect(worker.payloads).toHaveLength(topics.length + 1);
  });

  it.each<[string, 0 | 1, string | string[], string | undefined, string]>([
    ['an order that is none', 0, 'sideways', undefined, 'frame_malformed: the user property order must be fifo or'],
    [
      'an order twice',
      0,
      ['fifo', 'total'],
      undefined,
      'frame_malformed: the user property order stands more than once',
    ],
    ['ordered that is neither', 1, 'total', 'yes', 'frame_malformed: the user property ordered must be true or false'],
    ['an order that redelivery breaks', 1, 'causal', undefined, 'order_unsupported: causal order does not hold'],
    ['ordered without acknowledgements', 0, 'total', 'true', 'order_unsupported: ordered waits for acknowledgements'],
  ])('is refused with 0x83 for %s', async (_, qos, order, ordered, why) => {
    const { broker, worker } = await lasting();
    const wish = asks({ order, ...(ordered !== undefined && { ordered }) });
    const refused = worker.subscribe('m', { qos, ...wish });
    expect(refused.granted).toEqual([0x83]);
    expect(refused.properties?.reasonString).toContain(why);
    expect(worker.isClosed).toBe(false);
    expect(broker.faults).toEqual([]);
  });

  it.each(['fifo', 'causal', 'total'])('without acknowledgements may be %s', async (order) => {
    const { worker, sender } = await lasting();
    expect(worker.subscribe('m', asks({ order, ordered: 'false' })).granted).toEqual([0]);
    sender.publish({ topic: 'm', payload: 'a' });
    expect(worker.payloads).toEqual(['a']);
  });
});

describe('what is published over MQTT', () => {
  it('arrives with all that was said of it, unaltered', async () => {
    const { one, other } = await pair();
    const properties = {
      payloadFormatIndicator: true,
      contentType: 'application/json',
      responseTopic: 'answers/1',
      correlationData: Buffer.from([0, 255, 7]),
      userProperties: { b: '1', a: ['2', '3'], '7': 'seven' },
    };
    one.subscribe('m', { properties: { subscriptionIdentifier: 5 } });
    other.publish({ topic: 'm', payload: '{}', properties: { ...properties, messageExpiryInterval: 60 } });
    expect(one.published[0]?.properties).toMatchObject({
      ...properties,
      messageExpiryInterval: 60,
      subscriptionIdentifier: 5,
    });
  });

  it('is an event like any other to a native subscriber, and the reverse', async () => {
    const { broker, one, other } = await pair();
    const native = broker.greeted();
    native.request('subscribe', { topic: 'm', when: 'EXISTS $attr.site' });
    one.subscribe('m');
    other.publish({ topic: 'm', payload: '{"n":1}', properties: { userProperties: { site: 'north' } } });
    native.publish({ topic: 'm', data: { n: 2 }, attributes: { site: 'south', floor: 2 } });
    broker.time.settle();
    expect(native.records.filter(({ record }) => record === 'event')).toMatchObject([
      { topic: 'm', data: { n: 1 } },
      { topic: 'm', data: { n: 2 } },
    ]);
    expect(one.payloads).toEqual(['{"n":1}', '{"n":2}']);
    expect(one.published[1]?.properties).toMatchObject({
      contentType: 'application/json',
      userProperties: { site: 'south', floor: '2' },
    });
  });

  it('is delivered with the lower of the two QoS', async () => {
    const { one, other } = await pair();
    one.subscribe('m', { qos: 1 });
    for (const qos of [0, 1, 2] as const) other.publish({ topic: 'm', payload: `${qos}`, qos });
    expect(one.published.map(({ qos }) => qos)).toEqual([0, 1, 1]);
  });

  it('is not sent back to who wants nothing of his own', async () => {
    const { one, other } = await pair();
    one.subscribe('m', { nl: true });
    one.publish({ topic: 'm', payload: 'own' });
    other.publish({ topic: 'm', payload: 'other' });
    expect(one.payloads).toEqual(['other']);
  });

  it('is answered with whether anybody wants it', async () => {
    const { one, other } = await pair();
    expect(other.publish({ topic: 'm', qos: 1 })).toMatchObject([{ cmd: 'puback', reasonCode: 0x10 }]);
    one.subscribe('m');
    expect(other.publish({ topic: 'm', qos: 1 })).toMatchObject([{ cmd: 'puback', reasonCode: 0 }]);
  });

  it('may name its topic by an alias, in both directions', async () => {
    const { broker, other } = await pair();
    const one = broker.mqtt();
    expect(
      one.connect('aliasing', { properties: { topicAliasMaximum: 1 } }).properties?.topicAliasMaximum,
    ).toBeGreaterThan(0);
    one.subscribe('#');
    other.publish({ topic: 'a', payload: '1', properties: { topicAlias: 3 } });
    other.publish({ topic: '', payload: '2', properties: { topicAlias: 3 } });
    other.publish({ topic: 'b', payload: '3' });
    expect(one.published.map(({ topic, properties }) => [topic, properties?.topicAlias])).toEqual([
      ['a', 1],
      ['', 1],
      ['b', undefined],
    ]);
  });

  it('is not sent to a client that takes no packet so large', async () => {
    const { broker, other } = await pair();
    const small = broker.mqtt();
    small.connect('small', { properties: { maximumPacketSize: 40 } });
    small.subscribe('m', { qos: 1 });
    other.publish({ topic: 'm', payload: 'x'.repeat(40), qos: 1 });
    other.publish({ topic: 'm', payload: 'y', qos: 1 });
    expect(small.payloads).toEqual(['y']);
    expect(await broker.metric('tellwhen_mqtt_too_large_total')).toBe(1);
  });

  it('waits while as much is under way as the client takes', async () => {
    const { broker, other } = await pair();
    const slow = broker.mqtt();
    slow.connect('slow', { properties: { receiveMaximum: 2 } });
    slow.subscribe('m', { qos: 1 });
    for (const payload of ['1', '2', '3']) other.publish({ topic: 'm', payload, qos: 1 });
    expect(slow.payloads).toEqual(['1', '2']);
    slow.send({ cmd: 'puback', messageId: slow.published[0]?.messageId ?? 0 });
    expect(slow.payloads).toEqual(['1', '2', '3']);
  });
});

describe('last values', () => {
  it('come with the flag to who subscribes later, as the options of the subscription say', async () => {
    const { one, other } = await pair();
    other.publish({ topic: 'm', payload: 'last', retain: true });
    one.subscribe('m', { rh: 2 });
    expect(one.published).toEqual([]);
    one.subscribe('m', { rh: 1 });
    expect(one.published).toEqual([]);
    one.subscribe('m');
    expect(one.published).toMatchObject([{ retain: true, payload: Buffer.from('last') }]);
    other.publish({ topic: 'm', payload: 'next', retain: true });
    expect(one.published.at(-1)?.retain).toBe(false);
    one.subscribe('m', { rh: 2, rap: true });
    other.publish({ topic: 'm', payload: 'kept', retain: true });
    expect(one.published.at(-1)?.retain).toBe(true);
    other.publish({ topic: 'm', payload: '', retain: true });
    one.packets.length = 0;
    one.subscribe('m');
    expect(one.published).toEqual([]);
  });

  it('come to a session that lasts, and are not lost with its connection', async () => {
    const { broker, other } = await pair();
    other.publish({ topic: 'm', payload: 'last', retain: true, qos: 1 });
    const lasts = { clean: false, properties: { sessionExpiryInterval: 3_600 } };
    const meter = broker.mqtt();
    meter.connect('meter', lasts);
    meter.subscribe('m', { qos: 1 });
    meter.peer.vanish();
    broker.time.settle();
    const again = broker.mqtt();
    again.connect('meter', lasts);
    expect(again.published).toMatchObject([{ retain: true, payload: Buffer.from('last') }]);
  });
});

describe('a shared subscription', () => {
  it('gives each message to one of those who share it, and what one leaves behind to the other', async () => {
    const { broker, one, other } = await pair();
    for (const peer of [one, other]) peer.subscribe('$share/team/m', { qos: 1 });
    const publisher = broker.mqtt();
    publisher.connect('p');
    const all = Array.from({ length: 10 }, (_, i) => `${i}`);
    for (const payload of all) publisher.publish({ topic: 'm', payload, qos: 1 });
    expect([...one.payloads, ...other.payloads].sort()).toEqual(all);
    expect(one.payloads.length).toBeGreaterThan(0);
    other.peer.vanish();
    broker.time.advance(10_000);
    expect([...one.payloads].sort()).toEqual(all);
  });
});
