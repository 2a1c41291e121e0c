import { describe, expect, test } from 'vitest';
import { graceMs, isInRange, spread } from '../../../../broker/leases/lease-duration.ts';
import { DEFAULT_LEASE_TERMS } from '../../../../broker/leases/lease-kinds.ts';

const terms = DEFAULT_LEASE_TERMS.delivery;
const chanceOf = (fraction: number) => ({ fraction: () => fraction, secret: () => '' });
const [LOWEST, MIDDLE, HIGHEST] = [chanceOf(0), chanceOf(0.5), chanceOf(1 - 2 ** -32)];

describe('spread', () => {
  test('leaves 10 s and less alone', () => {
    expect([LOWEST, HIGHEST].map((chance) => spread(10_000, terms, chance))).toEqual([10_000, 10_000]);
  });

  test('moves more than 10 s by up to 10 % either way', () => {
    expect([LOWEST, MIDDLE, HIGHEST].map((chance) => spread(30_000, terms, chance))).toEqual([27_000, 30_000, 33_000]);
  });

  test('stays inside the range of the kind, and still spreads at its ends', () => {
    const { maxMs } = terms;
    expect([LOWEST, MIDDLE, HIGHEST].map((chance) => spread(maxMs, terms, chance))).toEqual([
      0.9 * maxMs,
      0.95 * maxMs,
      maxMs,
    ]);
    const narrow = { ...terms, minMs: 29_000 };
    expect([LOWEST, HIGHEST].map((chance) => spread(30_000, narrow, chance))).toEqual([29_000, 33_000]);
  });
});

describe('isInRange', () => {
  test.each([terms.minMs, terms.maxMs])('%s ms is', (ttlMs) => expect(isInRange(ttlMs, terms)).toBe(true));

  test.each([terms.minMs - 1, terms.maxMs + 1, 5_000.5, -5_000, Number.NaN, Number.POSITIVE_INFINITY])(
    '%s ms is not',
    (ttlMs) => expect(isInRange(ttlMs, terms)).toBe(false),
  );
});

test('graceMs is 10 % of the ttl, 2 s at most', () => {
  expect([1_000, 20_000, 600_000].map(graceMs)).toEqual([100, 2_000, 2_000]);
});
