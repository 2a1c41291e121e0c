import fc from 'fast-check';
import { generate, type IPublishPacket, type ISubscribePacket, type Packet, parser } from 'mqtt-packet';
import { expect, it } from 'vitest';
import { decodePacket } from '../../../../broker/doors/mqtt/decode.ts';
import { Framer } from '../../../../broker/doors/mqtt/framer.ts';
import { PacketWriter } from '../../../../broker/doors/mqtt/packet-writer.ts';
import type {
  ClientPacket,
  ConnectPacket,
  PublishPacket,
  SubscribePacket,
} from '../../../../broker/doors/mqtt/packets.ts';
import { bodyOf } from '../../../../broker/doors/mqtt/publication.ts';
import { PublishPackets } from '../../../../broker/doors/mqtt/publish-packets.ts';
import { MqttError } from '../../../../broker/doors/mqtt/reasons.ts';
import { PublishedEvent } from '../../../../broker/publish/event.ts';

const WELL_KNOWN = 1_000_000;
const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((one) => !['\0', '#', '+'].some((bad) => one.includes(bad)));
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const packetId = fc.integer({ min: 1, max: 0xffff });
const qos = fc.constantFrom(0 as const, 1 as const, 2 as const);
const version = fc.constantFrom(4 as const, 5 as const);

function decoded(packet: Packet, protocolVersion: 4 | 5, pieces: readonly number[] = []): readonly ClientPacket[] {
  const whole = generate(packet, { protocolVersion });
  const framer = new Framer(WELL_KNOWN);
  const packets: ClientPacket[] = [];
  const cuts = [...pieces.map((piece) => piece % (whole.length + 1)), 0, whole.length].sort((a, b) => a - b);
  for (const [i, to] of cuts.slice(1).entries()) {
    framer.read(whole.subarray(cuts[i], to), (first, body) => {
      packets.push(decodePacket(first >> 4, first & 15, Buffer.from(body), protocolVersion));
      return true;
    });
  }
  return packets;
}

const properties = fc.record(
  {
    payloadFormatIndicator: fc.boolean(),
    messageExpiryInterval: fc.integer({ min: 1, max: 0xffff }),
    contentType: text,
    responseTopic: text,
    correlationData: bytes,
  },
  { requiredKeys: [] },
);

it('a PUBLISH is read as the library wrote it, in whatever pieces it comes', () => {
  fc.assert(
    fc.property(
      version,
      fc.record({ topic: text, payload: bytes, qos, retain: fc.boolean(), messageId: packetId }),
      properties,
      fc.array(fc.nat(), { maxLength: 5 }),
      (protocolVersion, fields, said, pieces) => {
        const packet: IPublishPacket = { cmd: 'publish', dup: false, ...fields, properties: said };
        const [read] = decoded(packet, protocolVersion, pieces) as readonly PublishPacket[];
        expect(read).toMatchObject({
          kind: 'publish',
          topic: fields.topic,
          qos: fields.qos,
          retain: fields.retain,
          packetId: fields.qos === 0 ? 0 : fields.messageId,
        });
        expect(Buffer.from(read?.payload ?? [])).toEqual(fields.payload);
        if (protocolVersion < 5) return;
        expect(read?.properties.contentType).toBe(said.contentType);
        expect(read?.properties.responseTopic).toBe(said.responseTopic);
        expect(read?.properties.messageExpiryS).toBe(said.messageExpiryInterval);
      },
    ),
  );
});

it('CONNECT and SUBSCRIBE are read as the library wrote them', () => {
  fc.assert(
    fc.property(
      version,
      text,
      fc.boolean(),
      fc.nat(0xffff),
      text,
      (protocolVersion, clientId, clean, keepalive, topic) => {
        const connect = { cmd: 'connect', clientId, clean, keepalive, protocolVersion, username: clientId } as const;
        const [read] = decoded(connect, protocolVersion) as readonly ConnectPacket[];
        expect(read).toMatchObject({ version: protocolVersion, clientId, cleanStart: clean, keepAliveS: keepalive });
        const subscriptions = [{ topic, qos: 1 as const, nl: false, rap: true, rh: 2 }];
        const subscribe: ISubscribePacket = { cmd: 'subscribe', messageId: 7, subscriptions };
        const [subscribed] = decoded(subscribe, protocolVersion) as readonly SubscribePacket[];
        expect(subscribed?.subscriptions).toEqual([
          {
            filter: topic,
            qos: 1,
            noLocal: false,
            retainAsPublished: protocolVersion === 5,
            retainHandling: protocolVersion === 5 ? 2 : 0,
          },
        ]);
      },
    ),
  );
});

it('an event that is written is read by the library as it was published', () => {
  fc.assert(
    fc.property(
      version,
      fc.record({ topic: text, payload: bytes, qos, retain: fc.boolean() }),
      packetId,
      fc.array(fc.tuple(text, text), { maxLength: 5 }),
      fc.nat(3),
      (protocolVersion, { topic, payload, ...flags }, id, userProperties, subscriptionId) => {
        const subscriptionIds = subscriptionId === 0 ? [] : [subscriptionId];
        const body = bodyOf({ payload, qos: 2, retain: false, properties: { userProperties } }, undefined);
        const place = { seq: 1, topic, time: 0, arrivedMs: 0 };
        const event = new PublishedEvent(place, body, { depthMax: 10, keysMax: 10 });
        const to = new PacketWriter();
        const packets = new PublishPackets(() => 0);
        const head = { ...flags, dup: false, packetId: id, subscriptionIds, alias: 0, aliasKnown: false };
        // Twice: from its parts, and copied.
        packets.write(to, event, protocolVersion, head);
        packets.write(to, event, protocolVersion, head);
        const read: IPublishPacket[] = [];
        const from = parser({ protocolVersion });
        from.on('packet', (packet) => void read.push(packet as IPublishPacket));
        from.parse(Buffer.from(to.written()));
        expect(read).toHaveLength(2);
        for (const packet of read) {
          expect(packet).toMatchObject({ cmd: 'publish', topic, payload, ...flags });
          if (flags.qos > 0) expect(packet.messageId).toBe(id);
          if (protocolVersion < 5) continue;
          const names = new Set(userProperties.map(([name]) => name));
          expect(Object.keys(packet.properties?.userProperties ?? {}).sort()).toEqual([...names].sort());
        }
      },
    ),
  );
});

it('whatever comes is a packet or a fault with a reason', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 15 }),
      fc.nat(15),
      fc.uint8Array({ maxLength: 60 }),
      version,
      (type, flags, body, level) => {
        try {
          decodePacket(type, flags, Buffer.from(body), level);
        } catch (error) {
          expect(error).toBeInstanceOf(MqttError);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});
