import { describe, expect, it } from 'vitest';
import { DurableBroker } from '../../support/durable-broker.ts';
import type { MqttPeer } from '../../support/mqtt-peer.ts';

async function connected(version: 4 | 5 = 5): Promise<{ broker: DurableBroker; peer: MqttPeer }> {
  const broker = await DurableBroker.start();
  const peer = broker.mqtt(version);
  peer.connect('one');
  return { broker, peer };
}

describe('a packet that must not be sent', () => {
  it.each<[string, number[], number]>([
    ['reserved flags', [0x81, 0], 0x81],
    ['packet type 0', [0x00, 0], 0x81],
    ['QoS 3', [0x36, 5, 0, 1, 97, 0, 1], 0x81],
    ['a repetition with QoS 0', [0x38, 4, 0, 1, 97, 0], 0x81],
    ['a topic that is not UTF-8', [0x30, 4, 0, 1, 0xff, 0], 0x81],
    ['a topic with U+0000', [0x30, 4, 0, 1, 0, 0], 0x81],
    ['a length of five bytes', [0x30, 0x80, 0x80, 0x80, 0x80, 1], 0x81],
    ['a topic with a wildcard', [0x30, 4, 0, 1, 0x23, 0], 0x81],
    ['no topic and no alias', [0x30, 3, 0, 0, 0], 0x82],
    ['an alias that was not defined', [0x30, 6, 0, 0, 3, 0x23, 0, 9], 0x82],
    ['alias 0', [0x30, 7, 0, 1, 97, 3, 0x23, 0, 0], 0x94],
    ['packet identifier 0', [0x32, 6, 0, 1, 97, 0, 0, 0], 0x82],
    ['a property twice', [0x30, 8, 0, 1, 97, 4, 1, 1, 1, 1], 0x82],
    ['a property of another packet', [0x30, 7, 0, 1, 97, 3, 0x21, 0, 1], 0x81],
    ['no topic filter', [0x82, 3, 0, 1, 0], 0x82],
    ['reserved subscription options', [0x82, 7, 0, 1, 0, 0, 1, 97, 0x40], 0x81],
    ['flags on a packet of servers', [0x91, 0], 0x81],
    ['a packet of servers', [0x90, 0], 0x82],
    ['half a subscription identifier', [0x30, 6, 0, 1, 97, 2, 0x0b, 0x80], 0x81],
    ['a second CONNECT', [0x10, 13, 0, 4, 77, 81, 84, 84, 5, 2, 0, 0, 0, 0, 0], 0x82],
    ['AUTH without a method', [0xf0, 0], 0x82],
    ['a packet over the limit', [0x30, 0xff, 0xff, 0xff, 0x7f], 0x95],
  ])('%s ends the connection with its reason', async (_, bytes, reason) => {
    const { broker, peer } = await connected();
    peer.raw(Uint8Array.from(bytes));
    expect(peer.disconnectReason).toBe(reason);
    expect(peer.isClosed).toBe(true);
    expect(broker.faults).toEqual([]);
  });

  it('ends one of 3.1.1 without a word', async () => {
    const { peer } = await connected(4);
    expect(peer.raw(Uint8Array.of(0x36, 5, 0, 1, 97, 0, 1))).toEqual([]);
    expect(peer.isClosed).toBe(true);
  });

  it('is read in pieces of any size', async () => {
    const { peer } = await connected();
    peer.subscribe('a');
    for (const byte of [0x30, 6, 0, 1, 97, 0, 0x68, 0x69]) peer.raw(Uint8Array.of(byte));
    expect(peer.payloads).toEqual(['hi']);
  });
});

describe('CONNECT', () => {
  it('has to be said soon, and there is room for so many connections of all doors together', async () => {
    const broker = await DurableBroker.start({ connectionsMax: 2, helloTimeoutMs: 10_000 });
    const silent = broker.mqtt(5);
    broker.greeted();
    expect(broker.mqtt(5).isClosed).toBe(true);
    expect(() => broker.greeted()).toThrow('hello was not answered');
    broker.time.advance(9_000);
    expect(silent.isClosed).toBe(false);
    broker.time.advance(2_000);
    expect(silent.isClosed).toBe(true);
    const late = broker.mqtt(5);
    late.connect('late');
    broker.time.advance(11_000);
    expect(late.isClosed).toBe(false);
  });

  it('is refused for a version that is not spoken', async () => {
    const broker = await DurableBroker.start();
    const peer = broker.mqtt(4);
    const answer = peer.raw(Uint8Array.of(0x10, 12, 0, 4, 77, 81, 84, 84, 9, 2, 0, 0, 0, 0));
    expect(answer).toMatchObject([{ cmd: 'connack', returnCode: 1 }]);
    expect(peer.isClosed).toBe(true);
  });

  it('without an identifier is given one, or refused where it would have to last', async () => {
    const broker = await DurableBroker.start();
    expect(broker.mqtt().connect('').properties?.assignedClientIdentifier).toMatch(/^auto-/);
    const lasting = Uint8Array.of(0x10, 12, 0, 4, 77, 81, 84, 84, 4, 0, 0, 0, 0, 0);
    expect(broker.mqtt(4).raw(lasting)).toMatchObject([{ cmd: 'connack', returnCode: 2 }]);
  });

  it('must come first, and soon', async () => {
    const broker = await DurableBroker.start();
    const early = broker.mqtt();
    early.raw(Uint8Array.of(0xc0, 0));
    const silent = broker.mqtt();
    broker.time.advance(12_000);
    expect([early.isClosed, silent.isClosed]).toEqual([true, true]);
  });

  it('tells a client that asked for less how often to be heard', async () => {
    const broker = await DurableBroker.start();
    expect(broker.mqtt().connect('a', { keepalive: 600 }).properties?.serverKeepAlive).toBe(60);
    expect(broker.mqtt().connect('b', { keepalive: 30 }).properties?.serverKeepAlive).toBeUndefined();
  });
});

describe('SUBSCRIBE', () => {
  it.each([
    ['a/#/b', 0x8f],
    ['$share/x', 0x8f],
    ['$share/+/x', 0x8f],
    ['$when/%zz/x', 0x8f],
  ])('to %s is refused, and the connection stays', async (filter, reason) => {
    const { peer } = await connected();
    expect(peer.subscribe(filter).granted).toEqual([reason]);
    expect(peer.isClosed).toBe(false);
  });

  it('is refused to 3.1.1 with 0x80', async () => {
    const { peer } = await connected(4);
    expect(peer.subscribe('a/#/b').granted).toEqual([0x80]);
  });
});
