import type { FieldReader } from './field-reader.ts';
import { NO_PROPERTIES, type Properties } from './packets.ts';
import { MqttError, REASON } from './reasons.ts';

/** Where properties stand. A will has its own, inside CONNECT. */
export type PropertyPlace =
  | 'connect'
  | 'will'
  | 'publish'
  | 'ack'
  | 'subscribe'
  | 'unsubscribe'
  | 'disconnect'
  | 'auth';

type Kind = 'flag' | 'u16' | 'u32' | 'varint' | 'string' | 'binary' | 'pair';

interface SingleRule {
  readonly name: Single;
  readonly kind: Exclude<Kind, 'pair'>;
  readonly places: readonly PropertyPlace[];
  /** 0 is no value. */
  readonly positive?: true;
}

interface PairRule {
  readonly name: 'userProperties';
  readonly kind: 'pair';
  readonly places: readonly PropertyPlace[];
}

type Rule = SingleRule | PairRule;

const EVERYWHERE: readonly PropertyPlace[] = [
  'connect',
  'will',
  'publish',
  'ack',
  'subscribe',
  'unsubscribe',
  'disconnect',
  'auth',
];

/** By identifier: table 2-4. */
const RULES: { readonly [id: number]: Rule } = {
  1: { name: 'payloadFormat', kind: 'flag', places: ['publish', 'will'] },
  2: { name: 'messageExpiryS', kind: 'u32', places: ['publish', 'will'] },
  3: { name: 'contentType', kind: 'string', places: ['publish', 'will'] },
  8: { name: 'responseTopic', kind: 'string', places: ['publish', 'will'] },
  9: { name: 'correlationData', kind: 'binary', places: ['publish', 'will'] },
  11: { name: 'subscriptionId', kind: 'varint', places: ['subscribe', 'publish'], positive: true },
  17: { name: 'sessionExpiryS', kind: 'u32', places: ['connect', 'disconnect'] },
  21: { name: 'authenticationMethod', kind: 'string', places: ['connect', 'auth'] },
  22: { name: 'authenticationData', kind: 'binary', places: ['connect', 'auth'] },
  23: { name: 'requestProblemInformation', kind: 'flag', places: ['connect'] },
  24: { name: 'willDelayS', kind: 'u32', places: ['will'] },
  25: { name: 'requestResponseInformation', kind: 'flag', places: ['connect'] },
  31: { name: 'reasonString', kind: 'string', places: ['ack', 'disconnect', 'auth'] },
  33: { name: 'receiveMax', kind: 'u16', places: ['connect'], positive: true },
  34: { name: 'topicAliasMax', kind: 'u16', places: ['connect'] },
  35: { name: 'topicAlias', kind: 'u16', places: ['publish'] },
  38: { name: 'userProperties', kind: 'pair', places: EVERYWHERE },
  39: { name: 'packetBytesMax', kind: 'u32', places: ['connect'], positive: true },
};

type Single = Exclude<keyof Properties, 'userProperties'>;
type Writable = { [N in Single]?: unknown } & { userProperties?: [string, string][] };

/** Reads the length of the properties and all of them. Throws MqttError 0x81 or 0x82. */
export function readProperties(from: FieldReader, place: PropertyPlace): Properties {
  const length = from.varint();
  if (length === 0) return NO_PROPERTIES;
  return from.within(length, () => {
    const properties: Writable = {};
    while (!from.done) readOne(from, place, properties);
    return properties as Properties;
  });
}

function readOne(from: FieldReader, place: PropertyPlace, to: Writable): void {
  const id = from.varint();
  const rule = RULES[id];
  // One that is not for this packet makes it malformed (section 2.2.2.2).
  if (rule === undefined || !rule.places.includes(place)) {
    throw new MqttError(REASON.malformedPacket, `property ${id} is not one of this packet`);
  }
  if (rule.kind === 'pair') {
    to.userProperties ??= [];
    to.userProperties.push([from.string(), from.string()]);
    return;
  }
  if (to[rule.name] !== undefined) throw new MqttError(REASON.protocolError, `property ${id} stands twice`);
  const value = read[rule.kind](from);
  if (rule.kind === 'flag' && (value as number) > 1) {
    throw new MqttError(REASON.protocolError, `property ${id} is neither 0 nor 1`);
  }
  if (rule.positive === true && value === 0) throw new MqttError(REASON.protocolError, `property ${id} is 0`);
  if (rule.name === 'subscriptionId' && place === 'publish') {
    throw new MqttError(REASON.protocolError, 'a subscription identifier from a client [MQTT-3.3.4-6]');
  }
  to[rule.name] = value;
}

const read: { readonly [K in Exclude<Kind, 'pair'>]: (from: FieldReader) => unknown } = {
  flag: (from) => from.u8(),
  u16: (from) => from.u16(),
  u32: (from) => from.u32(),
  varint: (from) => from.varint(),
  string: (from) => from.string(),
  // The packet's memory dies, and these are kept.
  binary: (from) => new Uint8Array(from.binary()),
};
