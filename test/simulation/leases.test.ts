import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import type { Chance } from '../../broker/kernel/chance.ts';
import { SimulatedTime } from '../../broker/kernel/simulated-time.ts';
import { DEFAULT_LEASE_TERMS, type LeaseKind } from '../../broker/leases/lease-kinds.ts';
import { LeaseTable, type LeaseTableOptions } from '../../broker/leases/lease-table.ts';
import { CODES } from '../../broker/protocol/index.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const FIRST_TOKEN = 5_000;
/** The fraction that leaves a ttl as it is. */
const NO_JITTER: Chance = { fraction: () => 0.5, secret: () => '' };

function leaseWorld(options: Partial<LeaseTableOptions> = {}) {
  const time = new SimulatedTime();
  const leases = new LeaseTable({ time, chance: NO_JITTER, firstToken: FIRST_TOKEN, ...options });
  /** Ids in the order in which their holders were told, with the time. */
  const expired: { id: number; atMs: number }[] = [];
  const holder = { leaseExpired: (id: number) => void expired.push({ id, atMs: time.monotonicMs() }) };
  leases.start();

  const allocate = (kind: LeaseKind = 'delivery', owner = 'ann') => {
    const answer = leases.allocate(kind, owner, holder);
    if (!answer.ok) throw new Error(answer.message);
    return answer.id;
  };
  /** A claim by the owner of the new grant. */
  const grant = (id: number, wish: { ttlMs?: number; owner?: string } = {}) => {
    const answer = leases.grant(id, wish);
    if (!answer.ok) throw new Error(answer.message);
    return { id, token: answer.token, principal: leases.describe(id)?.owner ?? '' };
  };
  const claim = (ttlMs: number, kind: LeaseKind = 'delivery') => grant(allocate(kind), { ttlMs });
  return { time, leases, expired, holder, allocate, grant, claim };
}

describe('Durations travel, never instants', () => {
  test('a grant says what remains, and so does every question later', () => {
    const { time, leases, allocate } = leaseWorld();
    const id = allocate();
    expect(leases.grant(id, { ttlMs: 5_000 })).toEqual({
      ok: true,
      id,
      token: FIRST_TOKEN,
      remainingMs: 5_000,
    });
    time.advance(1_200);
    expect(leases.current(id)).toEqual({ ok: true, id, token: FIRST_TOKEN, remainingMs: 3_800 });
    expect(leases.remainingMs(id)).toBe(3_800);
    expect(leases.describe(id)).toEqual({
      id,
      kind: 'delivery',
      owner: 'ann',
      state: 'live',
      token: FIRST_TOKEN,
      ttlMs: 5_000,
      remainingMs: 3_800,
      heldMs: 1_200,
    });
  });

  test.each(['retention', 'delivery', 'subscription'] as const)(
    'a %s grant that asks nothing has its default',
    (kind) => {
      const { leases, allocate, grant } = leaseWorld();
      const { id } = grant(allocate(kind));
      expect(leases.remainingMs(id)).toBe(DEFAULT_LEASE_TERMS[kind].defaultMs);
    },
  );

  test('an id that is idle, freed or invented has no time left', () => {
    const { leases, allocate } = leaseWorld();
    const [idle, free] = [allocate(), allocate()];
    leases.free(free);
    expect([idle, free, 17, Number.NaN].map((id) => leases.remainingMs(id))).toEqual([0, 0, 0, 0]);
    expect([idle, free, 17].map((id) => leases.describe(id)?.state)).toEqual(['idle', undefined, undefined]);
    expect([idle, free, 17].map((id) => leases.current(id))).toEqual([undefined, undefined, undefined]);
  });
});

describe('Token: a fencing number, strictly rising per broker', () => {
  test('starts where it was told to and rises by one with each grant of anything', () => {
    const { leases, allocate, grant } = leaseWorld();
    const first = grant(allocate());
    const second = grant(allocate('retention'));
    leases.end(first.id, 'revoked');
    const third = grant(first.id);
    expect([first, second, third].map(({ token }) => token)).toEqual([FIRST_TOKEN, FIRST_TOKEN + 1, FIRST_TOKEN + 2]);
  });

  test.each([0, -1, 1.5, 2 ** 53])('cannot start at %s', (firstToken) => {
    expect(() => leaseWorld({ firstToken })).toThrow(RangeError);
  });

  test('ends at 2^53 - 1 rather than repeat', () => {
    const { allocate, grant } = leaseWorld({ firstToken: Number.MAX_SAFE_INTEGER });
    expect(grant(allocate()).token).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => grant(allocate())).toThrow('used up');
  });
});

describe('A stale token changes nothing and is told why', () => {
  const everyAct = (leases: LeaseTable, claim: { id: number; token: number; principal: string }) => [
    leases.extend(claim, 5_000),
    leases.release(claim),
    leases.settle(claim),
  ];

  test('superseded: the resource was granted again', () => {
    const { time, leases, holder, claim, grant } = leaseWorld();
    const stale = claim(5_000);
    time.advance(5_100);
    const current = grant(stale.id, { ttlMs: 5_000, owner: 'bob' });
    for (const answer of everyAct(leases, stale)) expect(answer).toMatchObject({ ok: false, code: 'lease_superseded' });
    expect(leases.describe(current.id)).toMatchObject({ state: 'live', token: current.token, remainingMs: 5_000 });
    expect(leases.settle(current)).toEqual({ ok: true, holder, revived: false });
    expect(leases.settle(stale)).toMatchObject({ code: 'lease_superseded' });
  });

  test('expired: the grace is over, and nobody else has it', () => {
    const { time, leases, claim } = leaseWorld();
    const stale = claim(5_000);
    time.advance(5_501);
    for (const answer of everyAct(leases, stale)) expect(answer).toMatchObject({ ok: false, code: 'lease_expired' });
    leases.free(stale.id);
    expect(leases.settle(stale)).toMatchObject({ code: 'lease_expired' });
  });

  test('expired, inside the grace, when the resource gave up its id', () => {
    const { time, leases, claim } = leaseWorld();
    const stale = claim(5_000);
    time.advance(5_100);
    leases.free(stale.id);
    expect(leases.settle(stale)).toMatchObject({ code: 'lease_expired' });
  });

  test.each(['acked', 'released', 'revoked', 'owner-closed', 'boot'] as const)('settled: %s, and how', (cause) => {
    const { leases, claim } = leaseWorld();
    const stale = claim(5_000);
    if (cause === 'acked') leases.settle(stale);
    else if (cause === 'released') leases.release(stale);
    else leases.end(stale.id, cause);
    for (const answer of everyAct(leases, stale)) expect(answer).toMatchObject({ code: 'lease_settled', cause });
    expect(leases.counts().ended[cause]).toBe(1);
  });

  test('unknown: freed so long ago that its place is used again', () => {
    const { leases, claim } = leaseWorld({ endsRemembered: 2 });
    const stale = claim(5_000);
    leases.settle(stale);
    for (const _ of [1, 2]) leases.settle(claim(5_000));
    expect(leases.settle(stale)).toMatchObject({ code: 'lease_settled' });
    const reused = claim(5_000);
    for (const answer of everyAct(leases, stale)) expect(answer).toMatchObject({ code: 'lease_unknown' });
    expect(leases.remainingMs(reused.id)).toBe(5_000);
  });

  test('unknown: the token of the one who had the place before', () => {
    const { leases, allocate, claim } = leaseWorld({ endsRemembered: 0 });
    const former = claim(5_000);
    leases.settle(former);
    const idle = { ...former, id: allocate() };
    for (const answer of everyAct(leases, idle)) expect(answer).toMatchObject({ code: 'lease_unknown' });
  });

  test('unknown: what was never granted, or by an earlier life of the broker', () => {
    const { leases, allocate, claim } = leaseWorld();
    const held = claim(5_000);
    const invented = [
      { ...held, id: held.id + 1 },
      { ...held, id: Number.NaN },
      { ...held, token: held.token + 1 },
      { ...held, token: FIRST_TOKEN - 1 },
      { ...held, token: Number.NaN },
      { id: allocate(), token: 0, principal: 'ann' },
    ];
    for (const each of invented) {
      for (const answer of everyAct(leases, each)) expect(answer).toMatchObject({ code: 'lease_unknown' });
    }
    expect(leases.settle(held).ok).toBe(true);
  });

  test('not owner: the right token in the wrong hands', () => {
    const { time, leases, claim } = leaseWorld();
    const held = claim(5_000);
    const thief = { ...held, principal: 'mallory' };
    for (const answer of everyAct(leases, thief)) expect(answer).toMatchObject({ code: 'lease_not_owner' });
    time.advance(5_100);
    for (const answer of everyAct(leases, thief)) expect(answer).toMatchObject({ code: 'lease_not_owner' });
    expect(leases.settle(held).ok).toBe(true);
  });

  test('every refusal is counted under its code, and is a code of the wire', () => {
    const { leases, claim } = leaseWorld();
    const held = claim(5_000);
    leases.extend({ ...held, principal: 'mallory' }, 5_000);
    leases.extend(held, 1);
    leases.extend(held, 1);
    const { refused } = leases.counts();
    expect(refused).toMatchObject({ lease_not_owner: 1, lease_ttl_range: 2, lease_settled: 0 });
    for (const code of Object.keys(refused)) expect(Object.keys(CODES)).toContain(code);
  });
});

describe('Never early, and at most 200 ms late', () => {
  test('whatever the moment of the grant', () => {
    const { time, expired, claim } = leaseWorld();
    const endsMs = new Map<number, number>();
    for (let i = 0; i < 200; i++) {
      time.advance(37.3);
      endsMs.set(claim(1_000 + i * 41).id, time.monotonicMs() + 1_000 + i * 41);
    }
    time.advance(20_000);
    expect(expired).toHaveLength(200);
    for (const { id, atMs } of expired) {
      const lateMs = atMs - (endsMs.get(id) ?? Number.NaN);
      expect(lateMs).toBeGreaterThanOrEqual(0);
      expect(lateMs).toBeLessThanOrEqual(200);
    }
  });

  test('a lease of 30 days', () => {
    // The other end of the spread, which is the longest that the kind allows.
    const { time, expired, claim } = leaseWorld({ chance: { ...NO_JITTER, fraction: () => 1 } });
    const { id } = claim(30 * 24 * HOUR, 'subscription');
    time.advance(30 * 24 * HOUR - 1);
    expect(expired).toEqual([]);
    time.advance(200);
    expect(expired.map((each) => each.id)).toEqual([id]);
  });

  test('nothing expires before start or after stop', () => {
    const { time, leases, expired, claim } = leaseWorld();
    leases.stop();
    claim(1_000);
    time.advance(5_000);
    expect(expired).toEqual([]);
    leases.start();
    time.advance(100);
    expect(expired).toHaveLength(1);
  });

  test('what is due when the table stops is not confirmed', () => {
    const { time, leases, expired, claim } = leaseWorld();
    claim(1_000);
    time.every(100, () => {
      if (time.monotonicMs() >= 1_000) leases.stop();
    });
    time.advance(2_000);
    expect(expired).toEqual([]);
  });

  test('beyond the budget of a sweep the rest follows, in order', () => {
    const { time, expired, claim } = leaseWorld({ expiriesPerSweepMax: 3 });
    const ids = Array.from({ length: 8 }, () => claim(1_000).id);
    time.advance(1_000);
    expect(expired).toHaveLength(3);
    time.advance(200);
    expect(expired.map(({ id }) => id)).toEqual(ids);
  });

  test('what ended or paused before its time takes nothing from the budget', () => {
    const { time, leases, expired, claim } = leaseWorld({ expiriesPerSweepMax: 1 });
    for (let i = 0; i < 10; i++) {
      leases.settle(claim(10_000));
      const paused = claim(10_000, 'subscription');
      leases.pause(paused.id);
      leases.extend(paused, 10_000);
    }
    claim(10_000);
    time.advance(10_100);
    expect(expired).toHaveLength(1);
  });

  test('a holder that throws keeps none of the others from expiring', () => {
    const { time, leases, expired, claim } = leaseWorld();
    const faulty = leases.allocate('delivery', 'ann', {
      leaseExpired: () => {
        throw new Error('faulty holder');
      },
    });
    if (faulty.ok) leases.grant(faulty.id, { ttlMs: 1_000 });
    claim(1_000);
    expect(() => time.advance(1_000)).toThrow('faulty holder');
    time.advance(200);
    expect(expired).toHaveLength(1);
  });
});

describe('Expiry has two phases', () => {
  test.each([
    ['an extension', 'extend', 'live'],
    ['a release', 'release', 'ended'],
    ['an ack', 'settle', undefined],
  ] as const)('%s that a stall left in the socket is read first, and wins', (_, act, state) => {
    const { time, leases, expired, claim } = leaseWorld();
    const held = claim(60_000);
    time.stall(10 * MINUTE, () => {
      expect(expired).toEqual([]);
      expect(leases[act](held, 60_000)).toMatchObject({ ok: true, revived: false });
    });
    expect(expired).toEqual([]);
    expect(leases.describe(held.id)?.state).toBe(state);
    expect(leases.counts().ended.expired).toBe(0);
  });

  test('without one it expires in the same turn of the loop', () => {
    const { time, expired, claim } = leaseWorld();
    claim(60_000);
    time.stall(10 * MINUTE);
    expect(expired).toHaveLength(1);
  });

  test('a subscription whose owner comes back in between stays', () => {
    const { time, leases, expired, claim } = leaseWorld();
    const { id } = claim(10_000, 'subscription');
    time.stall(10 * MINUTE, () => expect(leases.pause(id)).toBe(true));
    expect(expired).toEqual([]);
  });

  test('an id freed and used anew in between is not mixed up', () => {
    const { time, leases, expired, claim } = leaseWorld({ endsRemembered: 0 });
    const held = claim(10_000);
    let reused = held;
    time.stall(10 * MINUTE, () => {
      leases.settle(held);
      reused = claim(10_000);
    });
    expect(reused.id).not.toBe(held.id);
    expect([expired, leases.remainingMs(reused.id)]).toEqual([[], 10_000]);
  });
});

describe('If the sweep itself is late, all deadlines shift by the lateness', () => {
  test('by 250 ms or less: nothing shifts', () => {
    const { time, leases, claim } = leaseWorld();
    const { id } = claim(5_000);
    time.stall(350);
    expect([leases.remainingMs(id), leases.counts().stalls]).toEqual([4_650, 0]);
  });

  test('by more: a stall of 10 s costs a lease only the 100 ms until the sweep was due', () => {
    const { time, leases, expired, claim } = leaseWorld();
    const { id } = claim(5_000);
    time.stall(10_000);
    expect([expired, leases.remainingMs(id)]).toEqual([[], 4_900]);
    expect(leases.counts()).toMatchObject({ stalls: 1, shiftedMs: 9_900 });
    time.advance(4_899);
    expect(expired).toEqual([]);
    time.advance(101);
    expect(expired).toHaveLength(1);
  });

  test('by at most 60 s for one stall', () => {
    const { time, leases, claim } = leaseWorld();
    const { id } = claim(5 * MINUTE);
    time.stall(2 * MINUTE);
    expect(leases.remainingMs(id)).toBe(4 * MINUTE);
    expect(leases.counts()).toMatchObject({ stalls: 1, shiftedMs: MINUTE });
  });

  test('a second stall shifts again', () => {
    const { time, leases, claim } = leaseWorld();
    const { id } = claim(5 * MINUTE);
    time.stall(30_000);
    time.advance(1_000);
    time.stall(30_000);
    expect(leases.counts().stalls).toBe(2);
    expect(leases.remainingMs(id)).toBe(5 * MINUTE - 100 - 1_000 - 100);
  });
});

describe('Extend sets the end to now + ttl', () => {
  test('not additive', () => {
    const { time, leases, holder, claim } = leaseWorld();
    const held = claim(5_000);
    time.advance(1_000);
    const { id, token } = held;
    expect(leases.extend(held, 6_000)).toEqual({ ok: true, id, token, remainingMs: 6_000, holder, revived: false });
    expect(leases.counts().renewed).toBe(1);
  });

  test('may shorten', () => {
    const { time, leases, expired, claim } = leaseWorld();
    const held = claim(60_000);
    leases.extend(held, 1_000);
    time.advance(1_100);
    expect(expired).toHaveLength(1);
  });

  test('is exact: an extension is not spread', () => {
    const { leases, claim } = leaseWorld({ chance: { ...NO_JITTER, fraction: () => 0 } });
    expect(leases.extend(claim(60_000), 60_000)).toMatchObject({ remainingMs: 60_000 });
  });

  test('outside the range of the kind it is an error, and nothing changes', () => {
    const { leases, claim } = leaseWorld();
    const held = claim(5_000);
    for (const ttlMs of [999, 10 * MINUTE + 1, 2_000.5, Number.NaN]) {
      expect(leases.extend(held, ttlMs)).toMatchObject({ ok: false, code: 'lease_ttl_range' });
    }
    expect(leases.remainingMs(held.id)).toBe(5_000);
  });

  test('past the max total it is an error that says how much is left, not a silent clamp', () => {
    const { time, leases, claim } = leaseWorld();
    const held = claim(5 * MINUTE);
    for (let minutes = 0; minutes < 12 * 60 - 8; minutes += 4) {
      time.advance(4 * MINUTE);
      expect(leases.extend(held, 5 * MINUTE).ok).toBe(true);
    }
    time.advance(4 * MINUTE);
    expect(leases.extend(held, 5 * MINUTE)).toMatchObject({ code: 'lease_max_total', leftMs: 4 * MINUTE });
    expect(leases.remainingMs(held.id)).toBe(MINUTE);
    expect(leases.extend(held, 4 * MINUTE).ok).toBe(true);
  });

  test('a new grant has the whole max total again', () => {
    const terms = {
      ...DEFAULT_LEASE_TERMS,
      delivery: { defaultMs: 5_000, minMs: 1_000, maxMs: 6_000, maxTotalMs: 6_000 },
    };
    const { time, leases, claim, grant } = leaseWorld({ terms });
    const { id } = claim(5_000);
    time.advance(HOUR);
    expect(leases.extend(grant(id, { ttlMs: 5_000 }), 6_000)).toMatchObject({ remainingMs: 6_000 });
  });
});

describe('An expired lease may come back within a grace of min(10 % of ttl, 2 s)', () => {
  test.each([
    [5_000, 500],
    [60_000, 2_000],
  ])('of %s ms: until %s ms later', (ttlMs, graceMs) => {
    const { time, leases, expired, claim } = leaseWorld();
    const [inside, outside] = [claim(ttlMs), claim(ttlMs)];
    time.advance(ttlMs + graceMs);
    expect(expired).toHaveLength(2);
    expect(leases.extend(inside, ttlMs)).toMatchObject({ ok: true, token: inside.token, revived: true });
    time.advance(1);
    expect(leases.extend(outside, ttlMs)).toMatchObject({ code: 'lease_expired' });
  });

  test.each([
    ['settle', 'acked'],
    ['release', 'released'],
  ] as const)('%s, and the answer says that the expiry is taken back', (act, cause) => {
    const { time, leases, holder, claim } = leaseWorld();
    const held = claim(5_000);
    time.advance(5_200);
    expect(leases[act](held)).toEqual({ ok: true, holder, revived: true });
    expect(leases.counts()).toMatchObject({ revived: 1, ended: { expired: 1, [cause]: 1 }, live: { delivery: 0 } });
  });

  test('a revived lease expires again', () => {
    const { time, leases, expired, claim } = leaseWorld();
    const held = claim(5_000);
    time.advance(5_200);
    leases.extend(held, 5_000);
    expect(leases.counts().live.delivery).toBe(1);
    time.advance(5_100);
    expect(expired.map(({ id }) => id)).toEqual([held.id, held.id]);
  });

  test('only one ended by time does', () => {
    const { leases, claim } = leaseWorld();
    const held = claim(5_000);
    leases.end(held.id, 'owner-closed');
    expect(leases.extend(held, 5_000)).toMatchObject({ code: 'lease_settled', cause: 'owner-closed' });
  });
});

describe('Ack, release, extend, expire race: exactly one wins', () => {
  test('settling stops renewal at once', () => {
    const { time, leases, expired, claim } = leaseWorld();
    const held = claim(5_000);
    leases.settle(held);
    expect(leases.extend(held, 5_000)).toMatchObject({ code: 'lease_settled', cause: 'acked' });
    time.advance(HOUR);
    expect(expired).toEqual([]);
  });

  test('of two acks the second learns of the first', () => {
    const { leases, claim } = leaseWorld();
    const held = claim(5_000);
    expect([leases.settle(held), leases.settle(held)]).toMatchObject([{ ok: true }, { ok: false, cause: 'acked' }]);
    expect(leases.counts().ended.acked).toBe(1);
  });

  test('the broker that ends what was acked learns that it was late', () => {
    const { leases, claim } = leaseWorld();
    const held = claim(5_000);
    leases.settle(held);
    expect(leases.end(held.id, 'owner-closed')).toBe(false);
    expect(leases.counts().ended['owner-closed']).toBe(0);
  });
});

describe('A resource keeps its id over several grants', () => {
  test('and the table keeps no reference to it once it freed the id', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage: () => void = runInNewContext('gc');
    const { leases } = leaseWorld();
    // In a function of its own, so that no local variable keeps the holder.
    const allocateOne = () => {
      const holder = { leaseExpired: () => {} };
      const answer = leases.allocate('delivery', 'ann', holder);
      return { id: answer.ok ? answer.id : Number.NaN, holder: new WeakRef(holder) };
    };
    const [gone, still] = [allocateOne(), allocateOne()];
    leases.free(gone.id);
    await nextTurn();
    collectGarbage();
    expect([gone.holder.deref(), typeof still.holder.deref()]).toEqual([undefined, 'object']);
  });

  test('its holder may grant again from within the expiry', () => {
    const { time, leases } = leaseWorld();
    let attempts = 0;
    const answer = leases.allocate('delivery', 'ann', {
      leaseExpired: (id) => {
        attempts++;
        leases.grant(id, { ttlMs: 1_000, owner: 'bob' });
      },
    });
    if (!answer.ok) throw new Error(answer.message);
    leases.grant(answer.id, { ttlMs: 1_000 });
    time.advance(3_300);
    expect(attempts).toBe(3);
    expect(leases.describe(answer.id)).toMatchObject({ owner: 'bob', token: FIRST_TOKEN + 3 });
  });

  test('after a release it may be granted again', () => {
    const { leases, claim, grant } = leaseWorld();
    const first = claim(5_000);
    leases.release(first);
    expect(leases.describe(first.id)).toMatchObject({ state: 'ended', cause: 'released', remainingMs: 0 });
    expect(grant(first.id).token).toBe(first.token + 1);
  });

  test('never two live leases on one resource', () => {
    const { leases, claim } = leaseWorld();
    const { id } = claim(5_000);
    expect(() => leases.grant(id)).toThrow('runs');
    expect(() => leases.free(id)).toThrow('runs');
  });

  test('an id that was freed cannot be granted or freed', () => {
    const { leases, claim } = leaseWorld();
    const held = claim(5_000);
    leases.settle(held);
    expect(() => leases.grant(held.id)).toThrow('not in use');
    expect(() => leases.free(held.id)).toThrow('not in use');
  });
});

describe('A subscription lease is stopped while its owner is connected', () => {
  test('paused it never ends; resumed it has its full ttl', () => {
    const { time, leases, expired, claim } = leaseWorld();
    const { id } = claim(10_000, 'subscription');
    time.advance(4_000);
    expect(leases.pause(id)).toBe(true);
    time.advance(24 * HOUR);
    expect([expired, leases.remainingMs(id), leases.describe(id)?.state]).toEqual([[], 10_000, 'paused']);
    expect(leases.resume(id)).toBe(true);
    expect(leases.resume(id)).toBe(false);
    time.advance(9_999);
    expect(expired).toEqual([]);
    time.advance(101);
    expect(expired).toHaveLength(1);
    expect([leases.pause(id), leases.resume(id)]).toEqual([false, false]);
  });

  test('extended while paused, it stays paused and takes the new ttl', () => {
    const { time, leases, claim } = leaseWorld();
    const held = claim(10_000, 'subscription');
    leases.pause(held.id);
    expect(leases.extend(held, 20_000)).toMatchObject({ remainingMs: 20_000 });
    time.advance(HOUR);
    leases.resume(held.id);
    expect(leases.remainingMs(held.id)).toBe(20_000);
  });

  test('it can be ended while paused', () => {
    const { time, leases, expired, claim } = leaseWorld();
    const held = claim(10_000, 'subscription');
    leases.pause(held.id);
    expect(leases.end(held.id, 'revoked')).toBe(true);
    time.advance(HOUR);
    expect([expired, leases.resume(held.id), leases.counts().live.subscription]).toEqual([[], false, 0]);
  });

  test('no other kind pauses', () => {
    const { leases, claim } = leaseWorld();
    expect(() => leases.pause(claim(5_000).id)).toThrow('does not pause');
  });
});

describe('Grants over 10 s get ±10 % jitter', () => {
  test('and the answer includes it', () => {
    const { leases, allocate } = leaseWorld({ chance: { ...NO_JITTER, fraction: () => 0 } });
    expect(leases.grant(allocate(), { ttlMs: 60_000 })).toMatchObject({ remainingMs: 54_000 });
    expect(leases.grant(allocate(), { ttlMs: 10_000 })).toMatchObject({ remainingMs: 10_000 });
  });
});

describe('Leases: so many a principal, so many a broker', () => {
  test('the refusal says which bound', () => {
    const { leases, holder, allocate } = leaseWorld({ leasesMax: 3, leasesPerPrincipalMax: 2 });
    const [first] = [allocate('delivery', 'ann'), allocate('retention', 'ann')];
    expect(leases.allocate('delivery', 'ann', holder)).toMatchObject({ code: 'lease_limit', bound: 'principal' });
    allocate('delivery', 'bob');
    expect(leases.allocate('delivery', 'cid', holder)).toMatchObject({ code: 'lease_limit', bound: 'broker' });
    leases.free(first);
    expect(leases.allocate('delivery', 'ann', holder).ok).toBe(true);
    expect(leases.counts()).toMatchObject({ allocated: 3, refused: { lease_limit: 2 } });
  });

  test('a lease that passes to another principal counts there', () => {
    const { leases, holder, allocate, grant } = leaseWorld({ leasesPerPrincipalMax: 1 });
    const [anns, bobs] = [allocate('delivery', 'ann'), allocate('delivery', 'bob')];
    expect(leases.grant(anns, { owner: 'bob' })).toMatchObject({ code: 'lease_limit', bound: 'principal' });
    expect(leases.describe(anns)).toMatchObject({ owner: 'ann', state: 'idle' });
    leases.free(bobs);
    expect(grant(anns, { owner: 'bob' }).principal).toBe('bob');
    expect(leases.allocate('delivery', 'ann', holder).ok).toBe(true);
    expect(leases.allocate('delivery', 'bob', holder).ok).toBe(false);
  });

  test('a grant outside the range of its kind is refused, and takes no token', () => {
    const { leases, allocate, grant } = leaseWorld();
    const id = allocate();
    for (const ttlMs of [0, 999, 10 * MINUTE + 1, 5_000.5]) {
      expect(leases.grant(id, { ttlMs })).toMatchObject({ code: 'lease_ttl_range' });
    }
    expect(grant(id).token).toBe(FIRST_TOKEN);
  });
});
