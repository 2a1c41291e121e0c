import type {
  Body,
  BodyRun,
  ClientControl,
  ControlOf,
  Delivery,
  DropReason,
  FirstOfRun,
  Notice as NoticeRecord,
  Provenance,
} from '../broker/protocol/index.ts';
import type { AnswerOf, Asked } from './control-request.ts';
import { type Credit, CreditReturn, type Grants } from './credit-return.ts';
import { Drops, type Gap } from './drops.ts';
import type { TellwhenError } from './errors.ts';
import type { HeldLease } from './lease.ts';
import { Listeners } from './listeners.ts';
import { Replacements } from './replacements.ts';
import type { Settler } from './settler.ts';
import { DONE, Stream } from './stream.ts';

export type SubscribeFrame = Omit<ControlOf<ClientControl, 'subscribe'>, 'ref'>;
/** A mailbox, as the broker tells of it to who begins to take events from it. `created`: by doing so. */
export type MailboxJoined = NonNullable<AnswerOf<'subscribed'>['mailbox']>;
export type Cost = AnswerOf<'subscribed'>['cost'];

/** After a new connection: events may be missing, and the broker cannot tell how many. */
export interface Reset {
  /** What the subscriber saw last; 0 if nothing yet. */
  readonly lastSeq: number;
  /** Nothing is missing after this. */
  readonly seq: number;
  /** True when the broker still had the subscription: only what was under way is lost. */
  readonly resumed: boolean;
}

/** A subscription on one connection. */
export interface Binding {
  readonly id: number;
  readonly credit: CreditReturn;
}

/** What arrived and waits for a consumer. */
export interface Arrival<T> {
  readonly item: T;
  readonly seq: number;
  /** What the broker counts it as. */
  readonly creditBytes: number;
  /** The lease to renew while it waits. */
  readonly lease: HeldLease | undefined;
  /** The connection's part that the credit belongs to. */
  readonly binding: Binding;
}

/** Who takes items in a loop. */
export interface Taker {
  /** It wants nothing any more. */
  readonly over: boolean;
}

export interface RegistrationMeans {
  readonly settler: Settler;
  readonly grants: Grants;
  readonly returnCredit: (subscription: number, credit: Credit) => void;
  readonly report: (error: unknown) => void;
}

const NO_CREDIT: Credit = { events: 0, bytes: 0 };

/**
 * A subscription as the client keeps it, across connections: what was asked for, what the broker calls it at present,
 * what has arrived and waits, what was dropped. The subclasses make events or notices of the records.
 */
export abstract class Registration<T> {
  readonly gaps: Listeners<Gap>;
  readonly resets: Listeners<Reset>;
  readonly drops = new Drops();
  readonly replacements = new Replacements();
  readonly stream: Stream<Arrival<T>>;
  protected readonly means: RegistrationMeans;
  #ask: SubscribeFrame;
  #binding: Binding | undefined;
  #granted = NO_CREDIT;
  #deliveryLeaseMs: number | undefined;
  #id = 0;
  /** The broker has had it before: what `bind` tells is another start. */
  #known = false;
  #seq = 0;
  #lastSeq = 0;
  #cost: Cost = 'indexed';
  #mailbox: MailboxJoined | undefined;
  #over = false;

  constructor(ask: SubscribeFrame, means: RegistrationMeans) {
    this.#ask = ask;
    this.means = means;
    this.gaps = new Listeners(means.report);
    this.resets = new Listeners(means.report);
    this.stream = new Stream(0);
  }

  get ask(): SubscribeFrame & Asked {
    return this.#ask;
  }

  /**
   * How to come back to the mailbox that it takes from: by name only. Its filter may be another meanwhile, by somebody
   * else's wish, and asking for the former would be refused. `undefined` where there is none to come back to.
   */
  get askToJoin(): (SubscribeFrame & Asked) | undefined {
    if (this.#mailbox === undefined) return undefined;
    const { kind, mode, ack, creditEvents, creditBytes, deliveryLeaseMs, retentionMs } = this.#ask;
    const mailbox = this.#mailbox.name;
    return { kind, mailbox, mode, ack, creditEvents, creditBytes, deliveryLeaseMs, retentionMs };
  }

  /** The last number the broker gave it. */
  get id(): number {
    return this.#id;
  }

  /** The broker has it, on this connection. */
  get bound(): boolean {
    return this.#binding !== undefined;
  }

  get over(): boolean {
    return this.#over;
  }

  /** The topic filter: of a mailbox, as the broker told it. */
  get topic(): string {
    return this.#mailbox?.topic ?? this.#ask.topic ?? '';
  }

  get when(): string | undefined {
    return this.#mailbox === undefined ? this.#ask.when : this.#mailbox.when;
  }

  /** What it takes its events from, as it was when it last began to; of a subscription of its own, nothing. */
  get mailbox(): MailboxJoined | undefined {
    return this.#mailbox;
  }

  get seq(): number {
    return this.#seq;
  }

  get cost(): Cost {
    return this.#cost;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** The time that the broker gives its deliveries, where it has said so or was told. */
  get deliveryLeaseMs(): number | undefined {
    return this.#deliveryLeaseMs ?? this.#ask.deliveryLeaseMs;
  }

  get lossless(): boolean {
    return this.#ask.ack === 'explicit' || this.#ask.mode === 'pull' || this.#ask.mailbox !== undefined;
  }

  events(_topic: string, _first: FirstOfRun, _run: BodyRun, _provenance: Provenance | undefined): void {}

  event(_topic: string, _delivery: Delivery, _body: Body, _provenance: Provenance | undefined): void {}

  notice(_topic: string, _notice: NoticeRecord, _provenance: Provenance | undefined): void {}

  /** The broker made it, at first or anew. */
  bind(made: AnswerOf<'subscribed'>): void {
    const { subscription, seq, cost, creditEvents, creditBytes, deliveryLeaseMs, mailbox } = made;
    const again = this.#known;
    this.#known = true;
    this.#id = subscription;
    this.#seq = seq;
    this.#cost = cost;
    this.#granted = this.means.grants.of(creditEvents, creditBytes);
    // Twice: what was taken from no earlier connection waits beside what the present one may send.
    this.stream.max = 2 * creditEvents;
    this.#deliveryLeaseMs = deliveryLeaseMs;
    this.#mailbox = mailbox;
    this.drops.restart();
    this.replacements.restart();
    this.#bindAnew();
    // A mailbox has kept what came meanwhile.
    const kept = mailbox !== undefined && !mailbox.created;
    if (again && !kept) this.resets.tell({ lastSeq: this.#lastSeq, seq, resumed: false });
  }

  /** The broker still had it. Its credit starts again, and what was leased to us is given again. */
  resume(): void {
    this.#bindAnew();
    if (!this.lossless) this.resets.tell({ lastSeq: this.#lastSeq, seq: this.#lastSeq, resumed: true });
  }

  /** The connection is lost. What it brought under a lease, or as a notice, is given again on the next. */
  unbind(): void {
    this.#binding = undefined;
    if (this.lossless) this.#discard();
  }

  replaced(when: string | null, { seq, cost }: AnswerOf<'replaced'>): void {
    this.#ask = { ...this.#ask, when: when ?? undefined };
    if (this.#mailbox !== undefined) this.#mailbox = { ...this.#mailbox, when: when ?? undefined };
    this.#seq = seq;
    this.#cost = cost;
  }

  renewed(leaseMs: number): void {
    this.#ask = { ...this.#ask, leaseMs };
  }

  /** The broker tells of `total` events dropped for this reason, the last of them at `seq`. */
  gap(reason: DropReason, total: number, seq: number): void {
    const gap = this.drops.told(reason, total, seq);
    if (gap !== undefined) this.#tellGap(gap);
  }

  /** Nothing arrives any more. With an error, what has arrived can still be taken. */
  end(error?: TellwhenError): void {
    this.#over = true;
    this.#binding = undefined;
    if (error === undefined) this.#discard();
    this.stream.end(error);
  }

  /** As `next`, where an item waits and nothing else is to be told; else `undefined`. */
  nextAtOnce(): T | undefined {
    for (let arrival = this.stream.shift(); arrival !== undefined; arrival = this.stream.shift()) {
      this.taken(arrival);
      if (arrival.lease?.state !== 'lost') return arrival.item;
    }
    return undefined;
  }

  /** A consumer takes the next item; its credit is free again. Who is over is to `wake` the stream for itself as well. */
  async next(taker: Taker): Promise<IteratorResult<T, undefined>> {
    while (!taker.over) {
      const { done, value } = await this.stream.next(taker);
      if (done) break;
      this.taken(value);
      // It may have been lost in the turn between its arrival and this one.
      if (value.lease?.state !== 'lost') return { done: false, value: value.item };
    }
    return DONE;
  }

  protected get binding(): Binding | undefined {
    return this.#binding;
  }

  /** Items up to this one have arrived. */
  protected arrived(seq: number): void {
    if (seq > this.#lastSeq) this.#lastSeq = seq;
  }

  protected arrive(arrival: Arrival<T>): void {
    this.arrived(arrival.seq);
    if (arrival.lease !== undefined) this.means.settler.keeper.keep(arrival.lease);
    this.enqueue(arrival);
  }

  protected enqueue(arrival: Arrival<T>): void {
    const displaced = this.stream.push(arrival);
    const { lease } = arrival;
    if (lease !== undefined) lease.whenLost = () => this.#lost(arrival);
    if (displaced === undefined) return;
    this.#letGo(displaced.lease);
    this.freeCredit(displaced);
    this.#tellGap(this.drops.counted({ reason: 'overflow_oldest', count: 1, seq: displaced.seq }));
  }

  protected taken(arrival: Arrival<T>): void {
    if (arrival.lease !== undefined) {
      this.#letGo(arrival.lease);
      this.means.settler.handOut(arrival.lease);
    }
    this.freeCredit(arrival);
  }

  /** Credit of an earlier connection ended with it. */
  protected freeCredit({ binding, creditBytes }: Arrival<T>): void {
    this.freeCreditOf(binding, 1, creditBytes);
  }

  /** The same of several. */
  protected freeCreditOf(binding: Binding, events: number, bytes: number): void {
    if (binding !== this.#binding) return;
    const due = binding.credit.taken(events, bytes);
    if (due !== undefined) this.means.returnCredit(binding.id, due);
  }

  #bindAnew(): void {
    this.#binding = { id: this.#id, credit: new CreditReturn(this.#granted) };
  }

  /** Not to be handed out: it comes again, perhaps to another. */
  #lost(arrival: Arrival<T>): void {
    if (this.stream.delete(arrival)) this.freeCredit(arrival);
  }

  #discard(): void {
    for (const { lease } of this.stream.clear()) this.#letGo(lease);
  }

  #tellGap(gap: Gap): void {
    this.arrived(gap.seq);
    this.gaps.tell(gap);
  }

  #letGo(lease: HeldLease | undefined): void {
    if (lease === undefined) return;
    lease.whenLost = undefined;
    this.means.settler.keeper.letGo(lease);
  }
}
