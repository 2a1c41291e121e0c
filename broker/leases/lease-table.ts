import type { Chance } from '../kernel/chance.ts';
import type { Time } from '../kernel/time.ts';
import type {
  EndCause,
  LeaseAllocated,
  LeaseClaim,
  LeaseDescription,
  LeaseExtended,
  LeaseGrant,
  LeaseHolder,
  LeaseRefusal,
  LeaseSettled,
} from './lease-answers.ts';
import { LeaseClock } from './lease-clock.ts';
import { copyLeaseCounts, type LeaseCounts, zeroLeaseCounts } from './lease-counts.ts';
import { graceMs, isInRange, spread } from './lease-duration.ts';
import {
  checkLeaseTerms,
  DEFAULT_LEASE_TERMS,
  type LeaseKind,
  type LeaseTerms,
  type LeaseTermsByKind,
} from './lease-kinds.ts';
import { LeaseOwners } from './lease-owners.ts';
import {
  refuseEnded,
  refuseLimit,
  refuseNotOwner,
  refuseRange,
  refuseSuperseded,
  refuseTotal,
  refuseUnknown,
} from './lease-refusals.ts';
import { LeaseRows } from './lease-rows.ts';
import { causeOf, EXPIRED, endedBy, freed, IDLE, isFreed, isRunning, LIVE, PAUSED, stateName } from './lease-state.ts';
import { LeaseSweep } from './lease-sweep.ts';
import { SlotPool } from './slot-pool.ts';

/**
 * A full sweep costs the table 1 ms, measured, and its holders a few: it may not be felt as a stall. And a million leases
 * that were granted within their 30 s can end as fast as they came.
 */
const EXPIRIES_PER_SWEEP = 4_096;
const ENDS_REMEMBERED = 65_536;

export interface LeaseTableOptions {
  readonly time: Time;
  readonly chance: Chance;
  /** The first fencing number, at least 1. Must be above every number of every earlier start of this broker. */
  readonly firstToken: number;
  /** A number is about to be used: more of them are reserved in time. */
  readonly reserve?: (token: number) => void;
  readonly terms?: LeaseTermsByKind;
  /** Ids in use at once: 1,000,000 unless given. */
  readonly leasesMax?: number;
  /** The same for one principal: 10,000 unless given. */
  readonly leasesPerPrincipalMax?: number;
  /** Expiries in one sweep, ten sweeps a second; the rest waits its turn. 4,096 unless given. */
  readonly expiriesPerSweepMax?: number;
  /** For so many freed ids, the last ones, the table still knows how they ended. 65,536 unless given. */
  readonly endsRemembered?: number;
}

/**
 * Every lease of the broker: who may do what with a resource until when.
 *
 * A resource gets an id with `allocate`, which stays its own over several grants; each `grant` has a new token, a
 * fencing number that rises broker-wide. A grant ends once: by `settle` or `release` of its owner, by `end` of the
 * broker, or by time. After `settle` the id is freed; after any other end the resource may `grant` again, or `free`.
 *
 * Refusals are answers, never exceptions, and change nothing but a count. What the broker itself must not do (grant what
 * runs already, free it, use an id that it freed) throws, because it is a fault in our own code.
 *
 * Every operation costs O(1), below half a microsecond. A lease takes 50 bytes and a reference to its holder.
 */
export class LeaseTable {
  readonly #chance: Chance;
  readonly #terms: LeaseTermsByKind;
  readonly #leasesMax: number;
  readonly #firstToken: number;
  readonly #reserve: (token: number) => void;
  #nextToken: number;

  readonly #counts: LeaseCounts = zeroLeaseCounts();
  readonly #clock: LeaseClock;
  readonly #sweep: LeaseSweep;
  readonly #rows: LeaseRows;
  readonly #owners: LeaseOwners;

  /** Throws RangeError for terms or bounds that contradict themselves. */
  constructor(options: LeaseTableOptions) {
    const { time, chance, firstToken, terms = DEFAULT_LEASE_TERMS } = options;
    checkLeaseTerms(terms);
    if (!Number.isSafeInteger(firstToken) || firstToken < 1) throw new RangeError(`${firstToken} as the first token`);
    this.#chance = chance;
    this.#terms = terms;
    this.#firstToken = firstToken;
    this.#reserve = options.reserve ?? (() => {});
    this.#nextToken = firstToken;
    this.#leasesMax = options.leasesMax ?? 1_000_000;
    this.#owners = new LeaseOwners(options.leasesPerPrincipalMax ?? 10_000);
    const remembered = options.endsRemembered ?? ENDS_REMEMBERED;
    this.#rows = new LeaseRows(new SlotPool({ inUseMax: this.#leasesMax, remembered }));
    this.#clock = new LeaseClock(time, this.#counts);
    this.#sweep = new LeaseSweep({
      time,
      clock: this.#clock,
      budget: options.expiriesPerSweepMax ?? EXPIRIES_PER_SWEEP,
      expire: (slot) => this.#expire(slot),
    });
  }

  /** From here on leases expire. */
  start(): void {
    this.#sweep.start();
  }

  /** Nothing expires any more. Everything else goes on. */
  stop(): void {
    this.#sweep.stop();
  }

  /**
   * Gives a resource an id, and counts it against `owner` until the id is freed. Nothing is granted yet.
   * Refused with `lease_limit`.
   */
  allocate(kind: LeaseKind, owner: string, holder: LeaseHolder): LeaseAllocated | LeaseRefusal {
    if (this.#counts.allocated >= this.#leasesMax) return this.#refuse(refuseLimit('broker'));
    if (!this.#owners.mayAdd(owner)) return this.#refuse(refuseLimit('principal'));
    const slot = this.#rows.add({ kind, owner: this.#owners.add(owner), holder });
    this.#counts.allocated++;
    return { ok: true, id: this.#rows.slots.idOf(slot) };
  }

  /**
   * Starts a grant with a new token; every earlier token of this id is superseded. A ttl over 10 s is spread by up to
   * 10 % either way, inside the range of the kind; the answer says what it became. `owner` passes the lease on to another
   * principal, and the count with it. The max total counts from here: an earlier grant takes nothing from it.
   * Refused with `lease_ttl_range` or `lease_limit`. Throws when a grant runs, or the id was freed.
   */
  grant(id: number, wish: { readonly ttlMs?: number; readonly owner?: string } = {}): LeaseGrant | LeaseRefusal {
    const slot = this.#notRunning(id);
    const terms = this.#termsOf(slot);
    const askedMs = wish.ttlMs ?? terms.defaultMs;
    if (!isInRange(askedMs, terms)) return this.#refuse(refuseRange(this.#rows.kind(slot), askedMs, terms));
    if (wish.owner !== undefined && !this.#passTo(wish.owner, slot)) return this.#refuse(refuseLimit('principal'));
    if (this.#nextToken > Number.MAX_SAFE_INTEGER) throw new Error('the fencing numbers are used up');

    const nowMs = this.#clock.nowMs();
    this.#reserve(this.#nextToken);
    this.#rows.tokens.set(slot, this.#nextToken++);
    this.#rows.grantedAt.set(slot, nowMs);
    this.#counts.granted++;
    this.#begin(slot);
    this.#runFor(spread(askedMs, terms, this.#chance), slot, nowMs);
    return this.#grantOf(slot, nowMs);
  }

  /**
   * Sets the end of the lease to now + `ttlMs`: not added to what remains, and it may shorten. Within a grace of min(10 %
   * of the ttl, 2 s) after an expiry, it brings the lease back. A paused lease stays paused and takes the new ttl.
   * Any refusal but `lease_limit`.
   */
  extend(claim: LeaseClaim, ttlMs: number): LeaseExtended | LeaseRefusal {
    const nowMs = this.#clock.nowMs();
    const slot = this.#claimed(claim, nowMs);
    if (typeof slot !== 'number') return slot;
    const terms = this.#termsOf(slot);
    const kind = this.#rows.kind(slot);
    if (!isInRange(ttlMs, terms)) return this.#refuse(refuseRange(kind, ttlMs, terms));
    const leftMs = this.#rows.grantedAt.get(slot) + terms.maxTotalMs - nowMs;
    if (ttlMs > leftMs) return this.#refuse(refuseTotal(kind, Math.max(0, Math.floor(leftMs)), terms));

    const revived = this.#revive(slot);
    this.#counts.renewed++;
    this.#runFor(ttlMs, slot, nowMs);
    const { token, remainingMs } = this.#grantOf(slot, nowMs);
    return { ok: true, id: claim.id, token, remainingMs, holder: this.#rows.holder(slot), revived };
  }

  /**
   * Acknowledges: the lease ends as `acked`, its id is freed, the resource is done. Also within the grace, as `extend`.
   * Refused with `lease_superseded`, `lease_expired`, `lease_settled`, `lease_unknown` or `lease_not_owner`.
   */
  settle(claim: LeaseClaim): LeaseSettled | LeaseRefusal {
    const answer = this.#endClaimed(claim, 'acked');
    if (answer.ok) this.free(claim.id);
    return answer;
  }

  /** Gives back: the lease ends as `released`. The id stays with the resource. Refused as `settle` is. */
  release(claim: LeaseClaim): LeaseSettled | LeaseRefusal {
    return this.#endClaimed(claim, 'released');
  }

  /** The broker ends what runs. The id stays with the resource. False when nothing runs: something else was first. */
  end(id: number, cause: Exclude<EndCause, 'expired'>): boolean {
    const slot = this.#running(id);
    if (slot === undefined) return false;
    this.#end(slot, cause);
    return true;
  }

  /** Gives the id back. Throws when a grant runs, or the id was freed already. */
  free(id: number): void {
    const slot = this.#notRunning(id);
    const state = this.#rows.states.get(slot);
    this.#rows.states.set(slot, freed(state));
    this.#owners.remove(this.#rows.owners.get(slot));
    this.#rows.remove(slot);
    this.#counts.allocated--;
  }

  /**
   * Stops the clock of a subscription's lease while its owner is connected. Nothing happens to one that stands already.
   * False when no grant runs: the lease ended before. Throws for another kind.
   */
  pause(id: number): boolean {
    const slot = this.#running(id);
    if (slot === undefined) return false;
    const kind = this.#rows.kind(slot);
    if (kind !== 'subscription') throw new Error(`a ${kind} lease does not pause`);
    this.#rows.states.set(slot, PAUSED);
    this.#sweep.cancel(slot);
    return true;
  }

  /**
   * Starts the clock again with the full ttl, not with what was left: the ttl says how long a subscription outlives each
   * of its connections. False when it is not paused.
   */
  resume(id: number): boolean {
    const slot = this.#running(id);
    if (slot === undefined || this.#rows.states.get(slot) !== PAUSED) return false;
    this.#rows.states.set(slot, LIVE);
    this.#runFor(this.#rows.ttls.get(slot), slot, this.#clock.nowMs());
    return true;
  }

  /** The grant that runs, paused or not, to be told once more. `undefined` when none does. */
  current(id: number): LeaseGrant | undefined {
    const slot = this.#running(id);
    return slot === undefined ? undefined : this.#grantOf(slot, this.#clock.nowMs());
  }

  /** Whole milliseconds to the end: the full ttl when paused, 0 when no grant runs or its time is over. */
  remainingMs(id: number): number {
    const slot = this.#running(id);
    return slot === undefined ? 0 : this.#remainingMs(slot, this.#clock.nowMs());
  }

  /** Whether this claim was settled before, as acknowledged, and was one of a take or a transaction. */
  wasCommitted({ id, token }: LeaseClaim): boolean {
    const slot = this.#rows.slots.slotOf(id);
    if (slot === undefined || token !== this.#rows.tokens.get(slot)) return false;
    const kind = this.#rows.kind(slot);
    return (kind === 'take' || kind === 'transaction') && causeOf(this.#rows.states.get(slot)) === 'acked';
  }

  /** What an id in use is for. `undefined` for any other. */
  kindOf(id: number): LeaseKind | undefined {
    const slot = this.#rows.slots.slotOf(id);
    return slot === undefined || isFreed(this.#rows.states.get(slot)) ? undefined : this.#rows.kind(slot);
  }

  /** `undefined` for an id that is not in use. */
  describe(id: number): LeaseDescription | undefined {
    const rows = this.#rows;
    const slot = rows.slots.slotOf(id);
    if (slot === undefined || isFreed(rows.states.get(slot))) return undefined;
    const state = rows.states.get(slot);
    const granted = state !== IDLE;
    return {
      id,
      kind: rows.kind(slot),
      owner: this.#owners.name(rows.owners.get(slot)),
      state: stateName(state),
      remainingMs: this.remainingMs(id),
      token: granted ? rows.tokens.get(slot) : undefined,
      ttlMs: granted ? rows.ttls.get(slot) : undefined,
      heldMs: granted ? Math.max(0, Math.floor(this.#clock.nowMs() - rows.grantedAt.get(slot))) : undefined,
      cause: causeOf(state),
    };
  }

  /** A copy. */
  counts(): LeaseCounts {
    return copyLeaseCounts(this.#counts);
  }

  /** Bytes of the columns and the wheel. The holders and the names of owners come on top. */
  get bytes(): number {
    return this.#rows.bytes + this.#sweep.bytes;
  }

  /** The row a client may act on, or the refusal. */
  #claimed({ id, token, principal }: LeaseClaim, nowMs: number): number | LeaseRefusal {
    const rows = this.#rows;
    const slot = rows.slots.slotOf(id);
    if (slot === undefined) return this.#refuse(refuseUnknown(id));
    const current = rows.tokens.get(slot);
    // Ids start afresh with the broker, tokens do not: one from before this start says nothing about this id.
    const granted = token >= this.#firstToken && token <= current;
    if (!granted) return this.#refuse(refuseUnknown(id));
    if (token !== current) return this.#refuse(refuseSuperseded(id, token));
    const state = rows.states.get(slot);
    // Whose it was is not remembered of a freed id.
    const owned = isFreed(state) || this.#owners.name(rows.owners.get(slot)) === principal;
    if (!owned) return this.#refuse(refuseNotOwner(id));
    if (isRunning(state) || (state === EXPIRED && this.#isInGrace(slot, nowMs))) return slot;
    return this.#refuse(refuseEnded(id, causeOf(state) as EndCause));
  }

  #endClaimed(claim: LeaseClaim, cause: 'acked' | 'released'): LeaseSettled | LeaseRefusal {
    const slot = this.#claimed(claim, this.#clock.nowMs());
    if (typeof slot !== 'number') return slot;
    const revived = this.#revive(slot);
    this.#end(slot, cause);
    return { ok: true, holder: this.#rows.holder(slot), revived };
  }

  #isInGrace(slot: number, nowMs: number): boolean {
    return nowMs <= this.#sweep.deadlineMs(slot) + graceMs(this.#rows.ttls.get(slot));
  }

  /** Whether it had to be revived. */
  #revive(slot: number): boolean {
    if (this.#rows.states.get(slot) !== EXPIRED) return false;
    this.#counts.revived++;
    this.#begin(slot);
    return true;
  }

  #begin(slot: number): void {
    this.#rows.states.set(slot, LIVE);
    this.#counts.live[this.#rows.kind(slot)]++;
  }

  #runFor(ttlMs: number, slot: number, nowMs: number): void {
    this.#rows.ttls.set(slot, ttlMs);
    if (this.#rows.states.get(slot) === LIVE) this.#sweep.schedule(slot, nowMs + ttlMs);
  }

  #end(slot: number, cause: EndCause): void {
    this.#sweep.cancel(slot);
    this.#rows.states.set(slot, endedBy(cause));
    this.#counts.live[this.#rows.kind(slot)]--;
    this.#counts.ended[cause]++;
  }

  #expire(slot: number): void {
    // Settled, ended or paused between the timer and the confirmation.
    if (this.#rows.states.get(slot) !== LIVE) return;
    this.#end(slot, 'expired');
    this.#rows.holder(slot).leaseExpired(this.#rows.slots.idOf(slot));
  }

  #remainingMs(slot: number, nowMs: number): number {
    if (this.#rows.states.get(slot) === PAUSED) return this.#rows.ttls.get(slot);
    return Math.max(0, Math.floor(this.#sweep.deadlineMs(slot) - nowMs));
  }

  #grantOf(slot: number, nowMs: number): LeaseGrant {
    const remainingMs = this.#remainingMs(slot, nowMs);
    return { ok: true, id: this.#rows.slots.idOf(slot), token: this.#rows.tokens.get(slot), remainingMs };
  }

  #refuse(refusal: LeaseRefusal): LeaseRefusal {
    this.#counts.refused[refusal.code]++;
    return refusal;
  }

  #running(id: number): number | undefined {
    const slot = this.#rows.slots.slotOf(id);
    return slot !== undefined && isRunning(this.#rows.states.get(slot)) ? slot : undefined;
  }

  #notRunning(id: number): number {
    const slot = this.#rows.slots.slotOf(id);
    if (slot === undefined || isFreed(this.#rows.states.get(slot))) throw new Error(`lease ${id} is not in use`);
    if (isRunning(this.#rows.states.get(slot))) throw new Error(`a grant of lease ${id} runs`);
    return slot;
  }

  /** False when the new owner has as many as it may. */
  #passTo(owner: string, slot: number): boolean {
    const former = this.#rows.owners.get(slot);
    if (this.#owners.name(former) === owner) return true;
    if (!this.#owners.mayAdd(owner)) return false;
    this.#rows.owners.set(slot, this.#owners.add(owner));
    this.#owners.remove(former);
    return true;
  }

  #termsOf(slot: number): LeaseTerms {
    return this.#terms[this.#rows.kind(slot)];
  }
}
