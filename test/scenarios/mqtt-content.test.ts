import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, connect as connectNative, type ReceivedEvent } from '../../client/index.ts';
import { startTellwhen, type Tellwhen } from '../support/mqtt/mqtt-brokers.ts';
import { MqttPeer, type MqttVersion } from '../support/mqtt/mqtt-peer.ts';

let broker: Tellwhen;
let native: Client;
beforeAll(async () => {
  broker = await startTellwhen();
  native = await connectNative(broker.url, { name: 'native' });
});
afterAll(async () => {
  await native.close();
  await broker[Symbol.asyncDispose]();
});

const connect = (version: MqttVersion = 5) => MqttPeer.connect(broker.tcp, version);
const when = (predicate: string) => ({ properties: { userProperties: { when: predicate } } });
const texts = (messages: readonly { readonly payload: string | Buffer }[]): string[] =>
  messages.map(({ payload }) => `${payload}`);

describe('a subscription from MQTT that tells when', () => {
  it('gets what the predicate is true of, and nothing else', async () => {
    await using peer = await connect();
    expect(
      (await peer.subscribe('rooms/+', { qos: 1, ...when('temperature > 30 AND humidity < 50') })).granted,
    ).toEqual([1]);
    await peer.publish('rooms/1', '{"temperature": 31, "humidity": 40}', { qos: 1 });
    await peer.publish('rooms/2', '{"temperature": 29, "humidity": 40}', { qos: 1 });
    await peer.publish('rooms/3', '{"humidity": 40}', { qos: 1 });
    await peer.publish('rooms/4', 'no JSON', { qos: 1 });
    await peer.publish('rooms/5', '{"temperature": 32, "humidity": 41}');
    expect((await peer.take(2)).map(({ topic }) => topic)).toEqual(['rooms/1', 'rooms/5']);
    expect(await peer.rest()).toEqual([]);
  });

  it('says when in its filter, where it has no properties', async () => {
    await using peer = await connect(4);
    const filter = `$when/${encodeURIComponent("site = 'north/1' AND t >= -2.5")}/sites/#`;
    expect((await peer.subscribe(filter, { qos: 1 })).granted).toEqual([1]);
    await peer.publish('sites/a', '{"site": "north/1", "t": -2.5}', { qos: 1 });
    await peer.publish('sites/b', '{"site": "north/2", "t": 7}', { qos: 1 });
    expect((await peer.take(1)).map(({ topic }) => topic)).toEqual(['sites/a']);
    await peer.unsubscribe(filter);
    await peer.publish('sites/c', '{"site": "north/1", "t": 0}', { qos: 1 });
    expect(await peer.rest()).toEqual([]);
  });

  it('shares the work, told when', async () => {
    const [one, two] = [await connect(), await connect()];
    for (const member of [one, two]) await member.subscribe('$share/crew/work/#', { qos: 1, ...when('urgent = true') });
    for (let n = 0; n < 20; n += 1) {
      await native.publish(`work/${n}`, { n, urgent: n % 2 === 0 });
    }
    const done = [...(await one.rest()), ...(await two.rest())].map(({ payload }) => JSON.parse(`${payload}`).n);
    expect(done.sort((a, b) => a - b)).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
    for (const member of [one, two]) await member[Symbol.asyncDispose]();
  });

  it('is refused with the offset, where the predicate is none', async () => {
    await using peer = await connect();
    const suback = await peer.subscribe('rooms/+', { qos: 1, ...when('temperature >> 30') });
    expect(suback.granted).toEqual([0x8f]);
    expect(suback.properties?.reasonString).toMatch(/\b12\b/);
    const inFilter = await peer.subscribe(`$when/${encodeURIComponent('temperature >> 30')}/rooms/+`);
    expect(inFilter.granted).toEqual([0x8f]);
    expect(inFilter.properties?.reasonString).toMatch(/\b12\b/);
    await using old = await connect(4);
    expect((await old.subscribe('$when/%zz/rooms/+')).granted).toEqual([0x80]);
    expect((await old.subscribe('$when/a%3E1')).granted).toEqual([0x80]);
    expect(await old.rest()).toEqual([]);
  });

  it('can ask for attributes, which are its user properties', async () => {
    await using peer = await connect();
    await peer.subscribe('attributes', { qos: 1, ...when("$attr.site = 'north' AND $attr.floor = '2'") });
    for (const site of ['north', 'south']) {
      const userProperties = { site, floor: '2' };
      await peer.publish('attributes', site, { qos: 1, properties: { userProperties } });
    }
    expect(texts(await peer.take(1))).toEqual(['north']);
    expect(await peer.rest()).toEqual([]);
  });

  it('applies to what is retained', async () => {
    await using peer = await connect();
    for (const [name, t] of Object.entries({ hot: 31, cold: 3 })) {
      await peer.publish(`kept/${name}`, JSON.stringify({ t }), { qos: 1, retain: true });
    }
    await peer.subscribe('kept/+', { qos: 1, ...when('t > 30') });
    expect((await peer.take(1)).map(({ topic, retain }) => [topic, retain])).toEqual([['kept/hot', true]]);
    expect(await peer.rest()).toEqual([]);
  });

  it('changes when it subscribes once more with another predicate', async () => {
    await using peer = await connect();
    await peer.subscribe('changing', { qos: 1, ...when('n > 10') });
    await peer.publish('changing', '{"n": 5}', { qos: 1 });
    await peer.subscribe('changing', { qos: 1, ...when('n < 10') });
    await peer.publish('changing', '{"n": 6}', { qos: 1 });
    await peer.publish('changing', '{"n": 60}', { qos: 1 });
    expect(texts(await peer.take(1))).toEqual(['{"n": 6}']);
    expect(await peer.rest()).toEqual([]);
  });
});

describe('native clients and those of MQTT', () => {
  it('see each other’s events, with everything that was said of them', async () => {
    await using peer = await connect();
    await peer.subscribe('both/+', { qos: 1 });
    const events: ReceivedEvent[] = [];
    const two = new Promise<void>((resolve) => {
      void native.subscribe({ topic: 'both/+' }, (event) => {
        if (events.push(event) === 2) resolve();
      });
    });
    await native.publish('both/native', { t: 1 }, { attributes: { site: 'north', floor: 2, ok: true } });
    await peer.publish('both/mqtt', '{"t": 2}', {
      qos: 1,
      properties: { contentType: 'application/json', userProperties: { site: 'south' } },
    });
    await two;
    expect(events.map((event) => [event.topic, event.json(), { ...event.attributes }])).toEqual([
      ['both/native', { t: 1 }, { site: 'north', floor: 2, ok: true }],
      ['both/mqtt', { t: 2 }, { site: 'south' }],
    ]);
    const messages = await peer.take(2);
    expect(messages.map(({ topic, payload }) => [topic, JSON.parse(`${payload}`)])).toEqual([
      ['both/native', { t: 1 }],
      ['both/mqtt', { t: 2 }],
    ]);
    expect(messages.map(({ properties }) => ({ ...properties?.userProperties }))).toEqual([
      { site: 'north', floor: '2', ok: 'true' },
      { site: 'south' },
    ]);
    expect(messages[0]?.properties?.contentType).toBe('application/json');
  });

  it('have the same retained values', async () => {
    await using peer = await connect();
    await native.publish('last/native', 1, { retain: true });
    await peer.publish('last/mqtt', '2', { qos: 1, retain: true });
    await peer.subscribe('last/+', { qos: 1 });
    const told = (await peer.take(2)).map(({ topic, payload, retain }) => [topic, `${payload}`, retain]);
    expect(told.sort()).toEqual([
      ['last/mqtt', '2', true],
      ['last/native', '1', true],
    ]);
    const kept = await native.subscribe({ topic: 'last/+', retained: 'send' });
    const topics: string[] = [];
    for await (const event of kept) if (topics.push(event.topic) === 2) break;
    expect(topics.sort()).toEqual(['last/mqtt', 'last/native']);
  });
});
