import type { Chance } from '../../../broker/kernel/chance.ts';
import {
  type ClientControl,
  type ControlOf,
  type Delivery,
  type LeaseGrant,
  type Mode,
  type Notice,
  type Settlement,
  writeClientRecord,
} from '../../../broker/protocol/index.ts';
import { predicateOf } from './recorder.ts';
import { SimulatedClient } from './simulated-client.ts';

/** What a mailbox is made of, if it is not there. */
export type MailboxTerms = Omit<
  ControlOf<ClientControl, 'subscribe'>,
  'kind' | 'ref' | 'mailbox' | 'mode' | 'creditEvents' | 'creditBytes'
>;

const CREDIT_EVENTS = 4;
const HELD_MAX = 20;

/**
 * Takes events from a mailbox, by push or pull, and does with them what chance says: acknowledges, gives back, prolongs,
 * or forgets them until the lease is over. An eager one acknowledges everything at once.
 */
export class SimulatedConsumer extends SimulatedClient {
  readonly mailbox: string;
  eager = false;
  readonly #mode: Mode;
  readonly #terms: MailboxTerms | undefined;
  readonly #chance: Chance;
  #subscription: number | undefined;
  #attaching = false;
  #leases: LeaseGrant[] = [];
  /** Told of and not fetched, by seq. */
  readonly #notices = new Map<number, LeaseGrant>();

  constructor(options: {
    readonly name: string;
    readonly mailbox: string;
    readonly mode: Mode;
    /** Absent: the mailbox is there. */
    readonly terms?: MailboxTerms;
    readonly chance: Chance;
  }) {
    super(options.name);
    this.mailbox = options.mailbox;
    this.#mode = options.mode;
    this.#terms = options.terms;
    this.#chance = options.chance;
  }

  /** Takes events. */
  get attached(): boolean {
    return this.#subscription !== undefined;
  }

  /** Acknowledges everything it has, and from here on everything it gets. */
  hurry(): void {
    this.eager = true;
    for (const seq of this.#notices.keys()) this.#fetch(seq);
    for (const lease of this.#leases.splice(0)) this.#settle('ack', lease, 0);
    this.#credit(100);
  }

  /** Makes the mailbox want other events from some moment on. */
  replace(threshold: number): void {
    if (this.#subscription === undefined) return;
    this.request('replace', { subscription: this.#subscription, when: predicateOf({ threshold }) });
  }

  /** Leaves the mailbox, and comes back when it is told to `attach`. */
  detach(): void {
    if (this.#subscription === undefined) return;
    this.request('unsubscribe', { subscription: this.#subscription });
    this.lost();
  }

  /** Attaches to the mailbox, or makes it. */
  attach(): void {
    if (!this.up || this.attached || this.#attaching) return;
    this.#attaching = true;
    this.#subscribe(undefined, (code) => {
      this.#attaching = code === 'mailbox_unknown' && this.#terms !== undefined;
      if (!this.#attaching) return;
      this.#subscribe(this.#terms, () => {
        this.#attaching = false;
      });
    });
  }

  /** Does one thing to one of the events that it has or was told of. */
  act(): void {
    const what = this.#chance.fraction();
    if (this.#notices.size > 0 && what < 0.5) {
      const seq = [...this.#notices.keys()][this.#pick(this.#notices.size)] as number;
      if (what < 0.4) this.#fetch(seq);
      else this.#settleRetention(seq);
      return;
    }
    const lease = this.#leases[this.#pick(this.#leases.length)];
    if (lease === undefined) {
      // What it forgot has used its credit up.
      this.#credit(1 + this.#pick(CREDIT_EVENTS));
      return;
    }
    const settlement: Settlement = what < 0.7 ? 'ack' : what < 0.85 ? 'release' : 'extend';
    // Sometimes one that was settled before: what is stale must change nothing.
    if (settlement !== 'extend' && this.#chance.fraction() < 0.9) {
      this.#leases = this.#leases.filter((other) => other !== lease);
    }
    this.#settle(settlement, lease, settlement === 'ack' ? 0 : 1_000 + this.#pick(4_000));
    this.#credit(1);
  }

  protected welcomed(): void {
    this.attach();
  }

  protected lost(): void {
    this.#attaching = false;
    this.#subscription = undefined;
    this.#leases = [];
    this.#notices.clear();
  }

  /** Its mailbox is gone. */
  protected override onEnded(): void {
    this.lost();
  }

  protected override onEvent(delivery: Delivery): void {
    this.#take(delivery);
  }

  protected override onFetched(_ref: number, delivery: Delivery): void {
    this.#notices.delete(delivery.seq);
    this.#take(delivery);
  }

  protected override onNotice({ seq, retention }: Notice): void {
    this.#notices.set(seq, retention);
    if (this.eager) this.#fetch(seq);
  }

  #take({ lease }: Delivery): void {
    if (lease === undefined) return;
    if (this.eager) {
      this.#settle('ack', lease, 0);
      this.#credit(1);
      return;
    }
    this.#leases.push(lease);
    // The oldest are forgotten, and come again when their leases are over.
    if (this.#leases.length > HELD_MAX) this.#leases.shift();
  }

  #subscribe(terms: MailboxTerms | undefined, refused: (code: string) => void): void {
    const creditEvents = this.eager ? 100 : CREDIT_EVENTS;
    const { deliveryLeaseMs, retentionMs } = this.#terms ?? {};
    const fields = {
      ...(deliveryLeaseMs !== undefined && { deliveryLeaseMs }),
      ...(retentionMs !== undefined && this.#mode === 'pull' && { retentionMs }),
      ...terms,
      mailbox: this.mailbox,
      mode: this.#mode,
      creditEvents,
      creditBytes: 100_000,
    };
    this.request('subscribe', fields, (answer) => {
      if (answer.kind === 'subscribed') {
        this.#attaching = false;
        this.#subscription = answer.subscription;
        // Perhaps it asked for less, before it was in a hurry.
        if (this.eager) this.#credit(100);
      } else if (answer.kind === 'refused') refused(answer.code);
    });
  }

  #fetch(seq: number): void {
    const subscription = this.#subscription;
    if (subscription === undefined) return;
    this.send((to) => writeClientRecord.fetch(to, this.nextRef(), subscription, seq, 0));
  }

  #settleRetention(seq: number): void {
    const retention = this.#notices.get(seq);
    if (retention === undefined) return;
    this.#notices.delete(seq);
    this.#settle('ack', retention, 0);
    this.#credit(1);
  }

  #settle(settlement: Settlement, { id, token }: LeaseGrant, ms: number): void {
    this.send((to) => writeClientRecord.settle(to, this.nextRef(), settlement, ms, id, token));
  }

  #credit(events: number): void {
    const subscription = this.#subscription;
    if (subscription === undefined) return;
    this.send((to) => writeClientRecord.credit(to, subscription, events, events * 1_000));
  }

  #pick(below: number): number {
    return Math.floor(this.#chance.fraction() * below);
  }
}
