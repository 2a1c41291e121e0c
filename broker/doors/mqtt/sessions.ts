import type { Wakeup, Wakeups } from '../../delivery/wakeups.ts';
import type { Counters } from '../../observe/counters.ts';
import { ByteReader, ProtocolError, readBody } from '../../protocol/index.ts';
import type { Journal } from '../../store/journal.ts';
import { wantedFilter } from './filters.ts';
import type { Qos } from './packets.ts';
import { withSource } from './publication.ts';
import { MqttSession, type SessionLink, type SessionMeans } from './session.ts';
import type { SessionRecord, SubscriptionRecord } from './session-record.ts';
import { SessionStore } from './session-store.ts';
import type { Subscribing } from './subscribing.ts';
import { MqttSubscription } from './subscription.ts';
import type { Will } from './will.ts';

export interface SessionsMeans extends Omit<SessionMeans, 'idsChanged'> {
  readonly journal: Journal;
  readonly wakeups: Wakeups;
  readonly counters: Counters;
  readonly subscribing: Subscribing;
  readonly wallMs: () => number;
  readonly sessionsMax: number;
  readonly publishWill: (will: Will) => void;
}

/** Wakeups count in milliseconds that fit a timer; a session that lasts longer is looked at again. */
const NAP_MS_MAX = 24 * 3_600_000;

/** Every session, by client identifier: connected, or waiting for its client to come back. */
export class MqttSessions {
  readonly #means: SessionsMeans;
  readonly #sessionMeans: SessionMeans;
  readonly #store: SessionStore;
  readonly #byClient = new Map<string, MqttSession>();
  /** When the will of a session without a connection is published. */
  readonly #wills = new Map<MqttSession, Wakeup>();
  readonly #ends = new Map<MqttSession, Wakeup>();
  #nextNumber = 1;

  constructor(means: SessionsMeans) {
    this.#means = means;
    this.#store = new SessionStore(means.journal, recordOf);
    this.#sessionMeans = { ...means, idsChanged: (session) => this.idsChanged(session) };
  }

  get count(): number {
    return this.#byClient.size;
  }

  /** Goes on with the sessions that are stored. After the mailboxes. */
  restore(): void {
    const { subscribing, wallMs, counters } = this.#means;
    const mailboxes = new Set<string>();
    for (const { clientId, record, ids } of this.#store.restore()) {
      const expiryMs = record.expiryMs ?? Number.POSITIVE_INFINITY;
      const session = new MqttSession({ clientId, number: record.number, expiryMs }, this.#sessionMeans);
      this.#nextNumber = Math.max(this.#nextNumber, record.number + 1);
      session.nextSubscription = record.nextSubscription;
      for (const one of record.subscriptions) {
        if (one.mailbox !== undefined) mailboxes.add(one.mailbox);
        subscribing.restored(session, subscriptionOf(session, one));
      }
      if (ids !== undefined) session.restoreIds(ids);
      session.will = willOf(record);
      session.goneMs = record.goneMs ?? wallMs();
      this.#byClient.set(clientId, session);
      counters.sessionsDetached += 1;
      this.#awaitReturn(session);
    }
    subscribing.endOrphans((name) => mailboxes.has(name));
  }

  /**
   * The session of a client, now on this connection: the one it had, or a new one [MQTT-3.1.2-4] [MQTT-3.1.2-5]. A connection that
   * it still has gives it up [MQTT-3.1.4-3]. Throws ProtocolError `session_limit`.
   */
  open(
    clientId: string,
    {
      cleanStart,
      expiryMs,
      will,
    }: { readonly cleanStart: boolean; readonly expiryMs: number; readonly will: Will | undefined },
    link: SessionLink,
  ): { readonly session: MqttSession; readonly isPresent: boolean } {
    this.#byClient.get(clientId)?.link?.giveUp();
    const former = this.#byClient.get(clientId);
    if (former !== undefined && cleanStart) {
      this.#publishWill(former);
      this.#end(former);
    }
    const { counters, sessionsMax } = this.#means;
    const present = this.#byClient.get(clientId);
    if (present === undefined && this.#byClient.size >= sessionsMax) {
      throw new ProtocolError('session_limit', `the broker holds ${sessionsMax} sessions, as many as it may`);
    }
    const session = present ?? new MqttSession({ clientId, number: this.#nextNumber++, expiryMs }, this.#sessionMeans);
    if (present !== undefined) {
      this.#cancel(this.#wills, session);
      this.#cancel(this.#ends, session);
      counters.sessionsDetached -= 1;
    }
    counters.sessionsAttached += 1;
    session.expiryMs = expiryMs;
    // [MQTT-3.1.3-9]: a will that waited is not sent any more.
    session.will = will;
    this.#byClient.set(clientId, session);
    session.link = link;
    this.changed(session);
    return { session, isPresent: present !== undefined };
  }

  /** Its client knows that it is connected: events may come. */
  resume(session: MqttSession, link: SessionLink): void {
    session.resumed(link);
    for (const subscription of [...session.subscriptions.values()]) {
      try {
        this.#means.subscribing.goLive(session, subscription);
      } catch (error) {
        // A mailbox that somebody removed, or limits that were lowered: the client is not told of that by MQTT.
        session.subscriptions.delete(subscription.filter);
        if (!(error instanceof ProtocolError)) throw error;
      }
    }
  }

  /** The connection is over. `withWill`: not as the client should end it. */
  part(session: MqttSession, withWill: boolean): void {
    const { counters, subscribing, wallMs } = this.#means;
    session.parted();
    counters.sessionsAttached -= 1;
    counters.sessionsDetached += 1;
    session.goneMs = wallMs();
    // [MQTT-3.1.2-10] [MQTT-3.14.4-3]
    if (!withWill) session.will = undefined;
    for (const subscription of session.subscriptions.values()) subscribing.rest(subscription);
    this.changed(session);
    this.#awaitReturn(session);
  }

  changed(session: MqttSession): void {
    this.#store.changed(session);
  }

  idsChanged(session: MqttSession): void {
    if (session.lasts) this.#store.idsChanged(session);
  }

  /** A mailbox is over, and so is the subscription of its consumer. */
  mailboxEnded(owner: string, mailbox: string): void {
    for (const session of this.#byClient.values()) {
      if (session.owner !== owner) continue;
      for (const subscription of session.subscriptions.values()) {
        if (subscription.mailbox !== mailbox || subscription.live === undefined) continue;
        subscription.live = undefined;
        session.subscriptions.delete(subscription.filter);
        this.changed(session);
      }
      return;
    }
  }

  /** It waits for its client, its will for its time. */
  #awaitReturn(session: MqttSession): void {
    const { will, expiryMs } = session;
    if (will !== undefined) {
      const delayMs = Math.min(will.delayMs, expiryMs);
      // [MQTT-3.1.2-8]
      if (delayMs === 0) this.#publishWill(session);
      else {
        const wakeup = this.#means.wakeups.after(delayMs, { wake: () => this.#publishWill(session) });
        this.#wills.set(session, wakeup);
      }
    }
    this.#endInTime(session);
  }

  #endInTime(session: MqttSession): void {
    const { wakeups, wallMs } = this.#means;
    const leftMs = (session.goneMs ?? 0) + session.expiryMs - wallMs();
    if (leftMs <= 0) this.#end(session);
    else if (Number.isFinite(leftMs)) {
      const wakeup = wakeups.after(Math.min(leftMs, NAP_MS_MAX), { wake: () => this.#endInTime(session) });
      this.#ends.set(session, wakeup);
    }
  }

  /** With a session ends whatever waits of it, its will first [MQTT-3.1.2-8]. */
  #end(session: MqttSession): void {
    this.#publishWill(session);
    this.#cancel(this.#ends, session);
    this.#means.subscribing.endAll(session);
    this.#byClient.delete(session.clientId);
    this.#means.counters.sessionsDetached -= 1;
    this.#store.forget(session);
  }

  #publishWill(session: MqttSession): void {
    this.#cancel(this.#wills, session);
    const { will } = session;
    if (will === undefined) return;
    session.will = undefined;
    this.changed(session);
    // [MQTT-3.8.3-3]: it is the session's own, like all that it publishes.
    const body = session.hasNoLocal ? withSource(will.body, session.owner) : will.body;
    this.#means.publishWill({ ...will, body });
  }

  #cancel(from: Map<MqttSession, Wakeup>, session: MqttSession): void {
    const wakeup = from.get(session);
    if (wakeup === undefined) return;
    from.delete(session);
    this.#means.wakeups.cancel(wakeup);
  }
}

function recordOf(session: MqttSession): SessionRecord {
  const { number, expiryMs, goneMs, nextSubscription, subscriptions, will } = session;
  return {
    number,
    nextSubscription,
    subscriptions: [...subscriptions.values()].map((one) => one.record),
    ...(Number.isFinite(expiryMs) && { expiryMs }),
    ...(goneMs !== undefined && { goneMs }),
    ...(will !== undefined && {
      will: {
        topic: will.topic,
        delayMs: will.delayMs,
        retain: will.retain,
        ...(will.ttlMs !== undefined && { ttlMs: will.ttlMs }),
        body: Buffer.from(will.body.bytes).toString('base64'),
      },
    }),
  };
}

function subscriptionOf(session: MqttSession, record: SubscriptionRecord): MqttSubscription {
  const { number, filter, when, order, ordered, mailbox, qos, noLocal, retainAsPublished, id } = record;
  const own = wantedFilter(filter, {});
  return new MqttSubscription(session, {
    number,
    filter,
    wanted: { ...own, when, order, ...(ordered === true && { ordered }) },
    options: { qos: qos as Qos, noLocal, retainAsPublished, id },
    mailbox,
  });
}

function willOf({ will }: SessionRecord): Will | undefined {
  if (will === undefined) return undefined;
  const { topic, delayMs, retain, ttlMs, body } = will;
  return { topic, delayMs, retain, ttlMs, body: readBody(new ByteReader(Buffer.from(body, 'base64'))) };
}
