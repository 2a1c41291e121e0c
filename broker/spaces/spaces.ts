import type { PredicateLimits } from '../../matcher/index.ts';
import type { Wakeups } from '../delivery/wakeups.ts';
import type { Chore, Chores } from '../kernel/chores.ts';
import type { Time } from '../kernel/time.ts';
import type { LeaseTable } from '../leases/index.ts';
import { type FindWish, type LeaseGrant, type OutOptions, ProtocolError } from '../protocol/index.ts';
import type { Journal } from '../store/journal.ts';
import type { Caller, OpenedSpace } from './caller.ts';
import { Finds } from './finds.ts';
import { checkTupleLease, Outs } from './outs.ts';
import { Room } from './room.ts';
import { Space } from './space.ts';
import { SpaceCounters } from './space-counters.ts';
import { SpaceStore } from './space-store.ts';
import type { SpaceTerms } from './space-terms.ts';
import { Templates } from './template/templates.ts';
import { Transaction } from './transaction.ts';
import { Tuple } from './tuple.ts';
import { TupleFates } from './tuple-fates.ts';
import { TupleLeases } from './tuple-leases.ts';
import { Waiters } from './waiters.ts';

export interface SpacesMeans {
  readonly terms: SpaceTerms;
  readonly time: Time;
  readonly journal: Journal;
  readonly leases: LeaseTable;
  readonly wakeups: Wakeups;
  readonly chores: Chores;
  readonly limits: PredicateLimits;
  readonly residualMax: number;
  /** Whether anything more may be stored: throws ProtocolError `store_full` or `store_busy`. */
  readonly admit: () => void;
  /** A number that no tuple and no space had, larger than all before. */
  readonly nextNumber: () => number;
  /** Tells who watches of a tuple that was not there before. */
  readonly told: (tuple: Tuple) => void;
}

/** After a restart, who had taken tuples may still be at work: so long nobody else is given them. */
const REST_MS = 5_000;

/** Of a tuple's lease, after a restart. */
const LEFT_MS_MIN = 30_000;

/** Tuples that are put back at a time, after a restart, and when a connection that had taken them is gone. */
const STEP_TUPLES = 500;

/** As many spaces as one page lists. */
const PAGE_SPACES = 100;

/** Every space of the broker, and what its callers may do with them. */
export class Spaces {
  readonly counters = new SpaceCounters();
  readonly waiters: Waiters;
  readonly templates: Templates;
  readonly #means: SpacesMeans;
  readonly #byName = new Map<string, Space>();
  readonly #room: Room;
  readonly #leases: TupleLeases;
  readonly #store: SpaceStore;
  readonly #fates: TupleFates;
  readonly #finds: Finds;
  readonly #outs: Outs;
  /** Of an earlier run, until they may be found. */
  #rested: Tuple[] = [];

  constructor(means: SpacesMeans) {
    this.#means = means;
    const { terms, time, journal, wakeups, limits, residualMax, admit, nextNumber, told } = means;
    const { counters } = this;
    this.#room = new Room(terms.roomBytesMax);
    this.waiters = new Waiters({
      waitersMax: terms.waitersMax,
      waitersPerCallerMax: terms.waitersPerCallerMax,
      residualMax,
    });
    this.templates = new Templates(limits);
    this.#leases = new TupleLeases(time, (tuple) => {
      counters.expired += 1;
      this.#fates.leaseExpired(tuple);
    });
    this.#store = new SpaceStore(
      journal,
      () => time.wallMs(),
      (tuple) => this.#leases.remainingMs(tuple),
    );
    this.#fates = new TupleFates({
      leases: this.#leases,
      store: this.#store,
      counters,
      offer: (tuple) => this.#finds.offer(tuple),
      offerToTakers: (tuple) => this.#finds.offerToTakers(tuple),
      told,
    });
    const shared = { terms, counters, store: this.#store, fates: this.#fates };
    this.#finds = new Finds({
      ...shared,
      time,
      wakeups,
      leases: means.leases,
      templates: this.templates,
      waiters: this.waiters,
    });
    this.#outs = new Outs({
      ...shared,
      admit,
      nextNumber,
      leases: this.#leases,
      offerInside: (tuple, transaction, caller) => this.#finds.offerInside(tuple, transaction, caller),
    });
  }

  get length(): number {
    return this.#byName.size;
  }

  /** Bytes of tuples that wait to be flushed. */
  get pendingBytes(): number {
    return this.#store.pendingBytes;
  }

  start(): void {
    this.#leases.start();
    if (this.#rested.length === 0) return;
    this.#means.wakeups.after(REST_MS, { wake: () => this.#means.chores.run(this.#wakeRested(), () => {}) });
  }

  stop(): void {
    this.#leases.stop();
  }

  /** What earlier runs have stored. Its leases go on, with 30 s at least; the downtime counts. */
  restore(): void {
    const { time } = this.#means;
    const byNumber = new Map<number, Space>();
    for (const record of this.#store.readSpaces()) {
      const space = this.#add(record);
      byNumber.set(space.number, space);
      for (const { number, text, data, leaseMs, endsMs } of this.#store.readTuples(space.number)) {
        const tuple = new Tuple(space, number, { text, data, bytes: Buffer.byteLength(text), leaseMs }, 'storing');
        space.add(tuple);
        this.#leases.run(tuple, Math.max(LEFT_MS_MIN, endsMs - time.wallMs()));
        this.#rested.push(tuple);
      }
    }
    const left = new Set([...this.#store.readNumbers()].filter((number) => !byNumber.has(number)));
    for (const { space, source, outs } of this.#store.readSources()) {
      const there = byNumber.get(space);
      if (there === undefined) left.add(space);
      else there.known.restore(source, outs);
    }
    for (const number of left) this.#means.chores.run(this.#deleteRest(number), () => {});
  }

  /**
   * A space, made if need be; this caller may use it from now on. The answer must wait for the flush if it is durable.
   * Throws ProtocolError (`space_name_invalid`, `space_differs`, `space_limit`, `not_durable`, `store_full`, `store_busy`).
   */
  open(
    caller: Caller,
    {
      space: name,
      durable,
      source,
    }: { readonly space: string; readonly durable?: boolean | undefined; readonly source?: string | undefined },
  ): { readonly space: Space; readonly created: boolean } {
    const present = this.#byName.get(name);
    if (present !== undefined && durable !== undefined && durable !== present.durable) {
      throw new ProtocolError('space_differs', `space ${name} is ${present.durable ? '' : 'not '}durable`);
    }
    const space = present ?? this.#make(name, durable ?? false);
    if (source !== undefined) space.known.heard(source);
    // Else who makes and removes spaces all day would be remembered with all of them.
    if (present === undefined)
      for (const [number, { space: other }] of caller.opened) if (other.over) caller.opened.delete(number);
    if (!caller.opened.has(space.number)) space.callers += 1;
    caller.opened.set(space.number, { space, source });
    return { space, created: present === undefined };
  }

  /** Throws ProtocolError `space_unknown`. */
  get(name: string): Space {
    const space = this.#byName.get(name);
    if (space === undefined) throw new ProtocolError('space_unknown', `there is no space ${name.slice(0, 128)}`);
    return space;
  }

  /** By name, from the one after so many on. */
  page(from: number, limit = PAGE_SPACES): { readonly spaces: readonly Space[]; readonly next: number | undefined } {
    const all = [...this.#byName.values()];
    const next = from + limit < all.length ? from + limit : undefined;
    return { spaces: all.slice(from, from + limit), next };
  }

  /** Ends a space, and answers how many tuples it had. The answer must wait for the flush if it is durable. */
  remove(name: string): number {
    const space = this.get(name);
    const tuples = space.tuples.size;
    space.over = true;
    this.#byName.delete(name);
    const error = new ProtocolError('space_unknown', `space ${name} was removed`);
    for (const waiter of [...this.waiters.of(space)]) this.#finds.unserved(waiter, error);
    this.waiters.forget(space);
    this.#fates.endAll(space);
    if (space.durable) {
      this.#store.deleteSpace(space);
      this.#means.chores.run(this.#deleteRest(space.number), () => {});
    }
    return tuples;
  }

  /** See `Outs.out`. */
  out(caller: Caller, ref: number, number: number, options: OutOptions, text: string): void {
    this.#outs.out(caller, ref, opened(caller, number), options, text);
  }

  /** See `Finds.find`. */
  find(caller: Caller, ref: number, number: number, wish: FindWish, template: string): void {
    this.#finds.find(caller, ref, opened(caller, number), wish, template);
  }

  cancel(caller: Caller, ref: number): void {
    this.#finds.cancel(caller, ref);
  }

  /** Throws ProtocolError `lease_limit` or `lease_ttl_range`. */
  begin(caller: Caller, leaseMs: number): LeaseGrant {
    const transaction = new Transaction(caller, leaseMs, {
      leases: this.#means.leases,
      fates: this.#fates,
      counters: this.counters,
      unserved: (waiter, error) => this.#finds.unserved(waiter, error),
    });
    return transaction.lease;
  }

  /**
   * Sets the lease of a tuple, or with 0 ends it, and with it the tuple. `done` is told what is left, when that is flushed.
   * Throws ProtocolError `tuple_gone` or `lease_ttl_range`.
   */
  renew(
    caller: Caller,
    number: number,
    tupleNumber: number,
    leaseMs: number,
    done: (remainingMs: number) => void,
  ): void {
    const { space } = opened(caller, number);
    const tuple = space.tuples.get(tupleNumber);
    const isThere = tuple !== undefined && tuple.state !== 'private' && !tuple.expired;
    if (!isThere) throw new ProtocolError('tuple_gone', `the space has no tuple ${tupleNumber}`);
    if (leaseMs === 0) {
      if (tuple.state === 'taken') throw new ProtocolError('tuple_gone', `tuple ${tupleNumber} is taken`);
      this.#fates.cancel(tuple);
    } else {
      checkTupleLease(leaseMs, this.#means.terms);
      tuple.leaseMs = leaseMs;
      this.#leases.run(tuple, leaseMs);
      if (space.durable) this.#store.put(tuple);
    }
    if (space.durable) this.#store.afterFlush(() => done(leaseMs));
    else done(leaseMs);
  }

  /** The connection has ended: what it waits for is forgotten, what it holds goes back. */
  leave(caller: Caller): void {
    caller.over = true;
    caller.lane.clear();
    for (const waiter of [...caller.waiters.values()]) this.#finds.unserved(waiter, undefined);
    this.#giveBack(caller);
    for (const { space } of caller.opened.values()) space.callers -= 1;
    caller.opened.clear();
  }

  /** Tuples and their bytes, and what waits and is taken, of all spaces. */
  totals() {
    const totals = {
      spaces: this.#byName.size,
      tuples: 0,
      bytes: 0,
      memoryBytes: this.#room.bytes,
      taken: 0,
      waiting: this.waiters.length,
      indexes: 0,
    };
    for (const { tuples, bytes, taken, index } of this.#byName.values()) {
      totals.tuples += tuples.size;
      totals.bytes += bytes;
      totals.taken += taken;
      totals.indexes += index.fields;
    }
    return totals;
  }

  #make(name: string, durable: boolean): Space {
    const { terms, admit, nextNumber } = this.#means;
    if (!NAME.test(name)) {
      throw new ProtocolError('space_name_invalid', 'a space name has 1 to 128 characters, none of / + # $ or control');
    }
    if (durable && !this.#store.isDurable) {
      throw new ProtocolError('not_durable', 'this broker keeps everything in memory; start it without --memory');
    }
    if (this.#byName.size >= terms.spacesMax && !this.#removeIdle()) {
      throw new ProtocolError('space_limit', `the broker holds ${terms.spacesMax} spaces, as many as it may`);
    }
    if (durable) admit();
    const space = this.#add({ name, number: nextNumber(), durable });
    if (durable) this.#store.putSpace(space);
    return space;
  }

  #add(identity: { readonly name: string; readonly number: number; readonly durable: boolean }): Space {
    const { terms, chores } = this.#means;
    const space = new Space(identity, terms, this.#room, { run: (chore) => chores.run(chore, () => {}) });
    this.#byName.set(space.name, space);
    return space;
  }

  /** One that nobody would miss, if there is any. */
  #removeIdle(): boolean {
    for (const space of this.#byName.values()) {
      if (!space.isIdle) continue;
      this.remove(space.name);
      return true;
    }
    return false;
  }

  /** What a connection held that has ended: at once, as far as that is soon done. */
  #giveBack(caller: Caller): void {
    const giving = this.#givingBack(caller);
    if (giving.next().done !== true) this.#means.chores.run(giving, () => {});
  }

  *#givingBack(caller: Caller): Chore<void> {
    let tuples = 0;
    for (const holding of [...caller.transactions.values(), ...caller.takes]) {
      tuples += holding.length;
      // Its time may have been over meanwhile.
      if (holding.held) holding.ownerClosed();
      if (tuples < STEP_TUPLES) continue;
      tuples = 0;
      yield;
    }
  }

  *#wakeRested(): Chore<void> {
    const tuples = this.#rested;
    this.#rested = [];
    for (const [i, tuple] of tuples.entries()) {
      this.#fates.restored(tuple);
      if (i % STEP_TUPLES === STEP_TUPLES - 1) yield;
    }
  }

  *#deleteRest(number: number): Chore<void> {
    while (this.#store.deleteRest(number)) yield;
  }
}

/** As of a mailbox, because it is a level of a topic. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be in a name.
const NAME = /^[^/+#$\u0000-\u001f\u007f]{1,128}$/;

/** Throws ProtocolError `space_unknown`. */
function opened(caller: Caller, number: number): OpenedSpace {
  const space = caller.opened.get(number);
  if (space !== undefined && !space.space.over) return space;
  throw new ProtocolError('space_unknown', `this connection has not opened a space ${number}, or it was removed`);
}
