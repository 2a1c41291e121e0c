import type { LeaseGrant } from '../../broker/protocol/index.ts';
import { checkNames, invalid } from '../arguments.ts';
import type { Consumer, PullOptions } from '../consumer.ts';
import type { AnswerOf } from '../control-request.ts';
import type { SignalOption } from '../feed.ts';
import { HeldLease } from '../lease.ts';
import type { Ask } from '../mailboxes.ts';
import type { EventCallback } from '../push-registration.ts';
import type { Settler } from '../settler.ts';
import type { SubscribeOptions, Subscription } from '../subscription.ts';
import type { ClientTime } from '../time.ts';
import { type FindAsk, FindMany, FindOne, type FoundPage } from './find-operation.ts';
import { OutOperation } from './out-operation.ts';
import type { SpaceBinding } from './space-binding.ts';
import type { SpaceLine } from './space-line.ts';
import { Taken } from './taken.ts';
import { templateText, wireTemplate } from './template.ts';
import type { Transaction } from './transaction.ts';
import type { Template, Tuple, TupleOf } from './tuple.ts';
import { RenewOperation, type TupleLease, type TupleLeaseMeans } from './tuple-lease.ts';
import { NoticeWatch, type SeenCallback, seenIn, Watch, type WatchOptions, watchFilter } from './watch.ts';

export interface TransactionOption {
  /** It is part of this: it happens with all the rest of it, or not at all. */
  readonly transaction?: Transaction | undefined;
}

export interface OutOptions extends TransactionOption, SignalOption {
  /** So long it stays, if nobody takes it. Default: as the broker is configured, an hour. */
  readonly leaseMs?: number | undefined;
}

export interface FitOptions extends SignalOption {
  /** A predicate that has to be true besides: `$0`, `$1`, … are the places of an array, names the fields of an object. */
  readonly when?: string | undefined;
}

export interface ReadNowOptions extends FitOptions, TransactionOption {}

export interface WaitOption {
  /** How long to wait for a tuple that fits; then it rejects with `timeout`. Default: for ever. */
  readonly timeoutMs?: number | undefined;
}

export interface ReadOptions extends ReadNowOptions, WaitOption {}

export interface TakeNowOptions extends ReadNowOptions {
  /** So long a take is ours before it has to be renewed, which the library does. */
  readonly leaseMs?: number | undefined;
  /** The caller commits, or aborts. */
  readonly manual?: boolean | undefined;
  /**
   * No lease, and one message less: the tuple is gone as soon as the broker has sent it. When the connection is lost just
   * then, it is gone for nobody.
   */
  readonly final?: boolean | undefined;
}

export interface TakeOptions extends TakeNowOptions, WaitOption {}

export interface MaxOption {
  /** At most so many. Default: all. */
  readonly max?: number | undefined;
}

export interface SpaceMeans {
  readonly line: SpaceLine;
  readonly settler: Settler;
  readonly time: ClientTime;
  readonly ask: Ask;
  /** Throws TellwhenError when nothing new may be asked. */
  readonly admit: () => void;
  readonly subscribe: (options: SubscribeOptions, onEvent?: EventCallback) => Promise<Subscription>;
  readonly pull: (options: PullOptions) => Promise<Consumer>;
  /** An answer that need not wait for others may take so long. */
  readonly answerMs: number;
  /** So long an `out` is tried, across connections. */
  readonly retryMs: number;
}

/** How a template fares: what the broker looked at, and the tuples that come closest. */
export type TemplateExplained = Omit<AnswerOf<'templateExplained'>, 'kind' | 'ref'>;

/** Of one page of many: what the broker gives at once. */
const PAGE_MAX = 1_000;

const OUT_NAMES: ReadonlySet<string> = new Set(['leaseMs', 'transaction', 'signal'] satisfies (keyof OutOptions)[]);
const FIND_NAMES: ReadonlySet<string> = new Set([
  'when',
  'timeoutMs',
  'transaction',
  'signal',
  'leaseMs',
  'manual',
  'final',
  'max',
] satisfies (keyof (TakeOptions & MaxOption))[]);

/**
 * A shared data space: tuples wait in it for whoever wants them, and neither needs to know the other, nor be there at the
 * same time (Gelernter 1985). The object stays the same across connections.
 *
 * Every method that waits rejects with TellwhenError as those of `Client` do; besides `space_name_invalid`,
 * `space_differs`, `space_limit`, `space_full`, `tuple_invalid`, `template_invalid`, `waiter_limit`,
 * `transaction_unknown`, and the predicate codes.
 */
export class Space {
  readonly #binding: SpaceBinding;
  readonly #means: SpaceMeans;
  readonly #leases: TupleLeaseMeans;

  /** Made by the client only. */
  constructor(binding: SpaceBinding, means: SpaceMeans) {
    this.#binding = binding;
    this.#means = means;
    this.#leases = { space: binding, renew: (tuple, leaseMs) => this.#renew(tuple, leaseMs) };
  }

  get name(): string {
    return this.#binding.name;
  }

  /**
   * Puts a tuple, an array or an object as JSON has them. What one turn puts leaves together, in the order of the calls;
   * nobody need wait for one answer before the next call. When the connection is lost before the answer came, it is said
   * again on the next, and the broker knows it again: it is there once.
   *
   * Linda's `eval`, a tuple that computes itself, is the caller's own business: whatever computes it puts it with `out`
   * when it is done.
   */
  out(tuple: object, options?: OutOptions): Promise<TupleLease> {
    const promise = new Promise<TupleLease>((resolve, reject) => {
      this.#means.admit();
      if (options !== undefined) checkNames('the options of out', options, OUT_NAMES);
      const { leaseMs, transaction, signal } = options ?? NOTHING_SAID;
      transaction?.check();
      const { line, time, retryMs } = this.#means;
      const deadlineMs = time.nowMs() + retryMs;
      const ask = { text: tupleText(tuple), deadlineMs, leaseMs, transaction: transaction?.id, leases: this.#leases };
      line.perform(new OutOperation(this.#binding, ask, resolve, reject), signal);
    });
    options?.transaction?.track(promise);
    return promise;
  }

  /** Reads a tuple that fits; waits for one. It stays. */
  rd<const T extends Template>(template: T, options: ReadOptions = NOTHING_SAID): Promise<TupleOf<T>> {
    return this.#one(template, false, true, options) as Promise<TupleOf<T>>;
  }

  /** Reads a tuple that fits, or `undefined` where there is none now. */
  rdp<const T extends Template>(template: T, options: ReadNowOptions = NOTHING_SAID): Promise<TupleOf<T> | undefined> {
    return this.#one(template, false, false, options) as Promise<TupleOf<T> | undefined>;
  }

  /**
   * Takes a tuple that fits; waits for one. Those who wait are served in the order in which they came. Once this resolves,
   * the tuple is out of the space, and nobody else's. With `manual`, it is ours until that is said.
   *
   * When the connection is lost while it waits, it waits on, on the next. When it is lost between the taking and the
   * broker's word that it is done, it rejects with `connection_lost`: the tuple may be gone, or back.
   */
  in<const T extends Template>(template: T, options: TakeOptions & { manual: true }): Promise<Taken<TupleOf<T>>>;
  in<const T extends Template>(
    template: T,
    options?: TakeOptions & { manual?: false | undefined },
  ): Promise<TupleOf<T>>;
  in(template: Template, options: TakeOptions = NOTHING_SAID): Promise<unknown> {
    return this.#one(template, true, true, options);
  }

  /** Takes a tuple that fits, or `undefined` where there is none now. See `in`. */
  inp<const T extends Template>(
    template: T,
    options: TakeNowOptions & { manual: true },
  ): Promise<Taken<TupleOf<T>> | undefined>;
  inp<const T extends Template>(
    template: T,
    options?: TakeNowOptions & { manual?: false | undefined },
  ): Promise<TupleOf<T> | undefined>;
  inp(template: Template, options: TakeNowOptions = NOTHING_SAID): Promise<unknown> {
    return this.#one(template, true, false, options);
  }

  /** All tuples that fit now, oldest first. */
  async rdAll<const T extends Template>(
    template: T,
    options: ReadNowOptions & MaxOption = NOTHING_SAID,
  ): Promise<TupleOf<T>[]> {
    const { tuples } = await this.#all(template, false, options);
    return tuples as TupleOf<T>[];
  }

  /** Takes all tuples that fit now, oldest first. With `manual`, all of them are ours until that is said. */
  async inAll<const T extends Template>(
    template: T,
    options: TakeNowOptions & MaxOption & { manual: true },
  ): Promise<Taken<TupleOf<T>[]>>;
  async inAll<const T extends Template>(
    template: T,
    options?: TakeNowOptions & MaxOption & { manual?: false | undefined },
  ): Promise<TupleOf<T>[]>;
  async inAll(template: Template, options: TakeNowOptions & MaxOption = NOTHING_SAID): Promise<unknown> {
    const { tuples, leases } = await this.#all(template, true, options);
    const taken = new Taken(tuples, leases, this.#means.settler);
    if (options.manual === true) return taken;
    if (leases.length > 0) await taken.commit();
    return tuples;
  }

  /** How many tuples fit now. Rejects with `space_unknown` where nobody has used it yet. */
  async count(template: Template, { when, signal }: FitOptions = NOTHING_SAID): Promise<number> {
    const wire = wireTemplate(template, when);
    const space = this.name;
    let count = 0;
    let after: number | undefined;
    do {
      const ask = { kind: 'countTuples', space, template: wire, after } as const;
      const part: AnswerOf<'tuplesCounted'> = await this.#means.ask(ask, 'tuplesCounted', { repeatable: true, signal });
      count += part.count;
      after = part.next;
    } while (after !== undefined);
    return count;
  }

  /** Why does nothing fit? The tuples that come closest, and what of the template each fails. */
  async explain(
    template: Template,
    { when, limit, signal }: FitOptions & { readonly limit?: number | undefined } = NOTHING_SAID,
  ): Promise<TemplateExplained> {
    const ask = { kind: 'explainTemplate', space: this.name, template: wireTemplate(template, when), limit } as const;
    const answer = await this.#means.ask(ask, 'templateExplained', { repeatable: true, signal });
    const { kind: _kind, ref: _ref, ...explained } = answer;
    return explained;
  }

  /**
   * Tells of every tuple that fits as it comes to be visible, from now on: to `onSeen`, or to who iterates over what this
   * resolves with. Nothing is taken, and a tuple may be gone by then.
   *
   *     for await (const { tuple } of await blog.watch(['bob', 'distsys', String])) console.log(tuple[2]);
   */
  async watch<const T extends Template>(
    template: T,
    { when, signal }: WatchOptions = NOTHING_SAID,
    onSeen?: SeenCallback<TupleOf<T>>,
  ): Promise<Watch<T>> {
    wireTemplate(template, when);
    const filter = { ...watchFilter(this.name, template, when), signal };
    const onEvent: EventCallback | undefined =
      onSeen &&
      ((event) => {
        const seen = seenIn(event, template);
        return seen === undefined ? undefined : onSeen(seen);
      });
    return new Watch(await this.#means.subscribe(filter, onEvent), template);
  }

  /** The same by notices, each read when it is wanted: for who looks at few of many, or at his own pace. */
  async watchNotices<const T extends Template>(
    template: T,
    { when, signal }: WatchOptions = NOTHING_SAID,
  ): Promise<NoticeWatch<T>> {
    wireTemplate(template, when);
    return new NoticeWatch(await this.#means.pull({ ...watchFilter(this.name, template, when), signal }), template);
  }

  #one(template: Template, take: boolean, waits: boolean, options: TakeOptions): Promise<unknown> {
    const promise = new Promise((resolve, reject) => {
      const ask = this.#ask(template, take, waits, options, undefined);
      const handOver = options.manual === true ? this.#handOver(options) : undefined;
      this.#means.line.perform(new FindOne(this.#binding, ask, resolve, reject, handOver), options.signal);
    });
    options.transaction?.track(promise);
    return promise;
  }

  /** Page by page. Takes are under leases until all pages are here, so that nothing is lost with the last one. */
  async #all(
    template: Template,
    take: boolean,
    options: TakeNowOptions & MaxOption,
  ): Promise<{ tuples: Tuple[]; leases: HeldLease[] }> {
    const { max = Number.POSITIVE_INFINITY } = options;
    if (max !== Number.POSITIVE_INFINITY && !(Number.isInteger(max) && max > 0)) {
      throw invalid(`max must be a whole number above 0, not ${max}`);
    }
    const tuples: Tuple[] = [];
    const leases: HeldLease[] = [];
    try {
      let after = 0;
      do {
        const many = { max: Math.min(PAGE_MAX, max - tuples.length), after };
        const page = await this.#page(this.#ask(template, take, false, options, many), options, leases);
        tuples.push(...page.tuples);
        after = page.next;
      } while (after !== 0 && tuples.length < max);
    } catch (error) {
      const { settler } = this.#means;
      for (const lease of leases) if (lease.state === 'held') settler.release(lease, 0).catch(() => {});
      throw error;
    }
    return { tuples, leases };
  }

  #page(ask: FindAsk, options: TakeNowOptions, leases: HeldLease[]): Promise<FoundPage> {
    const promise = new Promise<FoundPage>((resolve, reject) => {
      const leased = (grant: LeaseGrant, nowMs: number): void => void leases.push(this.#held(grant, nowMs, options));
      this.#means.line.perform(new FindMany(this.#binding, ask, resolve, reject, leased), options.signal);
    });
    options.transaction?.track(promise);
    return promise;
  }

  /** Throws TellwhenError for what cannot be asked. */
  #ask(
    template: Template,
    take: boolean,
    waits: boolean,
    options: TakeOptions,
    many: { readonly max: number; readonly after: number } | undefined,
  ): FindAsk {
    this.#means.admit();
    if (options !== NOTHING_SAID) checkFindOptions(options);
    const { when, timeoutMs, transaction, leaseMs, final = false } = options;
    transaction?.check();
    const { time, answerMs } = this.#means;
    const patienceMs = waits ? (timeoutMs ?? Number.POSITIVE_INFINITY) : answerMs;
    return {
      wish: {
        take,
        waitMs: waits ? 0 : undefined,
        transaction: transaction?.id,
        leaseMs: take ? leaseMs : undefined,
        final,
        many,
      },
      template: templateText(template, when),
      deadlineMs: time.nowMs() + patienceMs,
      answerMs,
    };
  }

  #handOver(options: TakeOptions): (tuple: Tuple, grant: LeaseGrant, nowMs: number) => Taken<Tuple> {
    return (tuple, grant, nowMs) => new Taken(tuple, [this.#held(grant, nowMs, options)], this.#means.settler);
  }

  #held(grant: LeaseGrant, fromMs: number, { leaseMs }: TakeOptions): HeldLease {
    const { settler } = this.#means;
    const lease = new HeldLease(grant, { kind: 'delivery', fromMs, ttlMs: leaseMs });
    settler.handOut(lease);
    settler.keeper.keep(lease);
    return lease;
  }

  #renew(tuple: number, leaseMs: number): Promise<number> {
    return new Promise((renewed, failed) => {
      const { line, time, answerMs } = this.#means;
      const wish = { tuple, leaseMs, renewed, failed };
      line.perform(new RenewOperation(this.#binding, time.nowMs() + answerMs, wish));
    });
  }
}

const NOTHING_SAID: TakeOptions = {};

/** Throws TellwhenError `invalid_argument`. */
function checkFindOptions(options: TakeOptions): void {
  checkNames('the options of a find', options, FIND_NAMES);
  const { timeoutMs, transaction, manual, final } = options;
  if (manual === true && (final === true || transaction !== undefined)) {
    throw invalid('manual: there is no lease to settle where a take is final, or part of a transaction');
  }
  if (final === true && transaction !== undefined) {
    throw invalid('final: a take that is part of a transaction can be undone');
  }
  if (timeoutMs !== undefined && !(timeoutMs > 0)) throw invalid(`timeoutMs must be above 0, not ${timeoutMs}`);
}

function tupleText(tuple: unknown): string {
  if (typeof tuple !== 'object' || tuple === null) throw invalid('a tuple is an array or an object');
  try {
    return JSON.stringify(tuple);
  } catch (cause) {
    throw invalid('the tuple cannot be said in JSON', cause);
  }
}
