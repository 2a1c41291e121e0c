import { Entry } from '../../delivery/entry.ts';
import type { Handover, Pumped } from '../../delivery/outbox.ts';
import type { LeaseTable } from '../../leases/index.ts';
import type { LeaseGrant } from '../../protocol/index.ts';
import type { PublishedEvent } from '../../publish/event.ts';
import { isLastValue } from './event-properties.ts';
import { type Flight, Flights } from './flights.ts';
import type { AckPacket, Qos } from './packets.ts';
import { MqttError, REASON } from './reasons.ts';
import type { PacketIds } from './session-record.ts';
import type { MqttSubscription, SubscriptionSession } from './subscription.ts';
import type { Will } from './will.ts';

const NO_IDS: readonly number[] = [];

/** What a session needs of its connection. */
export interface SessionLink {
  readonly writable: boolean;
  /** So many messages with QoS 1 and 2 may be under way at once. */
  readonly sendMax: number;
  pumpWhenWritable(delivery: Pumped): void;
  /** Writes a PUBLISH. False where it is larger than the client takes, and then nothing is sent. */
  publish(event: PublishedEvent, head: MessageHead): boolean;
  /** Writes the last PUBLISH, which is of this event, anew. False, and nothing is changed, where that cannot be any more. */
  amend(event: PublishedEvent, head: MessageHead): boolean;
  acknowledge(kind: AckPacket['kind'], packetId: number, reason?: number): void;
  /** Another connection goes on with the session: gives it up, and closes. */
  giveUp(): void;
  disconnectSlow(): void;
}

export interface MessageHead {
  readonly dup: boolean;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly packetId: number;
  /** Of the subscriptions that it is for, those that have one. */
  readonly subscriptionIds: readonly number[];
}

/** What the last message was, and over which connection it went. */
interface LastMessage {
  readonly link: SessionLink;
  readonly seq: number;
  readonly head: MessageHead;
}

export interface SessionMeans {
  readonly leases: LeaseTable;
  /** Calls `then` when what was changed by now is on disk. */
  readonly afterFlush: (then: () => void) => void;
  /** Calls `then` in this turn, but not now. */
  readonly later: (then: () => void) => void;
  /** The packet identifiers have changed that an end of the broker must not forget. */
  readonly idsChanged: (session: MqttSession) => void;
  /** An event was larger than its client takes. */
  readonly tooLarge: () => void;
}

/**
 * The state of a session, section 4.1: its subscriptions, and the messages with QoS 1 and 2 that are on their way in either
 * direction. It may outlive its connection; what of it outlives the broker is in `session-record.ts`.
 */
export class MqttSession implements SubscriptionSession {
  readonly clientId: string;
  /** Within the broker, for ever. */
  readonly number: number;
  /** How long it outlives a connection. 0: not at all; Infinity: for ever. */
  expiryMs: number;
  /** When its connection ended, on the wall clock. */
  goneMs: number | undefined;
  readonly subscriptions = new Map<string, MqttSubscription>();
  nextSubscription = 0;
  will: Will | undefined;
  /** The connection, while there is one. */
  link: SessionLink | undefined;
  /** Packet identifiers of messages with QoS 2 from the client that it has not released. */
  readonly received = new Set<number>();
  readonly #means: SessionMeans;
  readonly #flights = new Flights();
  /** Of these, such as went over the present connection. */
  #underWay = 0;
  /** Where another subscription may join in, if it wants the same event. */
  #last: LastMessage | undefined;
  /** Deliveries that wait for one of those to end. */
  readonly #waiting = new Set<Pumped>();

  constructor(
    fields: { readonly clientId: string; readonly number: number; readonly expiryMs: number },
    means: SessionMeans,
  ) {
    this.clientId = fields.clientId;
    this.number = fields.number;
    this.expiryMs = fields.expiryMs;
    this.#means = means;
  }

  /** Principal of its leases, and what events say of where they come from, for no-local. Says nothing about the client. */
  get owner(): string {
    return `mqtt/${this.number}`;
  }

  /** It outlives its connection. */
  get lasts(): boolean {
    return this.expiryMs > 0;
  }

  get hasNoLocal(): boolean {
    for (const { options } of this.subscriptions.values()) if (options.noLocal) return true;
    return false;
  }

  /** What an end of the broker must not forget. */
  get packetIds(): PacketIds {
    return { received: this.received, sent: [...this.#flights].filter(({ qos }) => qos === 2) };
  }

  restoreIds({ received, sent }: PacketIds): void {
    for (const packetId of received) this.received.add(packetId);
    const byNumber = new Map([...this.subscriptions.values()].map((one) => [one.number, one]));
    for (const { packetId, origin } of sent) {
      const from = origin && byNumber.get(origin.subscription);
      // Of a subscription that is gone the client may still ask to go on, and is answered that it is not known.
      if (origin !== undefined && from === undefined) continue;
      this.#flights.restore(packetId, origin && from && { ...origin, flights: from.flights });
    }
  }

  /** A connection goes on with it: what was released is released again [MQTT-4.4.0-1]. What was sent comes from the mailboxes. */
  resumed(link: SessionLink): void {
    this.link = link;
    this.goneMs = undefined;
    this.#underWay = 0;
    for (const flight of this.#flights) {
      if (flight.state !== 'released') continue;
      flight.via = link;
      this.#underWay += 1;
      link.acknowledge('pubrel', flight.packetId);
    }
  }

  parted(): void {
    this.link = undefined;
    this.#waiting.clear();
    // What nobody keeps is gone with its connection.
    for (const flight of this.#flights) {
      if (flight.origin === undefined && flight.state === 'sent') this.#flights.end(flight);
    }
  }

  mayWrite(qos: Qos): boolean {
    const { link } = this;
    if (link === undefined || !link.writable) return false;
    return qos === 0 || this.#underWay < link.sendMax;
  }

  pumpWhenWritable(delivery: Pumped): void {
    const { link } = this;
    if (link === undefined) return;
    if (link.writable) this.#waiting.add(delivery);
    else link.pumpWhenWritable(delivery);
  }

  disconnectSlow(): void {
    this.link?.disconnectSlow();
  }

  deliver(from: MqttSubscription, event: PublishedEvent, handover: Handover | undefined): void {
    const { link } = this;
    const { options } = from;
    // [MQTT-3.8.3-3]
    if (link === undefined || (options.noLocal && event.source === this.owner)) {
      this.#done(handover);
      return;
    }
    // [MQTT-3.8.4-8]
    const qos = Math.min(options.qos, event.qos ?? options.qos) as Qos;
    // [MQTT-3.3.1-12] [MQTT-3.3.1-13]
    const retain = isLastValue(event) || (options.retainAsPublished && event.publishedToRetain);
    const head = { qos, retain, subscriptionIds: options.id === 0 ? NO_IDS : [options.id] };
    const joins = this.subscriptions.size > 1 && handover === undefined && !isLastValue(event);
    if (joins && this.#joined(link, event, head)) return;
    if (qos > 0) this.#send(link, from, event, handover, { ...head, qos: qos as 1 | 2 });
    else {
      const whole = { ...head, dup: false, packetId: 0 };
      const isSent = link.publish(event, whole);
      this.#last = joins && isSent ? { link, seq: event.seq, head: whole } : undefined;
      if (!isSent) this.#means.tooLarge();
      this.#done(handover);
    }
  }

  /**
   * Subscriptions that overlap get one message, at the highest quality of service among them and with the identifiers of
   * all [MQTT-3.3.4-2] [MQTT-3.3.4-4], as long as it has not left. Not those of mailboxes, each of which has to know what
   * became of its event.
   */
  #joined(link: SessionLink, event: PublishedEvent, more: Omit<MessageHead, 'dup' | 'packetId'>): boolean {
    const last = this.#last;
    if (last === undefined || last.link !== link || last.seq !== event.seq) return false;
    const { head } = last;
    const common = {
      dup: false,
      retain: head.retain || more.retain,
      subscriptionIds: [...head.subscriptionIds, ...more.subscriptionIds],
    };
    const flight = more.qos > head.qos ? this.#flights.begin(more.qos as 1 | 2, undefined, undefined, link) : undefined;
    const joined = { ...head, ...common, ...(flight !== undefined && { qos: flight.qos, packetId: flight.packetId }) };
    if (!link.amend(event, joined)) {
      if (flight !== undefined) this.#flights.end(flight);
      return false;
    }
    if (flight !== undefined) {
      const before = this.#flights.get(head.packetId);
      if (before === undefined) this.#underWay += 1;
      else this.#flights.end(before);
    }
    this.#last = { ...last, head: joined };
    return true;
  }

  /**
   * What the client says about messages on their way to it. What is not known is answered, or nothing at all; throws
   * MqttError `protocolError` for an answer that is not the next one to the message (section 4.3).
   */
  acknowledged({ kind, packetId, reason }: AckPacket): void {
    const flight = this.#flights.get(packetId);
    const { link } = this;
    if (link === undefined) return;
    if (kind === 'pubrec') this.#receivedBy(link, packetId, flight, reason);
    else if (flight === undefined) return;
    else if (kind === 'puback' ? flight.qos === 1 : flight.state === 'released') this.#end(flight);
    else throw outOfTurn(kind, flight);
  }

  /** Keeps what is under way: the client has no time to keep, as long as it is connected. */
  extendLeases(leaseMs: number): void {
    for (const { lease, state } of this.#flights) {
      if (lease === undefined || state !== 'sent') continue;
      this.#means.leases.extend({ id: lease.id, token: lease.token, principal: this.owner }, leaseMs);
    }
  }

  #send(
    link: SessionLink,
    from: MqttSubscription,
    event: PublishedEvent,
    handover: Handover | undefined,
    head: Omit<MessageHead, 'dup' | 'packetId'> & { readonly qos: 1 | 2 },
  ): void {
    const known = handover === undefined ? undefined : from.flights.get(event.seq);
    if (known !== undefined) {
      known.lease = handover?.lease;
      if (known.isDone) {
        from.flights.delete(event.seq);
        this.#done(handover);
      } else if (known.via !== link) {
        // Again, with the identifier that it had [MQTT-4.4.0-1] [MQTT-3.3.1-1].
        this.#begin(link, known, event, { ...head, qos: known.qos, dup: true });
      }
      // Else its lease ended, and it is on its way all the same: never twice over one connection [MQTT-4.4.0-1].
      return;
    }
    const origin =
      handover === undefined ? undefined : { flights: from.flights, subscription: from.number, seq: event.seq };
    const flight = this.#flights.begin(head.qos, origin, handover?.lease, link);
    // Handed over before, as far as anybody knows: by an earlier run of the broker.
    const dup = handover !== undefined && handover.attempt > 1;
    if (origin === undefined || head.qos === 1) {
      this.#begin(link, flight, event, { ...head, dup });
      return;
    }
    // The identifier of QoS 2 is what says that it is not another message: it must not be forgotten once the client has it.
    this.#underWay += 1;
    event.own();
    this.#means.idsChanged(this);
    this.#means.afterFlush(() => {
      if (this.link !== link || this.#flights.get(flight.packetId) !== flight) return;
      this.#underWay -= 1;
      this.#begin(link, flight, event, { ...head, dup });
    });
  }

  #begin(link: SessionLink, flight: Flight, event: PublishedEvent, head: Omit<MessageHead, 'packetId'>): void {
    flight.via = link;
    this.#underWay += 1;
    const whole = { ...head, packetId: flight.packetId };
    const isSent = link.publish(event, whole);
    const joins = flight.origin === undefined && this.subscriptions.size > 1 && !isLastValue(event);
    this.#last = joins && isSent ? { link, seq: event.seq, head: whole } : undefined;
    if (isSent) return;
    // As if it had been sent and done [MQTT-3.1.2-25].
    this.#means.tooLarge();
    this.#means.later(() => this.#end(flight));
  }

  #receivedBy(link: SessionLink, packetId: number, flight: Flight | undefined, reason: number): void {
    if (flight !== undefined && flight.qos !== 2) throw outOfTurn('pubrec', flight);
    // What the client refuses is over [MQTT-4.3.3-4].
    if (reason >= 0x80) {
      if (flight !== undefined) this.#end(flight);
    } else if (flight === undefined) link.acknowledge('pubrel', packetId, REASON.packetIdNotFound);
    else if (flight.state === 'released') link.acknowledge('pubrel', packetId);
    else {
      const { lease, origin } = flight;
      origin?.flights.delete(origin.seq);
      flight.state = 'released';
      flight.origin = undefined;
      flight.lease = undefined;
      const release = (): void => {
        if (this.link === link) link.acknowledge('pubrel', packetId);
      };
      if (origin === undefined) release();
      else {
        // Once the client has forgotten the identifier, sending the message again would be another message.
        this.#means.idsChanged(this);
        if (lease !== undefined && !this.#settle(lease)) this.#remember(origin, flight);
        this.#means.afterFlush(release);
      }
    }
  }

  #end(flight: Flight): void {
    if (this.#flights.get(flight.packetId) !== flight) return;
    this.#flights.end(flight);
    if (flight.via === this.link) this.#underWay -= 1;
    const { lease, origin } = flight;
    if (flight.qos === 2 && this.lasts) this.#means.idsChanged(this);
    if (lease !== undefined && !this.#settle(lease) && origin !== undefined) this.#remember(origin, flight);
    this.#pumpWaiting();
  }

  /** The mailbox took the event back meanwhile, and will hand it over again. */
  #remember(origin: NonNullable<Flight['origin']>, flight: Flight): void {
    origin.flights.set(origin.seq, { ...flight, isDone: true });
  }

  /** Not before several of what may be under way have ended: each that waits is asked. */
  #pumpWaiting(): void {
    const sendMax = this.link?.sendMax ?? 0;
    if (this.#waiting.size === 0 || this.#underWay >= sendMax - (sendMax >> 3)) return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const delivery of waiting) delivery.pump();
  }

  /** It needs no acknowledgement. Not at once: who hands it over is in the midst of it. */
  #done(handover: Handover | undefined): void {
    if (handover !== undefined) this.#means.later(() => void this.#settle(handover.lease));
  }

  /** False when the lease has ended. */
  #settle({ id, token }: LeaseGrant): boolean {
    const answer = this.#means.leases.settle({ id, token, principal: this.owner });
    if (!answer.ok) return false;
    if (answer.holder instanceof Entry) answer.holder.acknowledged(id);
    return true;
  }
}

function outOfTurn(kind: AckPacket['kind'], { qos, state }: Flight): MqttError {
  return new MqttError(REASON.protocolError, `${kind.toUpperCase()} to a message with QoS ${qos} that is ${state}`);
}
