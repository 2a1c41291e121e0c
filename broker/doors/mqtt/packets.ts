/** What clients send, decoded. Clause numbers here and in the files beside this one are those of MQTT 5.0, where not said otherwise. */

/** The WebSocket subprotocol [MQTT-6.0.0-3]; over plain TCP it goes without saying. */
export const MQTT_PROTOCOL = 'mqtt';

/** Of the protocol level: 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5.0. */
export type Version = 3 | 4 | 5;

export type Qos = 0 | 1 | 2;

/** Section 2.1.2. */
export const TYPE = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
  auth: 15,
} as const;

/** Every property that a client may send, section 2.2.2.2. What is absent was not sent. */
export interface Properties {
  readonly payloadFormat?: number;
  readonly messageExpiryS?: number;
  readonly contentType?: string;
  readonly responseTopic?: string;
  readonly correlationData?: Uint8Array;
  readonly subscriptionId?: number;
  readonly sessionExpiryS?: number;
  readonly authenticationMethod?: string;
  readonly authenticationData?: Uint8Array;
  readonly requestProblemInformation?: number;
  readonly willDelayS?: number;
  readonly requestResponseInformation?: number;
  readonly reasonString?: string;
  readonly receiveMax?: number;
  readonly topicAliasMax?: number;
  readonly topicAlias?: number;
  readonly packetBytesMax?: number;
  /** In the order in which they came; a name may stand more than once. */
  readonly userProperties?: readonly (readonly [name: string, value: string])[];
}

export const NO_PROPERTIES: Properties = {};

export interface WillMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly properties: Properties;
}

export interface ConnectPacket {
  readonly kind: 'connect';
  readonly version: Version;
  readonly clientId: string;
  readonly cleanStart: boolean;
  /** 0: none. */
  readonly keepAliveS: number;
  readonly will: WillMessage | undefined;
  readonly username: string | undefined;
  readonly password: Uint8Array | undefined;
  readonly properties: Properties;
}

export interface PublishPacket {
  readonly kind: 'publish';
  readonly dup: boolean;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly topic: string;
  /** 0 with QoS 0, which has none. */
  readonly packetId: number;
  readonly properties: Properties;
  /** A view, dead when the handler returns. */
  readonly payload: Uint8Array;
}

export interface AckPacket {
  readonly kind: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp';
  readonly packetId: number;
  readonly reason: number;
}

export interface SubscriptionRequest {
  readonly filter: string;
  readonly qos: Qos;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  /** 0: send last values; 1: if the subscription is new; 2: do not. */
  readonly retainHandling: number;
}

export interface SubscribePacket {
  readonly kind: 'subscribe';
  readonly packetId: number;
  readonly properties: Properties;
  readonly subscriptions: readonly SubscriptionRequest[];
}

export interface UnsubscribePacket {
  readonly kind: 'unsubscribe';
  readonly packetId: number;
  readonly filters: readonly string[];
}

export interface DisconnectPacket {
  readonly kind: 'disconnect';
  readonly reason: number;
  readonly properties: Properties;
}

export interface AuthPacket {
  readonly kind: 'auth';
}

export interface PingPacket {
  readonly kind: 'pingreq';
}

export type ClientPacket =
  | ConnectPacket
  | PublishPacket
  | AckPacket
  | SubscribePacket
  | UnsubscribePacket
  | DisconnectPacket
  | AuthPacket
  | PingPacket;
