import { describe, expect, it } from 'vitest';
import { DurableBroker } from '../../support/durable-broker.ts';

const LASTS = { clean: false, properties: { sessionExpiryInterval: 3_600 } };

describe('a session with an expiry', () => {
  it('has after a crash what was published for it meanwhile, in order', async () => {
    const broker = await DurableBroker.start();
    const first = broker.mqtt();
    expect(first.connect('meter', LASTS).sessionPresent).toBe(false);
    expect(first.subscribe('m/#', { qos: 1 }).granted).toEqual([1]);
    first.peer.vanish();
    broker.time.settle();
    const publisher = broker.mqtt();
    publisher.connect('p');
    for (const payload of ['1', '2', '3']) publisher.publish({ topic: 'm/x', payload, qos: 1 });
    await broker.restart();
    const again = broker.mqtt();
    expect(again.connect('meter', LASTS).sessionPresent).toBe(true);
    expect(again.payloads).toEqual(['1', '2', '3']);
    expect(broker.faults).toEqual([]);
  });

  it('sends what was not acknowledged again when its client comes back, under the same identifier, and only then', async () => {
    const broker = await DurableBroker.start({ deliveryLeaseMsDefault: 5_000, deliveryLeaseMsMax: 5_000 });
    const first = broker.mqtt();
    first.connect('meter', LASTS);
    first.subscribe('m', { qos: 1 });
    first.publish({ topic: 'm', payload: 'x', qos: 1 });
    const [sent] = first.published;
    broker.time.advance(40_000);
    expect(first.published).toHaveLength(1);
    first.peer.vanish();
    broker.time.settle();
    const again = broker.mqtt();
    again.connect('meter', LASTS);
    expect(again.published).toMatchObject([{ messageId: sent?.messageId, dup: true }]);
    again.send({ cmd: 'puback', messageId: sent?.messageId ?? 0 });
    again.peer.vanish();
    broker.time.settle();
    const last = broker.mqtt();
    last.connect('meter', LASTS);
    expect(last.published).toEqual([]);
  });

  it('knows after a crash every message with QoS 2 that its client has not released, however many', async () => {
    const broker = await DurableBroker.start();
    const watcher = () => {
      const peer = broker.mqtt();
      peer.connect('watcher');
      peer.subscribe('m');
      return peer;
    };
    const meter = broker.mqtt();
    meter.connect('meter', LASTS);
    const first = watcher();
    const ids = Array.from({ length: 1_500 }, (_, i) => 7 + 3 * i);
    for (const messageId of ids) meter.publish({ topic: 'm', qos: 2, messageId });
    broker.time.advance(20);
    expect(first.published).toHaveLength(1_500);
    await broker.restart();
    const again = broker.mqtt();
    again.connect('meter', LASTS);
    const second = watcher();
    for (const messageId of ids) again.publish({ topic: 'm', qos: 2, messageId, dup: true });
    again.publish({ topic: 'm', qos: 2, messageId: 8 });
    broker.time.advance(20);
    expect(second.published).toHaveLength(1);
  });

  it('is not given its own will where it wants nothing of its own', async () => {
    const broker = await DurableBroker.start();
    const will = { topic: 'gone', payload: Buffer.from('meter'), qos: 1 as const, retain: false };
    const meter = broker.mqtt();
    meter.connect('meter', { ...LASTS, will });
    meter.subscribe('gone', { qos: 1, nl: true });
    const other = broker.mqtt();
    other.connect('other');
    other.subscribe('gone');
    meter.peer.vanish();
    broker.time.settle();
    expect(other.payloads).toEqual(['meter']);
    other.publish({ topic: 'gone', payload: 'other', qos: 1 });
    const again = broker.mqtt();
    again.connect('meter', LASTS);
    expect(again.payloads).toEqual(['other']);
  });

  it('ends at its expiry, and not before', async () => {
    const broker = await DurableBroker.start();
    const said = { clean: false, properties: { sessionExpiryInterval: 10 } };
    for (const [pauseMs, isPresent] of [
      [9_000, true],
      [11_000, false],
    ] as const) {
      const peer = broker.mqtt();
      peer.connect('meter', said);
      peer.send({ cmd: 'disconnect', reasonCode: 0 });
      broker.time.advance(pauseMs);
      const again = broker.mqtt();
      expect(again.connect('meter', said).sessionPresent).toBe(isPresent);
    }
  });

  it('leaves no mailbox behind when it ends', async () => {
    const broker = await DurableBroker.start();
    const peer = broker.mqtt();
    peer.connect('meter', LASTS);
    peer.subscribe('a', { qos: 1 });
    peer.subscribe('$share/g/b', { qos: 1 });
    expect(await broker.metric('tellwhen_mailboxes')).toBe(2);
    peer.send({ cmd: 'disconnect', reasonCode: 0 });
    broker.mqtt().connect('meter', { clean: true });
    broker.time.advance(5_000);
    expect(await broker.metric('tellwhen_mailboxes')).toBe(0);
  });

  it('is taken over by a second connection, which the first is told', async () => {
    const broker = await DurableBroker.start();
    const first = broker.mqtt();
    first.connect('meter', LASTS);
    const second = broker.mqtt();
    expect(second.connect('meter', LASTS).sessionPresent).toBe(true);
    expect(first.disconnectReason).toBe(0x8e);
    expect(first.isClosed).toBe(true);
  });
});

describe('QoS 2', () => {
  it('is published once, however often the client says it again, also over a crash', async () => {
    const broker = await DurableBroker.start();
    const listener = broker.mqtt();
    listener.connect('listener', LASTS);
    listener.subscribe('m', { qos: 1 });
    const first = broker.mqtt();
    first.connect('p', LASTS);
    const message = { topic: 'm', payload: 'once', qos: 2, messageId: 7 } as const;
    expect(first.publish(message)).toMatchObject([{ cmd: 'pubrec', messageId: 7 }]);
    await broker.restart();
    const again = broker.mqtt();
    again.connect('p', LASTS);
    expect(again.publish({ ...message, dup: true })).toMatchObject([{ cmd: 'pubrec', messageId: 7 }]);
    expect(again.send({ cmd: 'pubrel', messageId: 7 })).toMatchObject([{ cmd: 'pubcomp', messageId: 7 }]);
    // Free again, and so another message.
    expect(again.publish({ ...message, payload: 'twice' })).toMatchObject([{ cmd: 'pubrec' }]);
    const back = broker.mqtt();
    back.connect('listener', LASTS);
    expect(back.payloads).toEqual(['once', 'twice']);
  });

  it('is received once: a crash forgets no identifier, sent or released', async () => {
    const broker = await DurableBroker.start();
    const first = broker.mqtt();
    first.connect('meter', LASTS);
    first.subscribe('m', { qos: 2 });
    const publisher = broker.mqtt();
    publisher.connect('p');
    for (const payload of ['released', 'sent']) publisher.publish({ topic: 'm', payload, qos: 2 });
    const [released, sent] = first.published.map(({ messageId }) => messageId ?? 0);
    expect(first.send({ cmd: 'pubrec', messageId: released as number })).toMatchObject([{ cmd: 'pubrel' }]);
    await broker.restart();
    const again = broker.mqtt();
    again.connect('meter', LASTS);
    expect(again.packets.filter(({ cmd }) => cmd !== 'connack')).toMatchObject([
      { cmd: 'pubrel', messageId: released },
      { cmd: 'publish', messageId: sent, dup: true },
    ]);
    again.send({ cmd: 'pubcomp', messageId: released as number });
    again.send({ cmd: 'pubrec', messageId: sent as number });
    again.send({ cmd: 'pubcomp', messageId: sent as number });
    await broker.restart();
    const last = broker.mqtt();
    last.connect('meter', LASTS);
    expect(last.packets).toHaveLength(1);
  });
});

describe('a will', () => {
  const will = { topic: 'gone', payload: 'meter', qos: 0 as const, retain: false };

  it('is published when the connection breaks, and not when the client says goodbye', async () => {
    const broker = await DurableBroker.start();
    const listener = broker.mqtt();
    listener.connect('listener');
    listener.subscribe('gone');
    const polite = broker.mqtt();
    polite.connect('polite', { will });
    polite.send({ cmd: 'disconnect', reasonCode: 0 });
    expect(listener.payloads).toEqual([]);
    const broken = broker.mqtt();
    broken.connect('broken', { will });
    broken.peer.vanish();
    broker.time.settle();
    expect(listener.payloads).toEqual(['meter']);
  });

  it('waits for its delay, and is not published when the client is back before', async () => {
    const broker = await DurableBroker.start();
    const listener = broker.mqtt();
    listener.connect('listener', { keepalive: 0 });
    listener.subscribe('gone');
    const said = { ...LASTS, will: { ...will, properties: { willDelayInterval: 10 } } };
    for (const [pauseMs, wills] of [
      [5_000, 0],
      [12_000, 1],
    ] as const) {
      const meter = broker.mqtt();
      meter.connect('meter', said);
      meter.peer.vanish();
      broker.time.advance(pauseMs);
      broker.mqtt().connect('meter', { ...LASTS });
      expect(listener.payloads).toHaveLength(wills);
    }
  });

  it('is published when nothing is heard for one and a half times the keep alive', async () => {
    const broker = await DurableBroker.start();
    const listener = broker.mqtt();
    listener.connect('listener');
    listener.subscribe('gone');
    const silent = broker.mqtt();
    silent.connect('silent', { keepalive: 2, will });
    broker.time.advance(2_500);
    expect(silent.isClosed).toBe(false);
    broker.time.advance(2_000);
    expect(silent.disconnectReason).toBe(0x8d);
    expect(listener.payloads).toEqual(['meter']);
  });
});
