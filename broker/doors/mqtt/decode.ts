import { FieldReader } from './field-reader.ts';
import {
  type AckPacket,
  type ClientPacket,
  type ConnectPacket,
  NO_PROPERTIES,
  type Properties,
  type PublishPacket,
  type Qos,
  type SubscriptionRequest,
  TYPE,
  type Version,
  type WillMessage,
} from './packets.ts';
import { type PropertyPlace, readProperties } from './properties.ts';
import { MqttError, REASON } from './reasons.ts';

/**
 * Decodes one packet of a client, from after its fixed header: the four lowest bits of its first byte, and its body. Strict:
 * what the standard calls malformed or an error is a MqttError with the reason code it names. Views live as long as `body`.
 *
 * By hand, and not by the library that encodes, because that one reads much that must be refused (a property that stands
 * twice, texts that are not UTF-8, reserved bits) and knows no reason codes. The suite holds the two against each other.
 */
export function decodePacket(type: number, flags: number, body: Buffer, version: Version): ClientPacket {
  // PUBLISH alone has flags of its own; the others must be as section 2.1.3 says [MQTT-2.1.3-1].
  if (type !== TYPE.publish && flags !== (EXPECTED_FLAGS[type] ?? 0)) {
    throw new MqttError(REASON.malformedPacket, `flags ${flags} on a packet of type ${type} [MQTT-2.1.3-1]`);
  }
  switch (type) {
    case TYPE.connect:
      return decodeConnect(body);
    case TYPE.publish:
      return decodePublish(flags, body, version);
    case TYPE.puback:
      return decodeAck('puback', body, version);
    case TYPE.pubrec:
      return decodeAck('pubrec', body, version);
    case TYPE.pubrel:
      return decodeAck('pubrel', body, version);
    case TYPE.pubcomp:
      return decodeAck('pubcomp', body, version);
    case TYPE.subscribe:
      return decodeSubscribe(body, version);
    case TYPE.unsubscribe:
      return decodeUnsubscribe(body, version);
    case TYPE.pingreq:
      new FieldReader(body).end();
      return { kind: 'pingreq' };
    case TYPE.disconnect:
      return decodeDisconnect(body, version);
    case TYPE.auth:
      if (version === 5) return decodeAuth(body);
      throw new MqttError(REASON.protocolError, 'AUTH is of MQTT 5');
    default:
      throw new MqttError(
        type === 0 ? REASON.malformedPacket : REASON.protocolError,
        `a packet of type ${type} from a client`,
      );
  }
}

const EXPECTED_FLAGS: { readonly [type: number]: number } = {
  [TYPE.pubrel]: 2,
  [TYPE.subscribe]: 2,
  [TYPE.unsubscribe]: 2,
};

const USERNAME = 0x80;
const PASSWORD = 0x40;
const WILL_RETAIN = 0x20;
const WILL_QOS = 0x18;
const WILL = 0x04;
const CLEAN_START = 0x02;
const RESERVED = 0x01;

function decodeConnect(body: Buffer): ConnectPacket {
  const from = new FieldReader(body);
  const name = from.string();
  const version = versionOf(name, from.u8());
  const flags = from.u8();
  // 3.1 says of this bit that it is not used, and no more.
  if (flags & RESERVED && version > 3)
    throw new MqttError(REASON.malformedPacket, 'the reserved flag of CONNECT [MQTT-3.1.2-3]');
  const keepAliveS = from.u16();
  const properties = version === 5 ? readProperties(from, 'connect') : NO_PROPERTIES;
  if (properties.authenticationData !== undefined && properties.authenticationMethod === undefined) {
    throw new MqttError(REASON.protocolError, 'authentication data without a method');
  }
  const clientId = from.name();
  const will = decodeWill(from, flags, version);
  const hasUsername = (flags & USERNAME) !== 0;
  const hasPassword = (flags & PASSWORD) !== 0;
  // [MQTT-3.1.2-22] of 3.1.1; MQTT 5 allows it.
  if (hasPassword && !hasUsername && version < 5) {
    throw new MqttError(REASON.malformedPacket, 'a password without a user name');
  }
  const username = hasUsername ? from.name() : undefined;
  const password = hasPassword ? new Uint8Array(from.binary()) : undefined;
  from.end();
  const cleanStart = (flags & CLEAN_START) !== 0;
  return { kind: 'connect', version, clientId, cleanStart, keepAliveS, will, username, password, properties };
}

/** Bridges set the highest bit of the level. It is not for us, and such a client is a client. */
const BRIDGE = 0x80;

function versionOf(name: string, level: number): Version {
  const plain = level & ~BRIDGE;
  if (name === 'MQTT' && (plain === 4 || level === 5)) return plain as Version;
  if (name === 'MQIsdp' && plain === 3) return 3;
  throw new MqttError(
    REASON.unsupportedVersion,
    `protocol ${JSON.stringify(name.slice(0, 32))} ${level}; MQTT 3.1, 3.1.1 and 5 are spoken here [MQTT-3.1.2-2]`,
  );
}

function decodeWill(from: FieldReader, flags: number, version: Version): WillMessage | undefined {
  const qos = (flags & WILL_QOS) >> 3;
  if (qos > 2) throw new MqttError(REASON.malformedPacket, 'QoS 3 of a will [MQTT-3.1.2-12]');
  if ((flags & WILL) === 0) {
    if (qos !== 0 || flags & WILL_RETAIN) {
      throw new MqttError(REASON.malformedPacket, 'QoS or retain of a will that is none [MQTT-3.1.2-11]');
    }
    return undefined;
  }
  const properties = version === 5 ? readProperties(from, 'will') : NO_PROPERTIES;
  checkResponseTopic(properties);
  const topic = from.name();
  const payload = new Uint8Array(from.binary());
  return { topic, payload, qos: qos as Qos, retain: (flags & WILL_RETAIN) !== 0, properties };
}

const DUP = 8;
const RETAIN = 1;

function decodePublish(flags: number, body: Buffer, version: Version): PublishPacket {
  const qos = (flags >> 1) & 3;
  if (qos === 3) throw new MqttError(REASON.malformedPacket, 'QoS 3 [MQTT-3.3.1-4]');
  const dup = (flags & DUP) !== 0;
  if (dup && qos === 0) throw new MqttError(REASON.malformedPacket, 'a repetition with QoS 0 [MQTT-3.3.1-2]');
  const from = new FieldReader(body);
  const topic = from.name();
  const packetId = qos === 0 ? 0 : readPacketId(from);
  const properties = version === 5 ? readProperties(from, 'publish') : NO_PROPERTIES;
  checkResponseTopic(properties);
  return {
    kind: 'publish',
    dup,
    qos: qos as Qos,
    retain: (flags & RETAIN) !== 0,
    topic,
    packetId,
    properties,
    payload: from.rest(),
  };
}

/** [MQTT-3.3.2-14] */
function checkResponseTopic({ responseTopic }: Properties): void {
  if (responseTopic !== undefined && /[+#]|^$/.test(responseTopic)) {
    throw new MqttError(REASON.protocolError, 'a response topic with a wildcard [MQTT-3.3.2-14]');
  }
}

/** [MQTT-2.2.1-3] */
function readPacketId(from: FieldReader): number {
  const packetId = from.u16();
  if (packetId === 0) throw new MqttError(REASON.protocolError, 'packet identifier 0 [MQTT-2.2.1-3]');
  return packetId;
}

/** The reason codes that each may carry: sections 3.4.2.1, 3.5.2.1, 3.6.2.1, 3.7.2.1. */
const RECEIVED: readonly number[] = [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99];
const RELEASED: readonly number[] = [0x00, 0x92];
const ACK_REASONS = { puback: RECEIVED, pubrec: RECEIVED, pubrel: RELEASED, pubcomp: RELEASED };

function decodeAck(kind: AckPacket['kind'], body: Buffer, version: Version): AckPacket {
  const from = new FieldReader(body);
  const packetId = readPacketId(from);
  const reason = version === 5 && !from.done ? from.u8() : 0;
  if (version === 5 && !from.done) readProperties(from, 'ack');
  from.end();
  if (!ACK_REASONS[kind].includes(reason)) {
    throw new MqttError(REASON.protocolError, `reason ${reason} of ${kind.toUpperCase()}`);
  }
  return { kind, packetId, reason };
}

function decodeSubscribe(body: Buffer, version: Version): ClientPacket {
  const from = new FieldReader(body);
  const packetId = readPacketId(from);
  const properties = version === 5 ? readProperties(from, 'subscribe') : NO_PROPERTIES;
  const subscriptions: SubscriptionRequest[] = [];
  while (!from.done) subscriptions.push(decodeSubscription(readFilter(from), from.u8(), version));
  if (subscriptions.length === 0) throw new MqttError(REASON.protocolError, 'no topic filter [MQTT-3.8.3-2]');
  return { kind: 'subscribe', packetId, properties, subscriptions };
}

/** [MQTT-4.7.3-1] */
function readFilter(from: FieldReader): string {
  const filter = from.name();
  if (filter === '') throw new MqttError(REASON.malformedPacket, 'a topic filter without a character [MQTT-4.7.3-1]');
  return filter;
}

function decodeSubscription(filter: string, options: number, version: Version): SubscriptionRequest {
  const qos = options & 3;
  if (qos === 3) throw new MqttError(REASON.protocolError, 'QoS 3 asked for');
  // [MQTT-3.8.3-5], and [MQTT-3-8.3-4] of 3.1.1.
  if (options & (version === 5 ? 0xc0 : 0xfc)) {
    throw new MqttError(REASON.malformedPacket, 'reserved bits of subscription options [MQTT-3.8.3-5]');
  }
  const noLocal = (options & 4) !== 0;
  if (noLocal && filter.startsWith('$share/')) {
    throw new MqttError(REASON.protocolError, 'no-local on a shared subscription [MQTT-3.8.3-4]');
  }
  const retainHandling = (options >> 4) & 3;
  if (retainHandling === 3) throw new MqttError(REASON.protocolError, 'retain handling 3');
  return { filter, qos: qos as Qos, noLocal, retainAsPublished: (options & 8) !== 0, retainHandling };
}

function decodeUnsubscribe(body: Buffer, version: Version): ClientPacket {
  const from = new FieldReader(body);
  const packetId = readPacketId(from);
  if (version === 5) readProperties(from, 'unsubscribe');
  const filters: string[] = [];
  while (!from.done) filters.push(readFilter(from));
  if (filters.length === 0) throw new MqttError(REASON.protocolError, 'no topic filter [MQTT-3.10.3-2]');
  return { kind: 'unsubscribe', packetId, filters };
}

/** Section 3.14.2.1, those that a client may send. */
const DISCONNECT_REASONS: readonly number[] = [
  0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99,
];

function decodeDisconnect(body: Buffer, version: Version): ClientPacket {
  const from = new FieldReader(body);
  const reason = version === 5 && !from.done ? from.u8() : 0;
  const properties = version === 5 && !from.done ? readProperties(from, 'disconnect') : NO_PROPERTIES;
  from.end();
  if (!DISCONNECT_REASONS.includes(reason)) {
    throw new MqttError(REASON.protocolError, `reason ${reason} of a client's DISCONNECT`);
  }
  return { kind: 'disconnect', reason, properties };
}

function decodeAuth(body: Buffer): ClientPacket {
  const from = new FieldReader(body);
  if (!from.done) from.u8();
  if (!from.done) readProperties(from, 'auth' satisfies PropertyPlace);
  from.end();
  return { kind: 'auth' };
}
