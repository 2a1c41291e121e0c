import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MqttBroker, MqttBrokerKind } from '../support/mqtt/mqtt-brokers.ts';
import { type ConnectAs, MqttPeer, type MqttVersion } from '../support/mqtt/mqtt-peer.ts';

const VERSIONS = [
  { version: 4, standard: 'MQTT 3.1.1' },
  { version: 5, standard: 'MQTT 5' },
] as const;

const QOS = [0, 1, 2] as const;

/**
 * What every broker that keeps the standard does, told by packets. Clauses are those of MQTT 5.0. Where the standard
 * leaves a choice, either passes.
 */
export function mqttConformance({ name, start }: MqttBrokerKind): void {
  let broker: MqttBroker;
  beforeAll(async () => {
    broker = await start();
  });
  afterAll(async () => {
    await broker[Symbol.asyncDispose]();
  });

  const connect = (version: MqttVersion, as?: ConnectAs) => MqttPeer.connect(broker.tcp, version, as);
  /** Both ends of one test: a publisher, and a subscriber at QoS 2. */
  const pair = async (version: MqttVersion, filter: string) => {
    const [publisher, subscriber] = [await connect(version), await connect(version)];
    await subscriber.subscribe(filter, { qos: 2 });
    return { publisher, subscriber, [Symbol.asyncDispose]: () => dispose(publisher, subscriber) };
  };
  const lasting = (version: MqttVersion, clientId: string, rest: ConnectAs = {}): ConnectAs => ({
    clientId,
    clean: false,
    ...rest,
    ...(version === 5 ? { properties: { sessionExpiryInterval: 600, ...rest.properties } } : {}),
  });

  describe.each(VERSIONS)(`${name}, $standard`, ({ version }) => {
    it.each(['tcp', 'webSocket'] as const)('carries every quality of service over %s', async (door) => {
      await using publisher = await MqttPeer.connect(broker[door], version);
      await using subscriber = await MqttPeer.connect(broker[door], version);
      const topic = `carry/${version}/${door}`;
      expect((await subscriber.subscribe(topic, { qos: 2 })).granted).toEqual([2]);
      for (const qos of QOS) await publisher.publish(topic, `as ${qos}`, { qos });
      expect((await subscriber.take(3)).map(({ payload, qos }) => [`${payload}`, qos])).toEqual([
        ['as 0', 0],
        ['as 1', 1],
        ['as 2', 2],
      ]);
    });

    it('delivers at the lower of the two qualities of service [MQTT-3.8.4-8]', async () => {
      await using publisher = await connect(version);
      for (const granted of QOS) {
        await using subscriber = await connect(version);
        await subscriber.subscribe(`lower/${version}`, { qos: granted });
        for (const qos of QOS) await publisher.publish(`lower/${version}`, 'x', { qos });
        expect((await subscriber.take(3)).map(({ qos }) => qos)).toEqual(QOS.map((qos) => Math.min(qos, granted)));
      }
    });

    it('takes a QoS 2 message once, however often it is sent before its release [MQTT-4.3.3-10]', async () => {
      await using both = await pair(version, `once/${version}`);
      const { publisher, subscriber } = both;
      const publish = (dup: boolean): void =>
        publisher.send({
          cmd: 'publish',
          topic: `once/${version}`,
          payload: 'once',
          qos: 2,
          dup,
          retain: false,
          messageId: 7,
        });
      publish(false);
      await publisher.next('pubrec');
      publish(true);
      await publisher.next('pubrec');
      publisher.send({ cmd: 'pubrel', messageId: 7 });
      await publisher.next('pubcomp');
      // The number is free again, and means another message.
      publish(false);
      await publisher.next('pubrec');
      publisher.send({ cmd: 'pubrel', messageId: 7 });
      await publisher.next('pubcomp');
      expect(await subscriber.take(2)).toHaveLength(2);
      expect(await subscriber.rest()).toEqual([]);
    });

    it('keeps the order of a publisher, at each quality of service [MQTT-4.6.0-6]', async () => {
      for (const qos of QOS) {
        await using both = await pair(version, `order/${version}/${qos}`);
        const told = both.subscriber.take(200);
        for (let n = 0; n < 200; n += 1) await both.publisher.publish(`order/${version}/${qos}`, `${n}`, { qos });
        expect((await told).map(({ payload }) => Number(payload))).toEqual(Array.from({ length: 200 }, (_, n) => n));
      }
    });

    it('keeps a session, with its subscriptions and what it missed [MQTT-3.1.2-5]', async () => {
      const me = lasting(version, `lasting-${version}`);
      const first = await MqttPeer.connected(broker.tcp, version, me);
      expect(first.connack.sessionPresent).toBe(false);
      await first.peer.subscribe(`lasting/${version}/+`, { qos: 2 });
      await first.peer.leave();
      await using publisher = await connect(version);
      for (const qos of [1, 2] as const) await publisher.publish(`lasting/${version}/${qos}`, `missed ${qos}`, { qos });
      const second = await MqttPeer.connected(broker.tcp, version, me);
      await using peer = second.peer;
      expect(second.connack.sessionPresent).toBe(true);
      expect((await peer.take(2)).map(({ payload, qos }) => [`${payload}`, qos])).toEqual([
        ['missed 1', 1],
        ['missed 2', 2],
      ]);
      await publisher.publish(`lasting/${version}/x`, 'live');
      expect((await peer.take(1)).map(({ payload }) => `${payload}`)).toEqual(['live']);
      await peer.leave();
      await (await connect(version, { clientId: me.clientId ?? '' })).leave();
    });

    it('forgets a session at a clean start [MQTT-3.1.2-4]', async () => {
      const me = lasting(version, `clean-${version}`);
      const first = await connect(version, me);
      await first.subscribe(`clean/${version}`, { qos: 1 });
      await first.leave();
      const second = await MqttPeer.connected(broker.tcp, version, { clientId: me.clientId ?? '', clean: true });
      expect(second.connack.sessionPresent).toBe(false);
      await second.peer.leave();
      await using publisher = await connect(version);
      await publisher.publish(`clean/${version}`, 'for nobody', { qos: 1 });
      const third = await MqttPeer.connected(broker.tcp, version, me);
      await using peer = third.peer;
      expect(third.connack.sessionPresent).toBe(false);
      expect(await peer.rest()).toEqual([]);
      await peer.leave();
      await (await connect(version, { clientId: me.clientId ?? '' })).leave();
    });

    it('sends again, under its number, what was not acknowledged [MQTT-4.4.0-1]', async () => {
      const me = lasting(version, `again-${version}`);
      const first = await connect(version, me);
      await first.subscribe(`again/${version}/+`, { qos: 2 });
      await using publisher = await connect(version);
      for (const qos of [1, 2] as const) await publisher.publish(`again/${version}/${qos}`, `as ${qos}`, { qos });
      const sent = [await first.answer('publish'), await first.answer('publish')];
      first.cut();
      await using second = await connect(version, me);
      const again = await second.take(2);
      expect(again.map(({ messageId, payload, dup }) => [messageId, `${payload}`, dup])).toEqual(
        sent.map(({ messageId, payload }) => [messageId, `${payload}`, true]),
      );
      expect(sent.map(({ dup }) => dup)).toEqual([false, false]);
      expect(await second.rest()).toEqual([]);
      await second.leave();
      await (await connect(version, { clientId: me.clientId ?? '' })).leave();
    });

    it('goes on with a QoS 2 exchange where it was [MQTT-4.4.0-1]', async () => {
      const me = lasting(version, `halfway-${version}`);
      const first = await connect(version, me);
      await first.subscribe(`halfway/${version}`, { qos: 2 });
      await using publisher = await connect(version);
      await publisher.publish(`halfway/${version}`, 'x', { qos: 2 });
      const { messageId } = await first.answer('publish');
      if (messageId === undefined) throw new Error('a QoS 2 message has a number');
      first.send({ cmd: 'pubrec', messageId });
      await first.answer('pubrel', messageId);
      first.cut();
      await using second = await connect(version, me);
      // Received is received: what comes again is the release, and not the message.
      expect(await second.next('pubrel')).toMatchObject({ messageId });
      second.send({ cmd: 'pubcomp', messageId });
      expect(await second.rest()).toEqual([]);
      await second.leave();
      await (await connect(version, { clientId: me.clientId ?? '' })).leave();
    });

    it('goes on with a QoS 2 exchange of a publisher who was cut off', async () => {
      const me = lasting(version, `sender-${version}`);
      const topic = `sender/${version}`;
      await using subscriber = await connect(version);
      await subscriber.subscribe(topic, { qos: 2 });
      const message = { cmd: 'publish', topic, payload: 'x', qos: 2, retain: false, messageId: 9 } as const;
      const first = await connect(version, me);
      first.send({ ...message, dup: false });
      await first.answer('pubrec', 9);
      first.cut();
      await using second = await connect(version, me);
      second.send({ ...message, dup: true });
      await second.answer('pubrec', 9);
      second.send({ cmd: 'pubrel', messageId: 9 });
      await second.answer('pubcomp', 9);
      expect(await subscriber.take(1)).toHaveLength(1);
      expect(await subscriber.rest()).toEqual([]);
      await second.leave();
      await (await connect(version, { clientId: me.clientId ?? '' })).leave();
    });

    it('lets whoever comes later with a client id take over [MQTT-3.1.4-3]', async () => {
      const clientId = `twin-${version}`;
      await using first = await connect(version, { clientId });
      await using second = await connect(version, { clientId });
      await first.closed();
      expect(await second.rest()).toEqual([]);
    });

    it('gives the last retained message to whoever subscribes [MQTT-3.3.1-6]', async () => {
      await using publisher = await connect(version);
      await using live = await connect(version);
      const topic = `retained/${version}/a`;
      await live.subscribe(topic, { qos: 1 });
      await publisher.publish(topic, 'first', { qos: 1, retain: true });
      await publisher.publish(topic, 'last', { qos: 1, retain: true });
      // Those who are there already get it as any other message.
      expect((await live.take(2)).map(({ payload, retain }) => [`${payload}`, retain])).toEqual([
        ['first', false],
        ['last', false],
      ]);
      await using late = await connect(version);
      await late.subscribe(`retained/${version}/+`, { qos: 1 });
      expect((await late.take(1)).map(({ payload, retain, qos }) => [`${payload}`, retain, qos])).toEqual([
        ['last', true, 1],
      ]);
      // An empty one takes it away, and is delivered like any other.
      await publisher.publish(topic, '', { qos: 1, retain: true });
      expect((await late.take(1)).map(({ payload }) => `${payload}`)).toEqual(['']);
      await using later = await connect(version);
      await later.subscribe(topic, { qos: 1 });
      expect(await later.rest()).toEqual([]);
    });

    it('publishes the will of whoever is cut off, and of nobody who says goodbye [MQTT-3.1.2-8]', async () => {
      await using heir = await connect(version);
      const topic = `will/${version}`;
      await heir.subscribe(topic, { qos: 2 });
      const will = { topic, payload: 'gone', qos: 1, retain: true } as const;
      const orderly = await connect(version, { will });
      await orderly.leave();
      expect(await heir.rest()).toEqual([]);
      const cut = await connect(version, { will });
      cut.cut();
      expect((await heir.take(1)).map(({ payload, qos, retain }) => [`${payload}`, qos, retain])).toEqual([
        ['gone', 1, false],
      ]);
      await using late = await connect(version);
      await late.subscribe(topic);
      expect((await late.take(1)).map(({ payload, retain }) => [`${payload}`, retain])).toEqual([['gone', true]]);
      await late.publish(topic, '', { retain: true });
    });

    it('cuts off whoever is silent for one and a half times its keep-alive [MQTT-3.1.2-22]', async () => {
      await using heir = await connect(version);
      await heir.subscribe(`silent/${version}`);
      const will = { topic: `silent/${version}`, payload: 'silent', qos: 0, retain: false } as const;
      await using silent = await connect(version, { keepalive: 1, will });
      expect((await heir.take(1)).map(({ payload }) => `${payload}`)).toEqual(['silent']);
      await silent.closed();
    });

    it('keeps $-topics from wildcards at the first level [MQTT-4.7.2-1]', async () => {
      await using peer = await connect(version);
      for (const filter of ['#', '+/dollar', `+/${version}`]) await peer.subscribe(filter);
      await peer.rest();
      await peer.publish(`$own/${version}`, 'x', { qos: 1 }).catch(() => {});
      // Who may not publish there is told so; in either case nobody gets it.
      await using other = await connect(version);
      await other.subscribe('#');
      expect((await other.rest()).filter(({ topic }) => topic.startsWith('$'))).toEqual([]);
      if (!peer.isClosed) expect((await peer.rest()).filter(({ topic }) => topic.startsWith('$'))).toEqual([]);
    });

    it('hands each message to one member of a shared subscription [MQTT-4.8.2-4]', async () => {
      await using publisher = await connect(version);
      const [one, two, alone] = [await connect(version), await connect(version), await connect(version)];
      for (const member of [one, two]) await member.subscribe(`$share/crew/shared/${version}`, { qos: 1 });
      await alone.subscribe(`shared/${version}`, { qos: 1 });
      for (let n = 0; n < 20; n += 1) await publisher.publish(`shared/${version}`, `${n}`, { qos: 1 });
      const all = Array.from({ length: 20 }, (_, n) => n);
      const numbers = (messages: readonly { readonly payload: string | Buffer }[]): number[] =>
        messages.map(({ payload }) => Number(payload)).sort((a, b) => a - b);
      expect(numbers(await alone.take(20))).toEqual(all);
      const [first, second] = [await one.rest(), await two.rest()];
      expect(numbers([...first, ...second])).toEqual(all);
      expect(Math.min(first.length, second.length)).toBeGreaterThan(0);
      await one.leave();
      await publisher.publish(`shared/${version}`, '20', { qos: 1 });
      expect(numbers(await two.take(1))).toEqual([20]);
      await dispose(one, two, alone);
    });

    it('ends a subscription when told to [MQTT-3.10.4-1]', async () => {
      await using both = await pair(version, `ended/${version}`);
      await both.subscriber.unsubscribe(`ended/${version}`, `never/${version}`);
      await both.publisher.publish(`ended/${version}`, 'x', { qos: 1 });
      expect(await both.subscriber.rest()).toEqual([]);
    });

    it('replaces a subscription to the same filter [MQTT-3.8.4-3]', async () => {
      await using both = await pair(version, `same/${version}`);
      await both.subscriber.subscribe(`same/${version}`, { qos: 0 });
      await both.publisher.publish(`same/${version}`, 'x', { qos: 1 });
      expect((await both.subscriber.take(1)).map(({ qos }) => qos)).toEqual([0]);
      expect(await both.subscriber.rest()).toEqual([]);
    });

    it('answers many subscriptions in their order [MQTT-3.8.4-6]', async () => {
      await using peer = await connect(version);
      peer.send({
        cmd: 'subscribe',
        messageId: 3,
        subscriptions: [
          { topic: `many/${version}/a`, qos: 2 },
          { topic: `many/${version}/b`, qos: 0 },
          { topic: `many/${version}/c`, qos: 1 },
        ],
      });
      expect((await peer.answer('suback', 3)).granted).toEqual([2, 0, 1]);
    });

    it('closes on whatever is said before CONNECT, and on a second CONNECT [MQTT-3.1.0-2]', async () => {
      await using early = await MqttPeer.open(broker.tcp, version);
      early.send({ cmd: 'pingreq' });
      await early.closed();
      expect(early.arrived).toEqual([]);
      await using twice = await connect(version);
      twice.send({ cmd: 'connect', clientId: 'x', protocolId: 'MQTT', protocolVersion: version, clean: true });
      await twice.closed();
    });

    it.each([
      [1, 'pubrec'],
      [1, 'pubcomp'],
      [2, 'puback'],
      [2, 'pubcomp'],
    ] as const)('closes where a message with QoS %i is answered by %s', async (qos, cmd) => {
      await using both = await pair(version, `answered/${version}`);
      await both.publisher.publish(`answered/${version}`, 'x', { qos });
      const { messageId } = await both.subscriber.answer('publish');
      if (messageId === undefined) throw new Error('such a message has a number');
      both.subscriber.send({ cmd, messageId });
      await both.subscriber.closed();
    });

    it('closes on a topic filter without a character [MQTT-4.7.3-1]', async () => {
      const properties = version === 5 ? '00' : '';
      for (const body of [`0001${properties}000000`, `0001${properties}0000`]) {
        // SUBSCRIBE has options behind its filter, UNSUBSCRIBE has none.
        const type = body.endsWith('000000') ? '82' : 'a2';
        await using peer = await connect(version);
        peer.write(Buffer.from(`${type}0${body.length / 2}${body}`, 'hex'));
        await peer.closed();
      }
    });

    it('closes on a topic with a wildcard [MQTT-3.3.2-2]', async () => {
      await using peer = await connect(version);
      peer.send({ cmd: 'publish', topic: 'a/+/b', payload: 'x', qos: 0, dup: false, retain: false });
      await peer.closed();
    });

    it('carries an empty message, and one of a hundred thousand bytes', async () => {
      await using both = await pair(version, `sizes/${version}`);
      const large = Buffer.alloc(100_000, 'abcdefghijk');
      for (const payload of ['', large]) await both.publisher.publish(`sizes/${version}`, payload, { qos: 1 });
      const [empty, whole] = await both.subscriber.take(2);
      expect(`${empty?.payload}`).toBe('');
      expect(large.equals(Buffer.from(whole?.payload ?? ''))).toBe(true);
    });

    it('reads packets that come a byte at a time, and many that come at once', async () => {
      await using peer = await connect(version);
      const subscribe = Buffer.from(
        version === 5 ? '8209000100000362697400' : '820800010003626974'.concat('00'),
        'hex',
      );
      for (const byte of subscribe) {
        peer.write(Uint8Array.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect((await peer.answer('suback', 1)).granted).toEqual([0]);
      const publish = Buffer.from(version === 5 ? '3007000362697400' + '78' : '300600036269742178'.slice(0, 16), 'hex');
      peer.write(Buffer.concat(Array.from({ length: 300 }, () => publish)));
      expect(await peer.take(300)).toHaveLength(300);
    });
  });

  describe(`${name}, MQTT 3.1.1`, () => {
    it('refuses to keep a session without a name [MQTT-3.1.3-8 of 3.1.1]', async () => {
      await using peer = await MqttPeer.open(broker.tcp, 4);
      // By hand: the library would not send it.
      peer.write(Buffer.from('100c00044d5154540400000a0000', 'hex'));
      expect(await peer.next('connack')).toMatchObject({ returnCode: 2 });
      await peer.closed();
    });

    it('refuses a version that it does not know [MQTT-3.1.2-2 of 3.1.1]', async () => {
      await using peer = await MqttPeer.open(broker.tcp, 4);
      peer.write(Buffer.from('100e00044d5154540602000a0002 6162'.replace(' ', ''), 'hex'));
      expect(await peer.next('connack')).toMatchObject({ returnCode: 1 });
      await peer.closed();
    });
  });

  describe(`${name}, MQTT 5`, () => {
    it('gives a name to whoever has none [MQTT-3.1.3-7]', async () => {
      const { peer, connack } = await MqttPeer.connected(broker.tcp, 5, { clientId: '', clean: true });
      expect(connack.properties?.assignedClientIdentifier).toMatch(/^.+$/);
      await peer.leave();
    });

    it('lets a session go with its connection, unless it is to last', async () => {
      const as: ConnectAs = { clientId: 'short', clean: false, properties: { sessionExpiryInterval: 0 } };
      await (await connect(5, as)).leave();
      const second = await MqttPeer.connected(broker.tcp, 5, as);
      expect(second.connack.sessionPresent).toBe(false);
      await second.peer.leave();
    });

    it('takes the expiry of a session anew from its goodbye, but not where it had none [MQTT-3.14.2-2]', async () => {
      const first = await connect(5, lasting(5, 'goodbye'));
      await first.leave({ sessionExpiryInterval: 0 });
      const second = await MqttPeer.connected(broker.tcp, 5, { clientId: 'goodbye', clean: false });
      expect(second.connack.sessionPresent).toBe(false);
      second.peer.send({ cmd: 'disconnect', reasonCode: 0, properties: { sessionExpiryInterval: 60 } });
      // A protocol error, and so the session is as it was: at its end.
      await second.peer.closed();
      const third = await MqttPeer.connected(broker.tcp, 5, { clientId: 'goodbye', clean: false });
      expect(third.connack.sessionPresent).toBe(false);
      await third.peer.leave();
    });

    it('lets a session end at its time', async () => {
      const as: ConnectAs = { clientId: 'ending', clean: false, properties: { sessionExpiryInterval: 1 } };
      await (await connect(5, as)).leave();
      await expect
        .poll(
          async () => {
            // Looking must not make it last.
            const { peer, connack } = await MqttPeer.connected(broker.tcp, 5, as);
            await peer.leave();
            if (connack.sessionPresent) await new Promise((resolve) => setTimeout(resolve, 1_600));
            return connack.sessionPresent;
          },
          { timeout: 15_000 },
        )
        .toBe(false);
    });

    it('publishes a will where the goodbye asks for it', async () => {
      await using heir = await connect(5);
      await heir.subscribe('will/asked', { qos: 1 });
      const peer = await connect(5, { will: { topic: 'will/asked', payload: 'asked', qos: 1, retain: false } });
      await peer.leave({}, 0x04);
      expect((await heir.take(1)).map(({ payload }) => `${payload}`)).toEqual(['asked']);
    });

    it('passes on what a will says of itself [MQTT-3.1.3-10]', async () => {
      await using heir = await connect(5);
      await heir.subscribe('will/says', { qos: 1 });
      const says = {
        contentType: 'text/plain',
        responseTopic: 'will/answers',
        correlationData: Buffer.from('id'),
        userProperties: { a: '1' },
        payloadFormatIndicator: true,
      };
      const will = { topic: 'will/says', payload: 'x', qos: 0, retain: false, properties: says } as const;
      (await connect(5, { will })).cut();
      const [message] = await heir.take(1);
      expect({ ...message?.properties?.userProperties }).toEqual({ a: '1' });
      expect(message?.properties).toMatchObject({ ...says, userProperties: {} });
    });

    it('holds a will back for its delay, and forgets it when its client is back [MQTT-3.1.3-9]', async () => {
      await using heir = await connect(5);
      await heir.subscribe('will/delayed/+', { qos: 1 });
      const delayed = (who: string): ConnectAs =>
        lasting(5, who, {
          will: {
            topic: `will/delayed/${who}`,
            payload: who,
            qos: 1,
            retain: false,
            properties: { willDelayInterval: 1 },
          },
        });
      (await connect(5, delayed('back'))).cut();
      await using back = await connect(5, delayed('back'));
      (await connect(5, delayed('away'))).cut();
      // Its delay began after that of the one who is back, whose will would be here before.
      expect((await heir.take(1)).map(({ payload }) => `${payload}`)).toEqual(['away']);
      await back.leave();
      for (const clientId of ['back', 'away']) await (await connect(5, { clientId })).leave();
    });

    it('publishes a delayed will when the session ends before the delay', async () => {
      await using heir = await connect(5);
      await heir.subscribe('will/early', { qos: 1 });
      const will = { topic: 'will/early', payload: 'early', qos: 1, retain: false } as const;
      const properties = { sessionExpiryInterval: 1 };
      (
        await connect(5, { clientId: 'early', properties, will: { ...will, properties: { willDelayInterval: 3_600 } } })
      ).cut();
      expect((await heir.take(1)).map(({ payload }) => `${payload}`)).toEqual(['early']);
    });

    it('tells which subscriptions a message is of [MQTT-3.3.4-3]', async () => {
      await using both = await pair(5, 'ids/none');
      const { publisher, subscriber } = both;
      await subscriber.subscribe('ids/+', { properties: { subscriptionIdentifier: 268_435_455 } });
      await subscriber.subscribe('ids/a', { properties: { subscriptionIdentifier: 7 } });
      await publisher.publish('ids/b', 'one', { qos: 1 });
      await publisher.publish('ids/a', 'both', { qos: 1 });
      await publisher.publish('ids/none', 'one, and one without', { qos: 1 });
      const messages = await subscriber.rest();
      const ids = (topic: string): number[] =>
        messages
          .filter((message) => message.topic === topic)
          .flatMap(({ properties }) => properties?.subscriptionIdentifier ?? [])
          .sort((a, b) => a - b);
      expect([ids('ids/b'), ids('ids/a'), ids('ids/none')]).toEqual([[268_435_455], [7, 268_435_455], [268_435_455]]);
    });

    it('spares a subscriber its own messages where it asks for that [MQTT-3.8.3-3]', async () => {
      await using peer = await connect(5);
      await using other = await connect(5);
      await peer.subscribe('local', { qos: 1, nl: true });
      await peer.publish('local', 'own', { qos: 1 });
      await other.publish('local', 'of another', { qos: 1 });
      expect((await peer.take(1)).map(({ payload }) => `${payload}`)).toEqual(['of another']);
      expect(await peer.rest()).toEqual([]);
    });

    it('says of a message that it is retained where it is asked to [MQTT-3.3.1-13]', async () => {
      await using peer = await connect(5);
      await peer.subscribe('rap', { rap: true });
      await peer.publish('rap', 'kept', { retain: true });
      await peer.publish('rap', 'not kept');
      expect((await peer.take(2)).map(({ retain }) => retain)).toEqual([true, false]);
      await peer.publish('rap', '', { retain: true });
    });

    it('gives what is retained always, to a new subscription, or never [MQTT-3.3.1-9, -10, -11]', async () => {
      await using peer = await connect(5);
      await peer.publish('handling', 'kept', { qos: 1, retain: true });
      const told = async (rh: number): Promise<number> => {
        await peer.subscribe('handling', { rh });
        return (await peer.rest()).length;
      };
      expect([await told(2), await told(1), await told(0), await told(0)]).toEqual([0, 0, 1, 1]);
      await peer.unsubscribe('handling');
      expect(await told(1)).toBe(1);
      await peer.publish('handling', '', { qos: 1, retain: true });
    });

    it('knows the topics behind aliases, each connection its own [MQTT-3.3.2-7]', async () => {
      await using both = await pair(5, 'alias/#');
      const { publisher, subscriber } = both;
      await publisher.publish('alias/a', '1', { properties: { topicAlias: 1 } });
      await publisher.publish('alias/b', '2', { properties: { topicAlias: 2 } });
      await publisher.publish('', '3', { properties: { topicAlias: 1 } });
      await publisher.publish('alias/c', '4', { properties: { topicAlias: 1 } });
      await publisher.publish('', '5', { properties: { topicAlias: 1 }, qos: 1 });
      expect((await subscriber.take(5)).map(({ topic }) => topic)).toEqual([
        'alias/a',
        'alias/b',
        'alias/a',
        'alias/c',
        'alias/c',
      ]);
      await using other = await connect(5);
      other.send({
        cmd: 'publish',
        topic: '',
        payload: 'x',
        qos: 0,
        dup: false,
        retain: false,
        properties: { topicAlias: 1 },
      });
      // Of another connection it knows nothing.
      expect(await other.goodbye()).toMatchObject({ reasonCode: 0x82 });
    });

    it('uses aliases towards a client within what it allows [MQTT-3.1.2-26]', async () => {
      await using publisher = await connect(5);
      await using subscriber = await connect(5, { properties: { topicAliasMaximum: 2 } });
      await using plain = await connect(5);
      for (const peer of [subscriber, plain]) await peer.subscribe('aliased/#');
      for (const topic of ['a', 'b', 'c', 'a', 'b', 'c'])
        await publisher.publish(`aliased/${topic}`, topic, { qos: 1 });
      const known = new Map<number, string>();
      for (const { topic, payload, properties } of await subscriber.take(6)) {
        const alias = properties?.topicAlias;
        if (alias !== undefined) {
          expect(alias).toBeGreaterThan(0);
          expect(alias).toBeLessThanOrEqual(2);
          if (topic !== '') known.set(alias, topic);
        }
        expect(topic === '' ? known.get(alias ?? 0) : topic).toBe(`aliased/${payload}`);
      }
      expect((await plain.take(6)).map(({ properties }) => properties?.topicAlias)).toEqual(Array(6).fill(undefined));
    });

    it('sends no packet that is larger than the client takes [MQTT-3.1.2-24]', async () => {
      await using publisher = await connect(5);
      await using subscriber = await connect(5, { properties: { maximumPacketSize: 100 } });
      await subscriber.subscribe('narrow', { qos: 1 });
      await publisher.publish('narrow', 'x'.repeat(200), { qos: 1 });
      await publisher.publish('narrow', 'small', { qos: 1 });
      // As if it had been delivered [MQTT-3.1.2-25].
      expect((await subscriber.take(1)).map(({ payload }) => `${payload}`)).toEqual(['small']);
      expect(await subscriber.rest()).toEqual([]);
    });

    it('passes on what a message says of itself, unchanged and in order [MQTT-3.3.2-17, -18]', async () => {
      await using both = await pair(5, 'says');
      const says = {
        payloadFormatIndicator: true,
        responseTopic: 'answers/1',
        correlationData: Buffer.from([0, 1, 254, 255]),
        contentType: 'application/json',
      };
      const userProperties = { z: ['1', '2', ''], a: 'ä', '': 'nameless' };
      await both.publisher.publish('says', '{}', { qos: 1, properties: { ...says, userProperties } });
      const [message] = await both.subscriber.take(1);
      expect(message?.properties).toMatchObject(says);
      expect({ ...message?.properties?.userProperties }).toEqual(userProperties);
    });

    it('delivers nothing after its expiry, and says what is left before [MQTT-3.3.2-5, -6]', async () => {
      const me = lasting(5, 'expiry');
      const first = await connect(5, me);
      await first.subscribe('expiry', { qos: 1 });
      await first.leave();
      await using publisher = await connect(5);
      await publisher.publish('expiry', 'short', { qos: 1, properties: { messageExpiryInterval: 1 } });
      await publisher.publish('expiry', 'long', { qos: 1, properties: { messageExpiryInterval: 600 } });
      await new Promise((resolve) => setTimeout(resolve, 2_100));
      await using second = await connect(5, me);
      const messages = await second.take(1);
      expect(messages.map(({ payload }) => `${payload}`)).toEqual(['long']);
      const left = messages[0]?.properties?.messageExpiryInterval ?? 0;
      expect(left).toBeGreaterThan(500);
      expect(left).toBeLessThan(600);
      expect(await second.rest()).toEqual([]);
      await second.leave({ sessionExpiryInterval: 0 });
    });

    it('says of each subscription that is to end whether there was one', async () => {
      await using peer = await connect(5);
      await peer.subscribe('there');
      expect((await peer.unsubscribe('there', 'never there')).granted).toEqual([0, 0x11]);
    });

    it('refuses a version that it does not know [MQTT-3.1.2-2]', async () => {
      await using peer = await MqttPeer.open(broker.tcp, 5);
      peer.write(Buffer.from('100f00044d5154540602000a000002 6162'.replace(' ', ''), 'hex'));
      await peer.closed();
    });

    it('refuses an authentication method that it does not know [MQTT-4.12.0-1]', async () => {
      const { peer, connack } = await MqttPeer.connected(broker.tcp, 5, {
        properties: { authenticationMethod: 'GUESS', authenticationData: Buffer.from('x') },
      });
      expect(connack.reasonCode).toBe(0x8c);
      await peer.closed();
    });
  });
}

async function dispose(...peers: MqttPeer[]): Promise<void> {
  for (const peer of peers) await peer[Symbol.asyncDispose]();
}
