import type { Wakeups } from '../delivery/wakeups.ts';
import type { Time } from '../kernel/time.ts';
import type { LeaseTable } from '../leases/index.ts';
import { type FindWish, type FoundTuple, type NothingReason, ProtocolError } from '../protocol/index.ts';
import type { Caller, OpenedSpace } from './caller.ts';
import { transactionOf } from './outs.ts';
import type { Space } from './space.ts';
import type { SpaceCounters } from './space-counters.ts';
import type { SpaceStore } from './space-store.ts';
import type { SpaceTerms } from './space-terms.ts';
import { Take } from './take.ts';
import type { CompiledTemplate } from './template/compiled-template.ts';
import type { Templates } from './template/templates.ts';
import { type Transaction, transactionOver } from './transaction.ts';
import type { Tuple } from './tuple.ts';
import type { TupleFates } from './tuple-fates.ts';
import type { Waiter } from './waiter.ts';
import type { Waiters } from './waiters.ts';

export interface FindsMeans {
  readonly terms: SpaceTerms;
  readonly time: Time;
  readonly counters: SpaceCounters;
  readonly leases: LeaseTable;
  readonly templates: Templates;
  readonly waiters: Waiters;
  readonly wakeups: Wakeups;
  readonly store: SpaceStore;
  readonly fates: TupleFates;
}

/** The most that `many` may ask for, and bytes of tuples after which an answer ends. */
const MANY_MAX = 1_000;
const ANSWER_BYTES = 64 * 1024;

/** A find on its way: all but where it has come to. */
interface Find {
  readonly caller: Caller;
  readonly ref: number;
  readonly space: Space;
  readonly template: CompiledTemplate;
  readonly wish: FindWish;
  readonly transaction: Transaction | undefined;
}

/** Finds tuples, for those who read and those who take, at once or when they come. */
export class Finds {
  readonly #means: FindsMeans;

  constructor(means: FindsMeans) {
    this.#means = means;
  }

  /**
   * The answer comes in this turn, or later. Throws ProtocolError (`template_invalid`, `transaction_unknown`,
   * `waiter_limit`, `lease_limit`, `lease_ttl_range`, `frame_malformed`, `rate_limited`) or FilterError, and then nothing was
   * done.
   */
  find(caller: Caller, ref: number, { space }: OpenedSpace, wish: FindWish, text: string): void {
    this.#check(caller, ref, wish);
    const template = this.#means.templates.compile(text);
    const transaction = wish.transaction === undefined ? undefined : transactionOf(caller, wish.transaction);
    const find: Find = { caller, ref, space, template, wish, transaction };
    if (wish.many !== undefined) {
      this.#findMany(find, wish.many.max, wish.many.after);
      return;
    }
    const own = transaction?.find(space, template);
    if (own !== undefined) {
      this.#hand(find, own);
      return;
    }
    const { tuple, next } = this.#search(find, 0);
    if (tuple !== undefined) this.#hand(find, tuple);
    else if (wish.waitMs !== undefined) this.#wait(find, wish.waitMs, next);
    else if (next > 0) this.#searchOn(find, next);
    else this.#nothing(find, 'none');
  }

  /** Gives up a find that waits. One that does not, or not any more, is answered by itself. */
  cancel(caller: Caller, ref: number): void {
    const waiter = caller.waiters.get(ref);
    if (waiter === undefined) return;
    this.#leave(waiter);
    this.#nothing(waiter, 'cancelled');
  }

  /** Offers a tuple that has just come to be visible to all who wait to read it, then to the first who waits to take it. */
  offer(tuple: Tuple): void {
    if (tuple.space.waiting === 0) return;
    this.#means.waiters.readersOf(tuple, (waiter) => this.#serve(waiter, tuple));
    this.offerToTakers(tuple);
  }

  /** The same for those who take. */
  offerToTakers(tuple: Tuple): void {
    if (tuple.space.waiting === 0) return;
    for (let waiter = this.#means.waiters.firstTakerOf(tuple); waiter !== undefined; ) {
      // One that cannot have it, because it holds as much as it may, is told so, and the next one is asked.
      if (this.#serve(waiter, tuple)) return;
      waiter = this.#means.waiters.firstTakerOf(tuple);
    }
  }

  /** Offers a tuple that a transaction has put to those of its finds that wait. */
  offerInside(tuple: Tuple, transaction: Transaction, caller: Caller): void {
    for (const take of [false, true]) {
      for (const waiter of [...caller.waiters.values()]) {
        const { wish, space, template } = waiter;
        if (waiter.transaction !== transaction || wish.take !== take || space !== tuple.space) continue;
        if (template.fits(tuple) && this.#serve(waiter, tuple) && take) return;
      }
    }
  }

  /** A find that waits will not be served. */
  unserved(waiter: Waiter, error: unknown): void {
    this.#leave(waiter);
    if (!waiter.caller.over) waiter.caller.answers.refused(waiter.ref, error);
  }

  #check(caller: Caller, ref: number, { take, waitMs, transaction, leaseMs, final, many }: FindWish): void {
    const refuse = (message: string): never => {
      throw new ProtocolError('frame_malformed', message);
    };
    if (ref === 0) refuse('a find wants an answer: its ref is 1 or more');
    if (caller.waiters.has(ref)) refuse(`a find with ref ${ref} waits already`);
    if (many !== undefined && (many.max < 1 || many.max > MANY_MAX)) {
      refuse(`a find of ${many.max} tuples; 1 to ${MANY_MAX}`);
    }
    if (many !== undefined && waitMs !== undefined) refuse('a find of many does not wait');
    if (waitMs !== undefined && waitMs > WAIT_MS_MAX) refuse(`a find that waits ${waitMs} ms; at most ${WAIT_MS_MAX}`);
    if ((final || leaseMs !== undefined) && (!take || transaction !== undefined)) {
      refuse('only a take outside of a transaction has a lease, or none');
    }
    const { minMs, maxMs } = this.#means.terms.takeLease;
    if (leaseMs !== undefined && (leaseMs < minMs || leaseMs > maxMs)) {
      throw new ProtocolError('lease_ttl_range', `${leaseMs} ms for a take: ${minMs} to ${maxMs} are allowed`);
    }
  }

  /** As much of it as one turn has time for: what is left has turns of its own. */
  #search({ space, template, wish, transaction }: Find, after: number) {
    const { counters } = this.#means;
    return space.index.search(template, after, template.turnTuples, (tuple) => {
      counters.looked += 1;
      return (!wish.take || tuple.isFreeFor(transaction)) && template.fits(tuple);
    });
  }

  /** In a turn of its own: goes on until there is one, or no more. A find that waits stays meanwhile, and may be served. */
  #searchOn(find: Find, after: number, waiter?: Waiter): void {
    const { caller, space, transaction } = find;
    const goOn = (): void => {
      if (caller.over) return;
      // One that waits was told already when it was served, or when its transaction or its space ended.
      if (waiter !== undefined && waiter.group === undefined) return;
      if (transaction?.over) {
        caller.answers.refused(find.ref, transactionOver());
        return;
      }
      if (space.over) {
        this.#nothing(find, 'none');
        return;
      }
      const { tuple, next } = this.#search(find, after);
      if (tuple !== undefined) {
        if (waiter === undefined) this.#handOrRefuse(find, tuple);
        else this.#serve(waiter, tuple);
      } else if (next > 0) this.#searchOn(find, next, waiter);
      else if (waiter === undefined) this.#nothing(find, 'none');
    };
    if (caller.lane.add(goOn)) return;
    throw new ProtocolError('rate_limited', 'too many finds of this connection look through many tuples');
  }

  #wait(find: Find, waitMs: number, next: number): void {
    const { waiters, wakeups, time } = this.#means;
    const waiter = waiters.add({ ...find, sinceMs: time.monotonicMs() });
    try {
      if (next > 0) this.#searchOn(find, next, waiter);
    } catch (error) {
      waiters.remove(waiter);
      throw error;
    }
    if (waitMs === 0) return;
    const wake = (): void => {
      waiter.deadline = undefined;
      this.#leave(waiter);
      this.#nothing(waiter, 'deadline');
    };
    waiter.deadline = wakeups.after(waitMs, { wake });
  }

  /** It waits no more. False when it did not. */
  #leave(waiter: Waiter): boolean {
    if (!this.#means.waiters.remove(waiter)) return false;
    if (waiter.deadline !== undefined) this.#means.wakeups.cancel(waiter.deadline);
    return true;
  }

  /** Hands a tuple to one who waited. False when it could not be given it. */
  #serve(waiter: Waiter, tuple: Tuple): boolean {
    const { counters, time } = this.#means;
    this.#leave(waiter);
    if (!this.#handOrRefuse(waiter, tuple)) return false;
    counters.woken += 1;
    counters.waitedMs += time.monotonicMs() - waiter.sinceMs;
    return true;
  }

  #handOrRefuse(find: Find, tuple: Tuple): boolean {
    try {
      this.#hand(find, tuple);
      return true;
    } catch (error) {
      find.caller.answers.refused(find.ref, error);
      return false;
    }
  }

  /** Gives one tuple to who asked for it. Throws ProtocolError `lease_limit`, and then it was not given. */
  #hand({ caller, ref, wish, transaction }: Find, tuple: Tuple): void {
    const { counters, fates, store } = this.#means;
    const found: readonly FoundTuple[] = [{ tuple: tuple.number, text: tuple.text }];
    const answer = (): void => {
      if (!caller.over) caller.answers.found(ref, undefined, 0, found);
    };
    if (!wish.take) {
      transaction?.admit(1);
      transaction?.read(tuple);
      counters.reads += 1;
      answer();
      return;
    }
    if (transaction !== undefined) {
      transaction.admit(1);
      transaction.take(tuple);
      answer();
    } else if (wish.final) {
      fates.take(tuple);
      // Who has it must not see it come back with a crash.
      if (fates.consume([tuple])) store.afterFlush(answer);
      else answer();
    } else {
      const take = new Take(caller, wish.leaseMs, this.#means);
      take.add(tuple);
      caller.answers.found(ref, take.lease, 0, found);
    }
    counters.takes += 1;
  }

  #findMany(find: Find, max: number, after: number): void {
    const { caller, ref, space, template, wish, transaction } = find;
    const { counters, fates, store } = this.#means;
    const tuples: Tuple[] = [];
    let bytes = 0;
    const next = space.index.list(template, after, template.turnTuples, (tuple) => {
      counters.looked += 1;
      if ((wish.take && !tuple.isFreeFor(transaction)) || !template.fits(tuple)) return false;
      tuples.push(tuple);
      bytes += tuple.bytes;
      return tuples.length === max || bytes >= ANSWER_BYTES;
    });
    const found = tuples.map(({ number, text }) => ({ tuple: number, text }));
    const answer = (): void => {
      if (!caller.over) caller.answers.found(ref, take?.lease, next, found);
    };
    let take: Take | undefined;
    let waitsForFlush = false;
    transaction?.admit(tuples.length);
    if (!wish.take) {
      counters.reads += tuples.length;
      for (const tuple of tuples) transaction?.read(tuple);
    } else {
      counters.takes += tuples.length;
      if (transaction !== undefined) for (const tuple of tuples) transaction.take(tuple);
      else if (wish.final) {
        for (const tuple of tuples) fates.take(tuple);
        waitsForFlush = fates.consume(tuples);
      } else if (tuples.length > 0) {
        take = new Take(caller, wish.leaseMs, this.#means);
        for (const tuple of tuples) take.add(tuple);
      }
    }
    if (waitsForFlush) store.afterFlush(answer);
    else answer();
  }

  #nothing({ caller, ref }: Pick<Find, 'caller' | 'ref'>, reason: NothingReason): void {
    this.#means.counters.misses += 1;
    if (!caller.over) caller.answers.nothing(ref, reason);
  }
}

/** As long as a duration can be on the wire. */
const WAIT_MS_MAX = 0xffff_ffff;
