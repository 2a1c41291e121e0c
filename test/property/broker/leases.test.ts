import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededChance } from '../../../broker/kernel/chance.ts';
import { SimulatedTime } from '../../../broker/kernel/simulated-time.ts';
import { LEASE_KINDS, type LeaseKind, LeaseTable, type LeaseTermsByKind } from '../../../broker/leases/index.ts';

/*
 * Random histories of a lease table, with stalls of the broker in them, against a model that is slow and obvious: one
 * plain object a lease, and a list that is searched. The model says what each call must answer, refusals included. An
 * expiry is held to its bounds: never early, and soon enough. After each step all counts must agree.
 */

const TERMS: LeaseTermsByKind = {
  retention: { defaultMs: 12_000, minMs: 1_000, maxMs: 60_000, maxTotalMs: 90_000 },
  delivery: { defaultMs: 5_000, minMs: 1_000, maxMs: 20_000, maxTotalMs: 30_000 },
  subscription: { defaultMs: 15_000, minMs: 10_000, maxMs: 40_000, maxTotalMs: Number.POSITIVE_INFINITY },
  take: { defaultMs: 5_000, minMs: 1_000, maxMs: 20_000, maxTotalMs: 30_000 },
  transaction: { defaultMs: 5_000, minMs: 1_000, maxMs: 20_000, maxTotalMs: 30_000 },
};
const PRINCIPALS = ['ann', 'bob', 'cid'];
const LEASES_MAX = 14;
const PER_PRINCIPAL_MAX = 6;
const REMEMBERED = 4;
const CAUSES = ['acked', 'released', 'expired', 'revoked', 'owner-closed', 'boot'] as const;
type Cause = (typeof CAUSES)[number];

interface ModelLease {
  readonly id: number;
  readonly kind: LeaseKind;
  owner: string;
  state: 'idle' | 'live' | 'paused' | Cause;
  memory: 'in use' | 'freed' | 'forgotten';
  token: number;
  ttlMs: number;
  grantedMs: number;
  endMs: number;
}

interface Extend {
  readonly do: 'extend';
  readonly claim: number;
  readonly ttlMs: number;
  readonly thief: boolean;
}
interface Finish {
  readonly do: 'settle' | 'release';
  readonly claim: number;
  readonly thief: boolean;
}
type Act =
  | { readonly do: 'allocate'; readonly kind: LeaseKind; readonly owner: string }
  | { readonly do: 'grant'; readonly lease: number; readonly ttlMs: number; readonly owner: string | undefined }
  | Extend
  | Finish
  | { readonly do: 'end'; readonly lease: number; readonly cause: Exclude<Cause, 'expired'> }
  | { readonly do: 'free'; readonly lease: number }
  | { readonly do: 'pause'; readonly lease: number }
  | { readonly do: 'resume'; readonly lease: number };
type Step =
  | Act
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'stall'; readonly ms: number; readonly reads: readonly Act[] };

class History {
  readonly #time = new SimulatedTime();
  readonly #table: LeaseTable;
  readonly #leases: ModelLease[] = [];
  readonly #freed: ModelLease[] = [];
  /** Every grant there ever was. */
  readonly #claims: { readonly lease: ModelLease; readonly token: number }[] = [];
  readonly #counts: Record<string, number> = {};
  #lastToken = 999;
  #lastSweepMs = 0;
  #lostMs = 0;

  constructor(seed: number) {
    this.#table = new LeaseTable({
      time: this.#time,
      chance: seededChance(seed),
      firstToken: 1_000,
      terms: TERMS,
      leasesMax: LEASES_MAX,
      leasesPerPrincipalMax: PER_PRINCIPAL_MAX,
      endsRemembered: REMEMBERED,
    });
    this.#table.start();
    // Runs right after the table's own sweep, at the same moment.
    this.#time.every(100, () => {
      const lateMs = this.#time.monotonicMs() - this.#lastSweepMs - 100;
      if (lateMs > 250) {
        this.#lostMs += Math.min(lateMs, 60_000);
        this.#count('stalls');
        this.#count('shiftedMs', Math.min(lateMs, 60_000));
      }
      this.#lastSweepMs = this.#time.monotonicMs();
    });
  }

  run(steps: readonly Step[]): void {
    for (const step of steps) {
      if (step.do === 'advance') {
        this.#time.advance(step.ms);
        if (step.ms >= 100) this.#checkNobodyIsLate();
      } else if (step.do === 'stall') {
        this.#time.stall(step.ms, () => {
          for (const act of step.reads) this.#act(act);
        });
      } else this.#act(step);
      this.#checkCounts();
    }
  }

  #act(act: Act): void {
    if (act.do === 'allocate') this.#allocate(act.kind, act.owner);
    else if ('claim' in act) this.#claim(act);
    else {
      const lease = this.#leases.at(-1 - (act.lease % Math.max(1, this.#leases.length)));
      if (lease === undefined) return;
      if (act.do === 'grant') this.#grant(lease, act.ttlMs, act.owner);
      else if (act.do === 'end') this.#end(lease, act.cause);
      else if (act.do === 'free') this.#free(lease);
      else if (act.do === 'pause') this.#pause(lease);
      else this.#resume(lease);
    }
    for (const lease of this.#leases) expect(this.#table.remainingMs(lease.id)).toBe(this.#remainingMs(lease));
  }

  #allocate(kind: LeaseKind, owner: string): void {
    const answer = this.#table.allocate(kind, owner, { leaseExpired: (id) => this.#expired(id) });
    const inUse = this.#leases.filter(({ memory }) => memory === 'in use');
    if (inUse.length >= LEASES_MAX || inUse.filter((each) => each.owner === owner).length >= PER_PRINCIPAL_MAX) {
      const bound = inUse.length >= LEASES_MAX ? 'broker' : 'principal';
      expect(answer).toMatchObject({ ok: false, code: 'lease_limit', bound });
      this.#count('lease_limit');
      return;
    }
    if (!answer.ok) throw new Error(answer.message);
    expect(this.#leases.map(({ id }) => id)).not.toContain(answer.id);
    if (this.#freed.length > REMEMBERED) {
      const oldest = this.#freed.shift();
      if (oldest !== undefined) oldest.memory = 'forgotten';
    }
    const never = { token: 0, ttlMs: 0, grantedMs: 0, endMs: 0 };
    this.#leases.push({ id: answer.id, kind, owner, state: 'idle', memory: 'in use', ...never });
  }

  #grant(lease: ModelLease, ttlMs: number, owner: string | undefined): void {
    const wish = owner === undefined ? { ttlMs } : { ttlMs, owner };
    if (lease.memory !== 'in use' || isRunning(lease)) {
      expect(() => this.#table.grant(lease.id, wish)).toThrow();
      return;
    }
    const answer = this.#table.grant(lease.id, wish);
    const { minMs, maxMs } = TERMS[lease.kind];
    const others = this.#leases.filter((each) => each.memory === 'in use' && each !== lease && each.owner === owner);
    if (ttlMs < minMs || ttlMs > maxMs || others.length >= PER_PRINCIPAL_MAX) {
      this.#refused(answer, ttlMs < minMs || ttlMs > maxMs ? 'lease_ttl_range' : 'lease_limit');
      return;
    }
    if (!answer.ok) throw new Error(answer.message);
    expect(answer.token).toBe(this.#lastToken + 1);
    const jitterMs = ttlMs > 10_000 ? 0.1 * ttlMs : 0;
    expect(answer.remainingMs).toBeGreaterThanOrEqual(Math.max(minMs, ttlMs - jitterMs));
    expect(answer.remainingMs).toBeLessThanOrEqual(Math.min(maxMs, ttlMs + jitterMs));
    this.#lastToken = answer.token;
    lease.owner = owner ?? lease.owner;
    lease.token = answer.token;
    lease.grantedMs = this.#nowMs();
    lease.state = 'live';
    this.#runFor(lease, answer.remainingMs);
    this.#claims.push({ lease, token: answer.token });
    this.#count('granted');
  }

  #claim(act: Extend | Finish): void {
    const claim = this.#claims.at(-1 - (act.claim % Math.max(1, this.#claims.length)));
    if (claim === undefined) return;
    const { lease, token } = claim;
    const shown = { id: lease.id, token, principal: act.thief ? 'mallory' : lease.owner };
    const refusal = this.#whyNot(lease, token, act);
    const answer = act.do === 'extend' ? this.#table.extend(shown, act.ttlMs) : this.#table[act.do](shown);
    if (refusal !== undefined) {
      this.#refused(answer, refusal);
      return;
    }
    const revived = lease.state === 'expired';
    if (revived) this.#count('revived');
    if (act.do === 'extend') {
      expect(answer).toMatchObject({ ok: true, token, remainingMs: act.ttlMs, revived });
      if (revived) lease.state = 'live';
      this.#runFor(lease, act.ttlMs);
      this.#count('renewed');
    } else {
      expect(answer).toMatchObject({ ok: true, revived });
      this.#ended(lease, act.do === 'settle' ? 'acked' : 'released');
      if (act.do === 'settle') this.#forgetLater(lease);
    }
  }

  /** The code of the refusal that is due. */
  #whyNot(lease: ModelLease, token: number, act: Extend | Finish): string | undefined {
    if (lease.memory === 'forgotten') return 'lease_unknown';
    if (token !== lease.token) return 'lease_superseded';
    if (act.thief && lease.memory === 'in use') return 'lease_not_owner';
    if (lease.state === 'expired') {
      const graceMs = Math.min(0.1 * lease.ttlMs, 2_000);
      if (lease.memory === 'freed' || this.#nowMs() > lease.endMs + graceMs) return 'lease_expired';
    } else if (!isRunning(lease)) return 'lease_settled';
    if (act.do !== 'extend') return undefined;
    const { minMs, maxMs, maxTotalMs } = TERMS[lease.kind];
    if (act.ttlMs < minMs || act.ttlMs > maxMs) return 'lease_ttl_range';
    return this.#nowMs() + act.ttlMs > lease.grantedMs + maxTotalMs ? 'lease_max_total' : undefined;
  }

  #end(lease: ModelLease, cause: Exclude<Cause, 'expired'>): void {
    expect(this.#table.end(lease.id, cause)).toBe(isRunning(lease));
    if (isRunning(lease)) this.#ended(lease, cause);
  }

  #free(lease: ModelLease): void {
    if (lease.memory !== 'in use' || isRunning(lease)) {
      expect(() => this.#table.free(lease.id)).toThrow();
      return;
    }
    this.#table.free(lease.id);
    this.#forgetLater(lease);
  }

  #pause(lease: ModelLease): void {
    if (isRunning(lease) && lease.kind !== 'subscription') {
      expect(() => this.#table.pause(lease.id)).toThrow();
      return;
    }
    expect(this.#table.pause(lease.id)).toBe(isRunning(lease));
    if (isRunning(lease)) lease.state = 'paused';
  }

  #resume(lease: ModelLease): void {
    expect(this.#table.resume(lease.id)).toBe(lease.state === 'paused');
    if (lease.state !== 'paused') return;
    lease.state = 'live';
    this.#runFor(lease, lease.ttlMs);
  }

  #expired(id: number): void {
    const lease = this.#leases.find((each) => each.id === id);
    if (lease === undefined) throw new Error(`${id} was never allocated`);
    expect(lease).toMatchObject({ state: 'live', memory: 'in use' });
    expect(this.#nowMs()).toBeGreaterThanOrEqual(lease.endMs);
    this.#ended(lease, 'expired');
  }

  #checkNobodyIsLate(): void {
    for (const lease of this.#leases) {
      if (lease.state === 'live') expect(this.#nowMs() - lease.endMs).toBeLessThanOrEqual(200);
    }
  }

  #checkCounts(): void {
    const { granted, renewed, revived, ended, refused, live, allocated, stalls, shiftedMs } = this.#table.counts();
    const actual = { granted, renewed, revived, stalls, shiftedMs, ...ended, ...refused };
    expect(Object.fromEntries(Object.entries(actual).filter(([, count]) => count > 0))).toEqual(this.#counts);
    for (const kind of LEASE_KINDS) {
      expect(live[kind]).toBe(this.#leases.filter((lease) => lease.kind === kind && isRunning(lease)).length);
    }
    expect(allocated).toBe(this.#leases.filter(({ memory }) => memory === 'in use').length);
    expect(granted + revived).toBe(sum(Object.values(ended)) + sum(Object.values(live)));
  }

  #refused(answer: { readonly ok: boolean }, code: string): void {
    expect(answer).toMatchObject({ ok: false, code });
    this.#count(code);
  }

  #runFor(lease: ModelLease, ttlMs: number): void {
    lease.ttlMs = ttlMs;
    lease.endMs = this.#nowMs() + ttlMs;
  }

  #ended(lease: ModelLease, cause: Cause): void {
    lease.state = cause;
    this.#count(cause);
  }

  #forgetLater(lease: ModelLease): void {
    lease.memory = 'freed';
    this.#freed.push(lease);
  }

  #remainingMs(lease: ModelLease): number {
    if (lease.state === 'paused') return lease.ttlMs;
    return lease.state === 'live' ? Math.max(0, lease.endMs - this.#nowMs()) : 0;
  }

  #nowMs(): number {
    return this.#time.monotonicMs() - this.#lostMs;
  }

  #count(what: string, by = 1): void {
    this.#counts[what] = (this.#counts[what] ?? 0) + by;
  }
}

function isRunning({ state }: ModelLease): boolean {
  return state === 'live' || state === 'paused';
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

/** Counted from the newest: most acts are on what is new, some on what is stale. */
const index = fc.oneof(fc.nat(4), fc.nat(60));
const kind = fc.constantFrom(...LEASE_KINDS);
const owner = fc.constantFrom(...PRINCIPALS);
const ttlMs = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1_000, max: 20_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 70_000 }) },
);
const thief = fc.nat(9).map((n) => n === 0);
const cause = fc.constantFrom('acked', 'released', 'revoked', 'owner-closed', 'boot');
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('allocate'), kind, owner }) },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('grant'),
      lease: index,
      ttlMs,
      owner: fc.option(owner, { nil: undefined }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('extend'), claim: index, ttlMs, thief }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('settle', 'release'), claim: index, thief }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('end'), lease: index, cause }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('free', 'pause', 'resume'), lease: index }) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: act },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('advance'), ms: fc.oneof(fc.nat(300), fc.nat(8_000)) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('stall'),
      ms: fc.oneof(fc.nat(400), fc.nat(20_000), fc.integer({ min: 60_000, max: 120_000 })),
      reads: fc.array(act, { maxLength: 5 }),
    }),
  },
);

test('a lease table does what its rules say, through any history', () => {
  fc.assert(
    fc.property(fc.nat(), fc.array(step, { minLength: 50, maxLength: 150 }), (seed, steps) =>
      new History(seed).run(steps),
    ),
    { numRuns: 300 },
  );
});
