import type { Chance } from '../../../broker/kernel/chance.ts';
import { CODES, type Code, NO_OPTIONS } from '../../../broker/protocol/index.ts';
import type { DurableBroker } from '../durable-broker.ts';
import type { RawPeer, RawPublication, ReceivedRecord } from '../raw-peer.ts';
import { leaseOf } from '../received.ts';
import type { Event, OrderFact, Receiver } from './history.ts';

export type Wish = Parameters<RawPeer['subscribe']>[0];

/** What a client subscribes to, again whenever the broker has forgotten it. */
export interface WishedFor {
  readonly wish: Wish;
  /** Who gets it; another each time, but for a mailbox. */
  readonly receiver: (epoch: number) => Receiver;
}

interface Live {
  readonly wished: WishedFor;
  readonly receiver: Receiver;
}

interface Held {
  readonly receiver: Receiver;
  readonly event: Event;
  readonly lease: { readonly id: number; readonly token: number };
}

const TOPICS = ['a/1', 'a/2'];
const X_MAX = 9;
/** Above all refs of publishes: the answers to settlements are not looked at. */
const SETTLE_REF = 2_000_000;

/**
 * A client that publishes, is delivered, and writes down what it sees. A careful one counts its events, says what it was
 * delivered before, and sends again, in order, what was not let in.
 */
export class OrderClient {
  readonly name: string;
  readonly #careful: boolean;
  readonly #broker: DurableBroker;
  readonly #chance: Chance;
  readonly #facts: OrderFact[];
  readonly #wishes: readonly WishedFor[];
  #peer: RawPeer;
  #session: { id: string; key: string } | undefined;
  #epoch = 0;
  /** It reads what was sent while it did not read. */
  #late = false;
  #number = 0;
  #past = 0;
  /** By the number of the subscription on the present session. */
  #live = new Map<number, Live>();
  #held: Held[] = [];
  #notices: { readonly subscription: number; readonly seq: number }[] = [];
  readonly #unanswered = new Map<number, RawPublication>();
  #fetchRef = 1_000_000;
  readonly #fetches = new Map<number, number>();

  constructor(
    parts: {
      readonly name: string;
      readonly careful: boolean;
      readonly chance: Chance;
      readonly wishes: readonly WishedFor[];
    },
    broker: DurableBroker,
    facts: OrderFact[],
  ) {
    this.name = parts.name;
    this.#careful = parts.careful;
    this.#chance = parts.chance;
    this.#wishes = parts.wishes;
    this.#broker = broker;
    this.#facts = facts;
    this.#peer = this.#connect();
  }

  publish(count: number): void {
    const events = Array.from({ length: count }, () => this.#make());
    this.#send(events);
    this.look();
  }

  /** All that has no final answer, in order. */
  sendAgain(): void {
    this.#send([...this.#unanswered.values()].sort((one, other) => Number(one.id) - Number(other.id)));
    this.look();
  }

  /** Does something with an event that it has, or was told of. */
  act(): void {
    const what = this.#chance.fraction();
    const notice = this.#notices[this.#below(this.#notices.length)];
    if (notice !== undefined && what < 0.6) {
      this.#notices = this.#notices.filter((other) => other !== notice);
      this.#fetch(notice);
    } else {
      const held = this.#held[this.#below(this.#held.length)];
      if (held === undefined) return;
      this.#held = this.#held.filter((other) => other !== held);
      if (what < 0.75) this.#acknowledge(held);
      else if (what < 0.9) this.#peer.release(held.lease, this.#below(3_000), SETTLE_REF);
      // Else it is forgotten, until its lease is over.
    }
    this.look();
  }

  /** Everything that it has, and then nothing is left that it was given. */
  finish(): void {
    this.look();
    for (const notice of this.#notices.splice(0)) this.#fetch(notice);
    this.look();
    for (const held of this.#held.splice(0)) this.#acknowledge(held);
    this.#credit();
    this.look();
  }

  pause(paused: boolean): void {
    if (paused) this.#peer.peer.pause();
    else this.#peer.peer.resume();
    this.#late = true;
    this.#broker.time.settle();
    this.look();
    this.#late = false;
  }

  replace(): void {
    const [id] = [...this.#live].find(([, { wished }]) => wished.wish.mailbox === undefined) ?? [];
    if (id !== undefined) this.#peer.ask('replace', { subscription: id, when: `x >= ${this.#below(X_MAX)}` });
    this.look();
  }

  /** The connection breaks; another follows at once. */
  reconnect(): void {
    this.look();
    this.#peer.peer.vanish();
    this.#broker.time.settle();
    this.#peer = this.#connect();
  }

  /** The broker is another one. */
  brokerRestarted(): void {
    this.#session = undefined;
    this.#peer = this.#connect();
  }

  /** Writes down what came. */
  look(): void {
    for (const record of this.#peer.records.splice(0)) this.#took(record);
  }

  #connect(): RawPeer {
    this.#held = [];
    this.#notices = [];
    this.#fetches.clear();
    const peer = this.#broker.greeted(this.name, this.#session);
    const welcome = peer.controls.find((control) => control.kind === 'welcome');
    if (welcome?.kind !== 'welcome') throw new Error('not welcome');
    const { session, subscriptions } = welcome;
    this.#session = session;
    const there = new Map([...this.#live].filter(([id]) => session.resumed && subscriptions.includes(id)));
    const lost = this.#wishes.filter((wished) => ![...there.values()].some((live) => live.wished === wished));
    this.#epoch += 1;
    this.#live = there;
    this.#peer = peer;
    // It was connected before it was told of: what came meanwhile is for subscriptions of before.
    for (const wished of lost) this.#subscribe(wished);
    this.look();
    if (this.#unanswered.size > 0) this.sendAgain();
    return peer;
  }

  #subscribe(wished: WishedFor): void {
    const answer = this.#peer.request('subscribe', wished.wish);
    if (answer.kind !== 'subscribed') throw new Error(`subscribe was answered ${JSON.stringify(answer)}`);
    this.#live.set(answer.subscription, { wished, receiver: wished.receiver(this.#epoch) });
  }

  #credit(): void {
    for (const id of this.#live.keys()) this.#peer.credit(id, 4, 10_000);
  }

  #took(record: ReceivedRecord): void {
    const { subscription, seq, ref } = record as unknown as { subscription: number; seq: number; ref: number };
    switch (record.record) {
      case 'event':
        this.#delivered(subscription, record);
        return;
      case 'fetched':
        this.#delivered(this.#fetches.get(ref) ?? -1, record);
        return;
      case 'notice':
        this.#past = Math.max(this.#past, seq);
        this.#notices.push({ subscription, seq });
        return;
      case 'receipt':
        this.#unanswered.delete(ref);
        return;
      case 'refused':
        if (!CODES[record['code'] as Code].retry) this.#unanswered.delete(ref);
    }
  }

  #delivered(subscription: number, record: ReceivedRecord): void {
    const { p, n } = record['data'] as { readonly p: string; readonly n: number };
    const receiver = this.#live.get(subscription)?.receiver;
    if (receiver === undefined) return;
    const event = { publisher: p, number: n };
    this.#past = Math.max(this.#past, record['seq'] as number);
    this.#facts.push({ kind: 'delivered', client: this.name, receiver, event, late: this.#late });
    const lease = leaseOf(record);
    if (lease !== undefined) this.#held.push({ receiver, event, lease });
    if (this.#chance.fraction() < 0.8) this.#peer.credit(subscription, 1, 1_000);
  }

  #acknowledge({ receiver, event, lease }: Held): void {
    this.#facts.push({ kind: 'acknowledged', receiver, event });
    this.#peer.ack(lease, SETTLE_REF);
  }

  #fetch({ subscription, seq }: { readonly subscription: number; readonly seq: number }): void {
    this.#fetchRef += 1;
    this.#fetches.set(this.#fetchRef, subscription);
    this.#peer.fetch(subscription, seq, this.#fetchRef);
  }

  #send(events: readonly RawPublication[]): void {
    if (events.length === 0) return;
    const lowest = Math.min(this.#number + 1, ...this.#unanswered.keys());
    this.#peer.publish(
      ...events.map((event) => {
        const { order } = event.options ?? {};
        if (order === undefined) return event;
        const since = Math.min(order.number, lowest);
        return { ...event, options: { ...event.options, order: { ...order, since } } };
      }),
    );
  }

  #make(): RawPublication {
    this.#number += 1;
    const number = this.#number;
    const event = { publisher: this.name, number };
    this.#facts.push({ kind: 'published', client: this.name, event });
    const publication: RawPublication = {
      topic: TOPICS[this.#below(TOPICS.length)] as string,
      data: { p: this.name, n: number, x: this.#below(X_MAX + 1) },
      ref: number,
      options: { ...NO_OPTIONS, retain: this.#chance.fraction() < 0.1 },
    };
    if (!this.#careful) return publication;
    const order = { number, since: number, past: this.#past };
    const careful = {
      ...publication,
      id: `${number}`,
      source: this.name,
      options: { ...publication.options, order },
    };
    this.#unanswered.set(number, careful);
    return careful;
  }

  #below(bound: number): number {
    return Math.floor(this.#chance.fraction() * bound);
  }
}
