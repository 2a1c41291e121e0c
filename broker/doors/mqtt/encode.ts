import { generate, type IConnackPacket, type Packet } from 'mqtt-packet';
import { TYPE, type Version } from './packets.ts';
import { REASON } from './reasons.ts';

export interface ConnackProperties {
  readonly sessionExpiryS?: number | undefined;
  readonly receiveMax: number;
  readonly packetBytesMax: number;
  readonly topicAliasMax: number;
  readonly assignedClientId?: string | undefined;
  readonly serverKeepAliveS?: number | undefined;
  readonly responseInformation?: string | undefined;
}

/** What a receiver wants of reason strings, which may be left out so that it accepts a packet [MQTT-3.2.2-19]. */
export interface Receiver {
  readonly version: Version;
  /** Infinity: it said none. */
  readonly packetBytesMax: number;
  /** It wants them with everything that may have one, and not with CONNACK and DISCONNECT alone [MQTT-3.1.2-29]. */
  readonly wantsReasons: boolean;
}

/** What 3.1.1 has of the reasons of a refused CONNECT, table 3.1 there. */
const RETURN_CODES: { readonly [reason: number]: number } = {
  [REASON.success]: 0,
  [REASON.unsupportedVersion]: 1,
  [REASON.clientIdInvalid]: 2,
  [REASON.badCredentials]: 4,
  [REASON.notAuthorized]: 5,
};
const SERVER_UNAVAILABLE = 3;

export function connackAccepted(
  { version }: Receiver,
  sessionPresent: boolean,
  properties: ConnackProperties,
): Uint8Array {
  if (version < 5) return encoded({ cmd: 'connack', returnCode: 0, sessionPresent: version > 3 && sessionPresent }, 4);
  const { sessionExpiryS, receiveMax, packetBytesMax, topicAliasMax } = properties;
  const { assignedClientId, serverKeepAliveS, responseInformation } = properties;
  const said: NonNullable<IConnackPacket['properties']> = {
    receiveMaximum: receiveMax,
    maximumPacketSize: packetBytesMax,
    topicAliasMaximum: topicAliasMax,
    ...(sessionExpiryS !== undefined && { sessionExpiryInterval: sessionExpiryS }),
    ...(assignedClientId !== undefined && { assignedClientIdentifier: assignedClientId }),
    ...(serverKeepAliveS !== undefined && { serverKeepAlive: serverKeepAliveS }),
    ...(responseInformation !== undefined && { responseInformation }),
  };
  return encoded({ cmd: 'connack', reasonCode: 0, sessionPresent, properties: said }, 5);
}

export function connackRefused(receiver: Receiver, reason: number, why: string): Uint8Array {
  if (receiver.version < 5) {
    const returnCode = RETURN_CODES[reason] ?? SERVER_UNAVAILABLE;
    return encoded({ cmd: 'connack', returnCode, sessionPresent: false }, 4);
  }
  return fitted(receiver, why, (properties) => ({
    cmd: 'connack',
    reasonCode: reason,
    sessionPresent: false,
    ...properties,
  }));
}

/** `why`, empty for none, goes with the first reason that is a refusal. */
export function suback(receiver: Receiver, packetId: number, granted: readonly number[], why: string): Uint8Array {
  const codes = receiver.version === 5 ? [...granted] : granted.map((code) => (code < 0x80 ? code : 0x80));
  return fitted(receiver, wanted(receiver, why), (properties) => ({
    cmd: 'suback',
    messageId: packetId,
    granted: codes,
    ...properties,
  }));
}

function wanted({ wantsReasons }: Receiver, why: string): string {
  return wantsReasons ? why : '';
}

export function unsuback(receiver: Receiver, packetId: number, reasons: readonly number[]): Uint8Array {
  return encoded({ cmd: 'unsuback', messageId: packetId, granted: [...reasons] }, receiver.version);
}

type Ack = 'puback' | 'pubrec' | 'pubrel' | 'pubcomp';

/** Of 3.1.1 no reason can be told. */
export function acknowledgement(receiver: Receiver, kind: Ack, packetId: number, reason = 0, why = ''): Uint8Array {
  if (reason === 0 || receiver.version < 5) {
    const flags = kind === 'pubrel' ? 2 : 0;
    return Uint8Array.of((TYPE[kind] << 4) | flags, 2, packetId >> 8, packetId & 0xff);
  }
  return fitted(receiver, wanted(receiver, why), (properties) => ({
    cmd: kind,
    messageId: packetId,
    reasonCode: reason,
    ...properties,
  }));
}

/** MQTT 5 only. */
export function disconnect(receiver: Receiver, reason: number, why: string): Uint8Array {
  return fitted(receiver, why, (properties) => ({ cmd: 'disconnect', reasonCode: reason, ...properties }));
}

export const PINGRESP = Uint8Array.of(TYPE.pingresp << 4, 0);

/** Without its reason string where the receiver would not take it otherwise. */
function fitted(
  receiver: Receiver,
  why: string,
  packet: (properties: { readonly properties?: { readonly reasonString: string } }) => Packet,
): Uint8Array {
  if (why === '' || receiver.version < 5) return encoded(packet({}), receiver.version);
  const bytes = encoded(packet({ properties: { reasonString: why } }), receiver.version);
  return bytes.length <= receiver.packetBytesMax ? bytes : encoded(packet({}), receiver.version);
}

function encoded(packet: Packet, version: Version): Uint8Array {
  return generate(packet, { protocolVersion: version });
}
