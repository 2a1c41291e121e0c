import { type Chance, seededChance } from '../../../broker/kernel/chance.ts';
import { ORDERS } from '../../../broker/protocol/index.ts';
import { DurableBroker } from '../durable-broker.ts';
import { orderFaults } from './checkers.ts';
import type { OrderFact, Receiver } from './history.ts';
import { OrderClient, type Wish, type WishedFor } from './order-client.ts';

const NAMES = ['ann', 'ben', 'cleo'];
const FILTERS = ['a/#', 'a/+', 'a/1'];
const LEASE_MS = 2_000;
/** Longer than the rests of what is delivered a few times. */
const HEAL_MS = 60_000;
const HEAL_LOOK_MS = 4_000;

type Step = readonly [weight: number, step: (run: OrderRun) => void | Promise<void>];

const STEPS: readonly Step[] = [
  [10, (run) => run.client.publish(1 + run.below(4))],
  [1, (run) => run.client.publish(1 + run.below(40))],
  [16, (run) => run.client.act()],
  [4, (run) => run.client.sendAgain()],
  [6, (run) => run.advance(run.below(100))],
  [2, (run) => run.advance(run.below(4_000))],
  [1, (run) => run.client.reconnect()],
  [1, (run) => run.client.pause(true)],
  [2, (run) => run.client.pause(false)],
  [1, (run) => run.client.replace()],
  [0.3, (run) => run.restart()],
];

/** One run of clients to whom order matters, and what they saw. */
export class OrderRun {
  readonly facts: OrderFact[] = [];
  readonly #chance: Chance;
  #broker!: DurableBroker;
  #clients: readonly OrderClient[] = [];

  constructor(seed: number) {
    this.#chance = seededChance(seed);
  }

  /** Answers the faults. */
  async go(): Promise<readonly string[]> {
    const limited = this.#chance.fraction() < 0.3;
    this.#broker = await DurableBroker.start(limited ? { publishPerSecondMax: 20, publishBurst: 5 } : {});
    const mailbox = this.#order();
    this.#clients = NAMES.map((name) => {
      const careful = this.#chance.fraction() < 0.7;
      const own = Array.from({ length: 1 + this.below(2) }, (_, i) => this.#wish(`${name}-${i}`));
      const wishes = this.#chance.fraction() < 0.6 ? [...own, mailboxOf(mailbox)] : own;
      return new OrderClient({ name, careful, chance: this.#chance, wishes }, this.#broker, this.facts);
    });
    for (let left = 30 + this.below(60); left > 0; left--) await this.#draw()(this);
    for (const client of this.#clients) client.pause(false);
    for (let healed = 0; healed < HEAL_MS; healed += HEAL_LOOK_MS) {
      for (const client of this.#clients) {
        client.sendAgain();
        client.finish();
      }
      this.advance(HEAL_LOOK_MS);
    }
    const faults = this.#broker.faults.map((fault) => `the broker: ${fault}`);
    return [...faults, ...orderFaults(this.facts)];
  }

  get client(): OrderClient {
    return this.#clients[this.below(this.#clients.length)] as OrderClient;
  }

  below(bound: number): number {
    return Math.floor(this.#chance.fraction() * bound);
  }

  advance(ms: number): void {
    this.#broker.time.advance(ms);
    for (const client of this.#clients) client.look();
  }

  /** It is killed, and started again over what it has stored. */
  async restart(): Promise<void> {
    for (const client of this.#clients) client.look();
    this.facts.push({ kind: 'killed' });
    await this.#broker.restart();
    for (const client of this.#clients) client.brokerRestarted();
  }

  #draw(): Step[1] {
    const all = STEPS.reduce((sum, [weight]) => sum + weight, 0);
    let at = this.#chance.fraction() * all;
    for (const [weight, step] of STEPS) {
      at -= weight;
      if (at < 0) return step;
    }
    return () => {};
  }

  #order(): Receiver['order'] {
    return ORDERS[this.below(ORDERS.length)] as Receiver['order'];
  }

  #wish(name: string): WishedFor {
    const order = this.#order();
    const kind = this.below(4);
    const ordered = kind >= 2;
    const acknowledged = kind === 1 || kind === 2;
    const wish: Wish = {
      topic: FILTERS[this.below(FILTERS.length)] as string,
      // Without `ordered` nothing but the order of each publisher is kept where events come again.
      order: kind === 1 ? 'fifo' : order,
      creditEvents: 1 + this.below(6),
      // What gives way in a full queue is over, though nobody has acknowledged it, which only its subscriber's gaps say.
      queueEvents: ordered ? 10_000 : 3 + this.below(40),
      leaseMs: 600_000,
      deliveryLeaseMs: LEASE_MS,
      attemptsMax: 100,
      ...(kind === 3 && { mode: 'pull', retentionMs: 600_000 }),
      ...(acknowledged && { ack: 'explicit' }),
      ...(ordered && { ordered: true }),
    };
    const { order: kept = 'fifo' } = wish;
    return { wish, receiver: (epoch) => ({ name: `${name}.${epoch}`, order: kept, ordered }) };
  }
}

/** For which several compete. */
function mailboxOf(order: Receiver['order']): WishedFor {
  const receiver = { name: 'box', order, ordered: true };
  const wish: Wish = {
    mailbox: 'box',
    topic: 'a/#',
    order,
    ordered: true,
    creditEvents: 4,
    deliveryLeaseMs: LEASE_MS,
    attemptsMax: 100,
  };
  return { wish, receiver: () => receiver };
}
