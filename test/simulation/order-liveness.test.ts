import { describe, expect, it } from 'vitest';
import { seededChance } from '../../broker/kernel/chance.ts';
import { NO_OPTIONS, ORDERS, type Order } from '../../broker/protocol/index.ts';
import { DurableBroker } from '../support/durable-broker.ts';
import type { RawPeer } from '../support/raw-peer.ts';
import { leaseOf } from '../support/received.ts';

const PUBLISHERS = ['ann', 'ben', 'cleo'];
const TERMS = {
  mailbox: 'box',
  topic: 'a',
  ordered: true,
  deliveryLeaseMs: 5_000,
  creditEvents: 3,
  attemptsMax: 3,
  keepMs: 60_000,
  overflow: 'drop-oldest',
} as const;

/** A mailbox in which all sorts of things are done to what waits; at the end its consumers acknowledge all they get. */
class Turmoil {
  readonly #broker: DurableBroker;
  readonly #order: Order;
  readonly #fraction: () => number;
  readonly #queueEvents: number;
  #publishers: RawPeer[] = [];
  #consumers: RawPeer[] = [];
  #control!: RawPeer;
  readonly #numbers = PUBLISHERS.map(() => 0);
  #published = 0;

  constructor(broker: DurableBroker, order: Order, seed: number) {
    this.#broker = broker;
    this.#order = order;
    this.#fraction = seededChance(seed).fraction;
    // Every other one is full now and then.
    this.#queueEvents = seed % 2 === 0 ? 12 : 1_000;
    this.#connect();
  }

  async step(): Promise<void> {
    const what = this.#fraction();
    if (what < 0.4) this.#publish();
    else if (what < 0.7) this.#settle(this.#one(this.#consumers));
    else if (what < 0.86) this.#broker.time.advance(this.#below(3_000));
    else if (what < 0.9) this.#control.request('pause', { mailbox: 'box', paused: this.#fraction() < 0.5 });
    else if (what < 0.92) this.#control.request('purge', { mailbox: 'box' });
    else if (what < 0.95) this.#control.request('replay', { mailbox: 'box', from: 'beginning' });
    else if (what < 0.99) this.#leave(this.#below(this.#consumers.length));
    else await this.#restart();
  }

  /** Answers how many events are left when all that came was acknowledged, for as long as anything came. */
  end(): number {
    this.#control.request('pause', { mailbox: 'box', paused: false });
    for (let quiet = 0; quiet < 100; quiet++) {
      this.#broker.time.advance(5_000);
      for (const consumer of this.#consumers) {
        for (const event of consumer.take('event')) {
          quiet = 0;
          consumer.ack(leaseOf(event));
          consumer.credit(event['subscription'] as number, 1);
        }
      }
    }
    const answer = this.#control.request('inspect', { mailbox: 'box' });
    return answer.kind === 'inspected' ? answer.entries : -1;
  }

  #connect(): void {
    this.#publishers = PUBLISHERS.map((name) => this.#broker.greeted(name));
    this.#control = this.#broker.greeted();
    this.#consumers = [1, 2].map(() => this.#consumer());
  }

  #consumer(): RawPeer {
    const peer = this.#broker.greeted();
    peer.subscribe({ ...TERMS, order: this.#order, queueEvents: this.#queueEvents });
    return peer;
  }

  #publish(): void {
    const who = this.#below(PUBLISHERS.length);
    for (let i = this.#below(4); i >= 0; i--) {
      const number = (this.#numbers[who] as number) + 1;
      this.#numbers[who] = number;
      this.#published += 1;
      const past = this.#below(this.#published + 2);
      const ttlMs = this.#fraction() < 0.2 ? 1_000 + this.#below(9_000) : undefined;
      const options = { ...NO_OPTIONS, ttlMs, ...(this.#fraction() < 0.8 && { order: { number, since: 1, past } }) };
      this.#publishers[who]?.publish({ topic: 'a', data: number, options });
    }
  }

  #settle(consumer: RawPeer): void {
    for (const event of consumer.take('event')) {
      const how = this.#fraction();
      if (how < 0.6) consumer.ack(leaseOf(event));
      else if (how < 0.75) consumer.release(leaseOf(event), this.#below(2) * this.#below(4_000));
      consumer.credit(event['subscription'] as number, 1);
    }
  }

  #leave(i: number): void {
    this.#consumers[i]?.peer.close(1000, '');
    this.#control.request('ping', {});
    this.#consumers[i] = this.#consumer();
  }

  async #restart(): Promise<void> {
    await this.#broker.restart();
    this.#connect();
  }

  #one(peers: readonly RawPeer[]): RawPeer {
    return peers[this.#below(peers.length)] as RawPeer;
  }

  #below(bound: number): number {
    return Math.floor(this.#fraction() * bound);
  }
}

describe.each(ORDERS)('a mailbox in %s order', (order) => {
  it.each([...Array(5).keys()])('gives everything out in the end, whatever was done to it: seed %i', async (seed) => {
    const broker = await DurableBroker.start({ mailboxLoadedMax: 1 + (seed % 3) * 20 });
    const turmoil = new Turmoil(broker, order, seed);
    for (let i = 0; i < 150; i++) await turmoil.step();
    expect(turmoil.end()).toBe(0);
    expect(broker.faults).toEqual([]);
  });
});
