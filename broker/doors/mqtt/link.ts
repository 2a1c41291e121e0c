import { checkTopic, FilterError } from '../../../matcher/index.ts';
import type { Config } from '../../config/index.ts';
import type { Pumped } from '../../delivery/outbox.ts';
import type { Chance } from '../../kernel/chance.ts';
import type { Time } from '../../kernel/time.ts';
import type { Counters } from '../../observe/counters.ts';
import type { Log } from '../../observe/log.ts';
import {
  BROKERS_OWN,
  CODES,
  type Code,
  ProtocolError,
  type Provenance,
  type Receipt,
  uncountedBy,
} from '../../protocol/index.ts';
import type { PublishedEvent } from '../../publish/event.ts';
import type { Publish, Publisher, ReceiptTaker } from '../../publish/publish.ts';
import type { TokenBucket } from '../../publish/rate.ts';
import type { Refusal } from '../../session/refusal.ts';
import type { Connection, ConnectionHandler } from '../../transports/transport.ts';
import { IncomingAliases, OutgoingAliases } from './aliases.ts';
import { decodePacket } from './decode.ts';
import * as encode from './encode.ts';
import { type Wishes, wantedFilter, wishesOf } from './filters.ts';
import { Framer } from './framer.ts';
import type { PacketWriter } from './packet-writer.ts';
import {
  type AckPacket,
  type ClientPacket,
  type ConnectPacket,
  type DisconnectPacket,
  type PublishPacket,
  type SubscribePacket,
  type SubscriptionRequest,
  TYPE,
  type UnsubscribePacket,
  type Version,
} from './packets.ts';
import type { PacketsOut } from './packets-out.ts';
import { bodyOf, optionsOf, ownBody, PayloadFormatError } from './publication.ts';
import type { PublishPackets } from './publish-packets.ts';
import { MqttError, REASON, type Reason, reasonOf } from './reasons.ts';
import type { MessageHead, MqttSession, SessionLink } from './session.ts';
import type { MqttSessions } from './sessions.ts';
import type { Subscribing } from './subscribing.ts';
import type { Will } from './will.ts';

export interface LinkMeans {
  readonly config: Config;
  readonly time: Time;
  readonly chance: Chance;
  readonly log: Log;
  readonly counters: Counters;
  readonly publish: Publish;
  readonly publishPackets: PublishPackets;
  readonly sessions: MqttSessions;
  readonly subscribing: Subscribing;
  /** Calls `then` when what was changed by now is on disk. */
  readonly afterFlush: (then: () => void) => void;
  /** What to tell the client about an error, counted. */
  readonly refusal: (error: unknown, request: 'publish' | 'other') => Refusal;
  readonly draining: () => boolean;
  readonly connected: (link: MqttLink) => void;
  readonly closed: (link: MqttLink) => void;
}

/**
 * Messages with QoS 1 and 2 under way at a time: so many are sent at most, and so many a client is asked to send. One that sends
 * more is served all the same, to the bound that packet identifiers are (section 3.3.4 has it disconnected): mqtt.js, for one, sends
 * what there is. What of it the broker keeps is a bit each.
 */
export const RECEIVE_MAX = 1_000;
/** Of 3.1.1, which has no word for it: what the standard takes as said. */
const UNLIMITED = Number.POSITIVE_INFINITY;
/** Longer ones would not be keys of the store. */
const CLIENT_ID_BYTES_MAX = 512;
const KEEP_ALIVE_GRACE = 1.5;
/** Below it each session has a topic for the answers it asks for, if it asks for one: section 3.2.2.3.15. */
const RESPONSES = 'responses';
/** Refs of receipts: the packet identifier, and whether PUBREC is to be said. */
const QOS_2 = 0x1_0000;

/**
 * One connection of MQTT: reads packets, and says what they ask to the broker's sessions, subscriptions and publish.
 *
 *     connecting ──CONNECT──▶ open ──DISCONNECT, fault, keep-alive──▶ closed
 */
export class MqttLink implements ConnectionHandler, Publisher, ReceiptTaker, SessionLink {
  readonly rate: TokenBucket;
  readonly out: PacketsOut;
  readonly #connection: Connection;
  readonly #means: LinkMeans;
  readonly #framer: Framer;
  #version: Version = 4;
  #session: MqttSession | undefined;
  #provenance = BROKERS_OWN;
  #left = false;
  /** Whether the will is published when the connection ends. */
  #withWill = true;
  /** When the last packet came, and after how long without one it is closed; 0: never. */
  #heardMs: number;
  #silenceMs = 0;
  #packetBytesMax = UNLIMITED;
  #sendMax = RECEIVE_MAX;
  #wantsReasons = true;
  #incoming: IncomingAliases;
  #outgoing: OutgoingAliases | undefined;
  /** Of the last PUBLISH. */
  #lastAlias = { alias: 0, aliasKnown: false };
  #topicChecked = '';

  constructor(
    parts: { readonly connection: Connection; readonly out: PacketsOut; readonly rate: TokenBucket },
    means: LinkMeans,
  ) {
    this.#connection = parts.connection;
    this.out = parts.out;
    this.rate = parts.rate;
    this.#means = means;
    this.#framer = new Framer(means.config.dataFrameBytesMax);
    this.#heardMs = means.time.monotonicMs();
    this.#incoming = new IncomingAliases(Math.min(means.config.topicAliasesMax, 0xffff));
  }

  get isFlushed(): boolean {
    return this.out.isFlushed;
  }

  // What the transport tells.

  /** MQTT over WebSocket is in binary messages only [MQTT-6.0.0-1]. */
  onText(): void {
    this.#fail(new MqttError(REASON.protocolError, 'a text message [MQTT-6.0.0-1]'));
  }

  onBinary(message: Uint8Array): void {
    const { counters, time } = this.#means;
    counters.framesIn += 1;
    counters.bytesIn += message.length;
    this.#heardMs = time.monotonicMs();
    const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
    try {
      this.#framer.read(bytes, (first, body) => {
        this.#packet(first >> 4, first & 15, body);
        return !this.#left;
      });
    } catch (error) {
      this.#fail(error);
    }
  }

  onWritable(): void {
    this.out.drained();
  }

  onClose(): void {
    this.#part();
    this.out.end();
    this.#means.closed(this);
  }

  // What the session asks of its connection.

  get provenance(): Provenance {
    return this.#provenance;
  }

  get writable(): boolean {
    return this.out.writable;
  }

  get sendMax(): number {
    return this.#sendMax;
  }

  pumpWhenWritable(delivery: Pumped): void {
    this.out.pumpWhenWritable(delivery);
  }

  publish(event: PublishedEvent, head: MessageHead): boolean {
    const outgoing = this.#outgoing;
    const { alias, isKnown } = outgoing?.of(event.topic) ?? { alias: 0, isKnown: false };
    this.#lastAlias = { alias, aliasKnown: isKnown };
    const sent = this.out.write(this.#packetBytesMax, this.#writing(event, head));
    if (!sent && alias !== 0 && !isKnown) outgoing?.undo(event.topic);
    return sent;
  }

  amend(event: PublishedEvent, head: MessageHead): boolean {
    return this.out.rewrite(this.#packetBytesMax, this.#writing(event, head));
  }

  acknowledge(kind: AckPacket['kind'], packetId: number, reason: number = 0, why = ''): void {
    this.out.send(encode.acknowledgement(this.#receiver, kind, packetId, reason, why));
  }

  giveUp(): void {
    this.leave('takenOver', REASON.sessionTakenOver, 'another connection has this client identifier');
  }

  disconnectSlow(): void {
    this.out.disconnectSlow();
  }

  // What publish answers.

  receipts(firstRef: number, count: number, first: Receipt): void {
    for (let i = 0; i < count; i++) this.#receipt(firstRef + i, first);
  }

  #receipt(ref: number, { matched, durable, repeated }: Receipt): void {
    const packetId = ref & 0xffff;
    const kind = ref >= QOS_2 ? 'pubrec' : 'puback';
    const reason = matched === 0 && !repeated ? REASON.noMatchingSubscribers : REASON.success;
    // That the identifier is known must be on disk as well, before the client relies on it.
    if (kind === 'pubrec' && !durable && this.#session?.lasts === true) {
      this.#means.afterFlush(() => this.#answer(kind, packetId, reason));
    } else this.#answer(kind, packetId, reason);
  }

  // What the front asks.

  /** To be called now and then: ends the connection of a client that has been silent for too long [MQTT-3.1.2-22]. */
  checkAlive(nowMs: number): void {
    if (this.#silenceMs === 0 || nowMs - this.#heardMs <= this.#silenceMs) return;
    this.leave('helloTimeout', REASON.keepAliveTimeout, 'nothing was heard for one and a half times the keep alive');
  }

  extendLeases(): void {
    this.#session?.extendLeases(this.#means.config.deliveryLeaseMsMax);
  }

  /**
   * Closes, and says why to those who can be told [MQTT-3.14.4-1]. The session is without a connection from here on.
   */
  leave(
    why: 'goingAway' | 'malformed' | 'helloTimeout' | 'takenOver' | 'slowConsumer',
    reason: Reason,
    text: string,
  ): void {
    if (this.#left) return;
    if (this.#session !== undefined && this.#version === 5) {
      this.out.send(encode.disconnect(this.#receiver, reason, text));
    }
    this.#means.counters.connectionsClosed[why] += 1;
    this.#close(text);
  }

  #close(reason: string): void {
    if (this.#left) return;
    this.#left = true;
    this.out.end();
    this.#part();
    this.#connection.close(1000, reason);
  }

  #part(): void {
    this.#left = true;
    const session = this.#session;
    this.#session = undefined;
    if (session !== undefined) this.#means.sessions.part(session, this.#withWill);
  }

  #writing(event: PublishedEvent, head: MessageHead): (to: PacketWriter) => number {
    const { publishPackets } = this.#means;
    const version = this.#version;
    const whole = { ...head, ...this.#lastAlias };
    return (to) => publishPackets.write(to, event, version, whole);
  }

  get #receiver(): encode.Receiver {
    return { version: this.#version, packetBytesMax: this.#packetBytesMax, wantsReasons: this.#wantsReasons };
  }

  #packet(type: number, flags: number, body: Buffer): void {
    if (this.#session !== undefined) {
      this.#do(decodePacket(type, flags, body, this.#version));
      return;
    }
    // [MQTT-3.1.0-1]
    if (type !== TYPE.connect) throw new MqttError(REASON.protocolError, 'the first packet must be CONNECT');
    this.#version = versionSeen(body) ?? this.#version;
    const packet = decodePacket(type, flags, body, this.#version);
    if (packet.kind === 'connect') this.#connect(packet);
  }

  #do(packet: ClientPacket): void {
    switch (packet.kind) {
      case 'publish':
        this.#publish(packet);
        return;
      case 'puback':
      case 'pubrec':
      case 'pubcomp':
        this.#session?.acknowledged(packet);
        return;
      case 'pubrel':
        this.#released(packet.packetId);
        return;
      case 'subscribe':
        this.#subscribe(packet);
        return;
      case 'unsubscribe':
        this.#unsubscribe(packet);
        return;
      case 'pingreq':
        // [MQTT-3.12.4-1]
        this.out.send(encode.PINGRESP);
        return;
      case 'disconnect':
        this.#disconnect(packet);
        return;
      case 'connect':
        throw new MqttError(REASON.protocolError, 'a second CONNECT [MQTT-3.1.0-2]');
      case 'auth':
        throw new MqttError(REASON.protocolError, 'AUTH without a method in CONNECT [MQTT-4.12.0-1]');
    }
  }

  /** A fault of the peer ends the connection with its reason; any other is the guard's. */
  #fail(error: unknown): void {
    if (!(error instanceof MqttError)) throw error;
    const { reason, message } = error;
    this.#means.counters.framesRefused.frame_malformed += 1;
    this.#means.log.debug('mqtt: a packet was refused', { remote: this.#connection.remote, reason, message });
    if (this.#session !== undefined) this.leave('malformed', reason, message);
    else this.#refuseConnect(reason, message);
  }

  #connect(packet: ConnectPacket): void {
    const { config, sessions, chance, draining, counters } = this.#means;
    const { version, properties } = packet;
    this.#version = version;
    this.#packetBytesMax = properties.packetBytesMax ?? UNLIMITED;
    this.#wantsReasons = properties.requestProblemInformation !== 0;
    if (draining()) throw new MqttError(REASON.serverUnavailable, 'the broker is shutting down');
    if (properties.authenticationMethod !== undefined) {
      throw new MqttError(REASON.badAuthenticationMethod, 'no enhanced authentication is known [MQTT-4.12.0-1]');
    }
    const assigned = packet.clientId === '' ? this.#assignId(packet, chance) : undefined;
    const clientId = assigned ?? packet.clientId;
    if (Buffer.byteLength(clientId) > CLIENT_ID_BYTES_MAX) {
      throw new MqttError(REASON.clientIdInvalid, `a client identifier of over ${CLIENT_ID_BYTES_MAX} bytes`);
    }
    const will = this.#willOf(packet);
    const expiry = this.#expiryOf(packet);
    const keepAliveS = this.#keepAliveOf(packet);
    const wantsPlace = properties.requestResponseInformation === 1;
    const accepted = (isPresent: boolean, sessionNumber: number): Uint8Array =>
      encode.connackAccepted(this.#receiver, isPresent, {
        // [MQTT-3.2.2-1] of 3.1.1 has no more than this.
        sessionExpiryS: expiry.toldS,
        receiveMax: RECEIVE_MAX,
        packetBytesMax: config.dataFrameBytesMax,
        topicAliasMax: Math.min(config.topicAliasesMax, 0xffff),
        assignedClientId: assigned,
        serverKeepAliveS: keepAliveS === packet.keepAliveS ? undefined : keepAliveS,
        responseInformation: wantsPlace ? `${RESPONSES}/${sessionNumber}` : undefined,
      });
    // Who takes no packet as large as this one cannot be answered at all [MQTT-3.1.2-24].
    if (accepted(false, Number.MAX_SAFE_INTEGER).length > this.#packetBytesMax) {
      throw new MqttError(REASON.packetTooLarge, 'a maximum packet size below that of CONNACK');
    }
    // Of 3.1.1 nobody says how long, so it is as long as may be.
    let opened: ReturnType<MqttSessions['open']>;
    try {
      opened = sessions.open(clientId, { cleanStart: packet.cleanStart, expiryMs: expiry.ms, will }, this);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      throw new MqttError(REASON.quotaExceeded, error.message);
    }
    const { session, isPresent } = opened;
    this.#session = session;
    this.#provenance = uncountedBy(`mqtt ${clientId}`);
    this.#sendMax = Math.min(properties.receiveMax ?? 0xffff, RECEIVE_MAX);
    if (version === 5 && (properties.topicAliasMax ?? 0) > 0) {
      this.#outgoing = new OutgoingAliases(Math.min(properties.topicAliasMax ?? 0, config.topicAliasesMax));
    }
    this.#silenceMs = keepAliveS * 1000 * KEEP_ALIVE_GRACE;
    this.#means.connected(this);
    this.out.send(accepted(isPresent, session.number));
    counters.mqttConnects += 1;
    this.#means.log.debug('mqtt: connect', { client: clientId, remote: this.#connection.remote, version, isPresent });
    sessions.resume(session, this);
  }

  /** [MQTT-3.1.3-6] [MQTT-3.2.2-16]; of 3.1.1 only for a clean session [MQTT-3.1.3-8]. */
  #assignId({ version, cleanStart }: ConnectPacket, chance: Chance): string {
    if (version === 3 || (version === 4 && !cleanStart)) {
      throw new MqttError(REASON.clientIdInvalid, 'a client identifier is needed for a session that lasts');
    }
    return `auto-${chance.secret()}`;
  }

  #willOf({ will }: ConnectPacket): Will | undefined {
    if (will === undefined) return undefined;
    const { topic, qos, retain, payload, properties } = will;
    try {
      checkTopic(topic);
      const message = { qos, retain, payload, properties };
      const { ttlMs } = optionsOf(message);
      // Its own memory: it may wait for long.
      const body = ownBody(bodyOf(message, undefined));
      return { topic, delayMs: 1000 * (properties.willDelayS ?? 0), retain, ttlMs, body };
    } catch (error) {
      if (error instanceof FilterError) throw new MqttError(REASON.topicNameInvalid, `will: ${error.message}`);
      if (error instanceof PayloadFormatError) throw new MqttError(REASON.payloadFormatInvalid, error.message);
      if (error instanceof ProtocolError) throw new MqttError(reasonOf(error.code), `will: ${error.message}`);
      throw error;
    }
  }

  /** How long the session outlives its connection, and what the client is told, if it is not what it asked for [MQTT-3.2.2-21]. */
  #expiryOf({ version, cleanStart, properties }: ConnectPacket): {
    readonly ms: number;
    readonly toldS: number | undefined;
  } {
    const maxMs = this.#means.config.subscriptionLeaseMsMax;
    if (version < 5) return { ms: cleanStart ? 0 : maxMs, toldS: undefined };
    const askedMs = 1000 * (properties.sessionExpiryS ?? 0);
    if (askedMs <= maxMs) return { ms: askedMs, toldS: undefined };
    return { ms: maxMs, toldS: Math.floor(maxMs / 1000) };
  }

  /** A client of MQTT 5 is told to be heard as often as a WebSocket is [MQTT-3.1.2-21]; one of 3.1.1 cannot be told. */
  #keepAliveOf({ version, keepAliveS }: ConnectPacket): number {
    const maxS = Math.ceil(this.#means.config.idleTimeoutMs / 1000);
    if (version < 5) return keepAliveS;
    return keepAliveS === 0 || keepAliveS > maxS ? maxS : keepAliveS;
  }

  #refuseConnect(reason: Reason, why: string): void {
    // What is no CONNECT at all is not answered (section 4.13.2), nor one of 3.1.1 that cannot be read [MQTT-4.8.0-1].
    const isAnswered = this.#version === 5 || SAID_IN_3.includes(reason);
    const connack = encode.connackRefused(this.#receiver, reason, why);
    if (isAnswered && !this.#left && connack.length <= this.#packetBytesMax) this.out.send(connack);
    this.#means.counters.connectionsClosed.malformed += 1;
    this.#close(why);
  }

  #publish(packet: PublishPacket): void {
    const { qos, packetId, retain, payload, properties } = packet;
    const session = this.#session as MqttSession;
    const topic = this.#topicOf(packet);
    // A repetition: it has been published, and is only answered again [MQTT-4.3.3-10].
    if (qos === 2 && session.received.has(packetId)) {
      this.#answer('pubrec', packetId, REASON.success);
      return;
    }
    const { publish, draining } = this.#means;
    try {
      if (draining()) throw new ProtocolError('broker_draining', 'the broker is shutting down');
      this.#checkTopic(topic);
      const message = { qos, retain, payload, properties };
      const body = bodyOf(message, session.hasNoLocal ? session.owner : undefined);
      const publication = { topic, body, options: optionsOf(message) };
      if (qos === 0) {
        publish.publish(this, publication, this, 0);
        return;
      }
      if (qos === 2) {
        session.received.add(packetId);
        this.#means.sessions.idsChanged(session);
      }
      publish.publish(this, publication, this, qos === 2 ? QOS_2 + packetId : packetId);
    } catch (error) {
      this.#refusePublish(packet, error);
    }
  }

  #topicOf({ topic, properties }: PublishPacket): string {
    const resolved = this.#incoming.resolve(topic, properties.topicAlias);
    if (resolved !== this.#topicChecked && /[+#]/.test(resolved)) {
      throw new MqttError(REASON.malformedPacket, 'a topic with a wildcard [MQTT-3.3.2-2]');
    }
    return resolved;
  }

  /** Mostly the last one again. */
  #checkTopic(topic: string): void {
    if (topic === this.#topicChecked) return;
    checkTopic(topic);
    this.#topicChecked = topic;
  }

  #refusePublish({ qos, packetId }: PublishPacket, error: unknown): void {
    if (error instanceof MqttError) throw error;
    const session = this.#session;
    if (qos === 2 && session?.received.delete(packetId) === true) this.#means.sessions.idsChanged(session);
    const known = error instanceof PayloadFormatError;
    const { code, message } = known
      ? { code: 'attributes_invalid' as Code, message: error.message }
      : this.#means.refusal(error, 'publish');
    if (qos === 0) return;
    const kind = qos === 2 ? 'pubrec' : 'puback';
    if (this.#version === 5) {
      const reason = known ? REASON.payloadFormatInvalid : reasonOf(code);
      this.acknowledge(kind, packetId, reason, `${code}: ${message}`);
    } else if (CODES[code].retry) {
      // 3.1.1 has no word for it; who comes back says it again (section 3.3.5.2 there).
      this.leave('malformed', REASON.quotaExceeded, message);
    } else this.acknowledge(kind, packetId);
  }

  #answer(kind: 'puback' | 'pubrec', packetId: number, reason: number): void {
    if (!this.#left) this.acknowledge(kind, packetId, reason);
  }

  #released(packetId: number): void {
    const session = this.#session as MqttSession;
    const known = session.received.delete(packetId);
    const complete = (): void => {
      if (!this.#left) this.acknowledge('pubcomp', packetId, known ? REASON.success : REASON.packetIdNotFound);
    };
    if (!known || !session.lasts) complete();
    else {
      this.#means.sessions.idsChanged(session);
      // Were it still known after a crash, the next message of this identifier would be taken for this one.
      this.#means.afterFlush(complete);
    }
  }

  #subscribe({ packetId, properties, subscriptions }: SubscribePacket): void {
    const session = this.#session as MqttSession;
    const { sessions, draining } = this.#means;
    let wishes: Wishes | undefined;
    let why = '';
    const granted = subscriptions.map((request) => {
      try {
        if (draining()) throw new ProtocolError('broker_draining', 'the broker is shutting down');
        wishes ??= wishesOf(properties.userProperties);
        this.#subscribeOne(session, request, wishes, properties.subscriptionId ?? 0);
        // [MQTT-3.8.4-7]
        return request.qos;
      } catch (error) {
        const { code, message, offset } = this.#means.refusal(error, 'other');
        const where = offset === undefined ? '' : ` at ${offset}`;
        if (why === '') why = `${code}${where}: ${message}`;
        return reasonOf(code);
      }
    });
    sessions.changed(session);
    const answer = (): void => {
      if (!this.#left) this.out.send(encode.suback(this.#receiver, packetId, granted, why));
    };
    // Who is told that it will outlive the connection may rely on it.
    if (session.lasts) this.#means.afterFlush(answer);
    else answer();
  }

  #subscribeOne(session: MqttSession, request: SubscriptionRequest, wishes: Wishes, id: number): void {
    const { filter, qos, noLocal, retainAsPublished, retainHandling } = request;
    const wanted = wantedFilter(filter, wishes);
    const options = { qos, noLocal, retainAsPublished, id };
    this.#means.subscribing.subscribe(session, { filter, wanted, options, retainHandling });
  }

  #unsubscribe({ packetId, filters }: UnsubscribePacket): void {
    const session = this.#session as MqttSession;
    const { sessions, subscribing } = this.#means;
    const reasons = filters.map((filter) =>
      subscribing.unsubscribe(session, filter) ? REASON.success : REASON.noSubscriptionExisted,
    );
    sessions.changed(session);
    const answer = (): void => {
      if (!this.#left) this.out.send(encode.unsuback(this.#receiver, packetId, reasons));
    };
    if (session.lasts) this.#means.afterFlush(answer);
    else answer();
  }

  #disconnect({ reason, properties: { sessionExpiryS } }: DisconnectPacket): void {
    const session = this.#session as MqttSession;
    if (sessionExpiryS !== undefined) {
      if (session.expiryMs === 0 && sessionExpiryS !== 0) {
        throw new MqttError(REASON.protocolError, 'an expiry of a session that has none [section 3.14.2.2.2]');
      }
      session.expiryMs = Math.min(1000 * sessionExpiryS, this.#means.config.subscriptionLeaseMsMax);
    }
    // [MQTT-3.14.4-3]: only then the will is forgotten.
    this.#withWill = reason !== REASON.success;
    this.#close('DISCONNECT');
  }
}

/** What 3.1.1 can say of a CONNECT that is well formed. */
const SAID_IN_3: readonly Reason[] = [
  REASON.unsupportedVersion,
  REASON.clientIdInvalid,
  REASON.serverUnavailable,
  REASON.quotaExceeded,
  REASON.badCredentials,
  REASON.notAuthorized,
];

/** The protocol level at the beginning of a CONNECT, also of one that is malformed further on. */
function versionSeen(body: Buffer): Version | undefined {
  return body.length > 6 && body.readUInt16BE(0) === 4 && body.toString('latin1', 2, 6) === 'MQTT' && body[6] === 5
    ? 5
    : undefined;
}
