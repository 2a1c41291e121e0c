import { describe, expect, test } from 'vitest';
import { checkLeaseTerms, DEFAULT_LEASE_TERMS, LEASE_KINDS } from '../../../../broker/leases/lease-kinds.ts';

const { delivery } = DEFAULT_LEASE_TERMS;

describe('checkLeaseTerms', () => {
  test('the defaults pass, and cover every kind', () => {
    expect(() => checkLeaseTerms(DEFAULT_LEASE_TERMS)).not.toThrow();
    expect(Object.keys(DEFAULT_LEASE_TERMS)).toEqual([...LEASE_KINDS]);
  });

  test.each([
    ['a min of 0', { ...delivery, minMs: 0 }],
    ['a default under min', { ...delivery, defaultMs: delivery.minMs - 1 }],
    ['a default over max', { ...delivery, defaultMs: delivery.maxMs + 1 }],
    ['a max over max total', { ...delivery, maxTotalMs: delivery.maxMs - 1 }],
    ['a fraction of a millisecond', { ...delivery, defaultMs: 30_000.5 }],
    ['no number', { ...delivery, maxMs: Number.NaN }],
    ['a max beyond 32 bits', { ...delivery, maxMs: 2 ** 32, maxTotalMs: Number.POSITIVE_INFINITY }],
  ])('refuses %s', (_, terms) => {
    expect(() => checkLeaseTerms({ ...DEFAULT_LEASE_TERMS, delivery: terms })).toThrow(RangeError);
  });
});
