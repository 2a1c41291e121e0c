import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FilterNumbers } from '../../../../matcher/index/filter-numbers.ts';

describe('FilterNumbers', () => {
  it('gives what is wanted, as subscriptions are numbered, and again once it is released', () => {
    const numbers = new FilterNumbers();
    for (let wanted = 0; wanted < 1000; wanted += 1) expect(numbers.take(wanted)).toBe(wanted);
    for (const wanted of [500, 0, 999]) {
      numbers.release(wanted);
      expect(numbers.take(wanted)).toBe(wanted);
    }
  });

  it('skips no more than a quarter of its numbers, whatever is wanted', () => {
    const numbers = new FilterNumbers();
    for (let i = 0; i < 1000; i += 1) numbers.take(i % 2 === 0 ? 2 ** 31 - 1 - i : i * 3);
    expect(numbers.end).toBeLessThanOrEqual(1260);
  });

  it('hands out every number once, and starts over when none is held', () => {
    const arbitrarySteps = fc.array(fc.record({ wanted: fc.nat(200), releases: fc.boolean() }), { maxLength: 500 });
    fc.assert(
      fc.property(arbitrarySteps, (steps) => {
        const numbers = new FilterNumbers();
        const held: number[] = [];
        for (const { wanted, releases } of steps) {
          if (releases && held.length > 0) numbers.release(held.splice(wanted % held.length, 1)[0] as number);
          else {
            const number = numbers.take(wanted);
            expect(held).not.toContain(number);
            held.push(number);
          }
          expect(numbers.size).toBe(held.length);
          expect(numbers.end).toBeGreaterThan(Math.max(-1, ...held));
        }
        for (const number of held) numbers.release(number);
        expect(numbers).toMatchObject({ size: 0, end: 0, bytes: 0 });
      }),
    );
  });

  it('fills the gaps in the end', () => {
    const numbers = new FilterNumbers();
    for (let i = 0; i < 1024; i += 1) numbers.take(i);
    for (let i = 0; i < 1024; i += 2) numbers.release(i);
    for (let i = 0; i < 512; i += 1) numbers.take(2 ** 31 - 1);
    expect(numbers.size).toBe(1024);
    expect(numbers.end).toBeLessThanOrEqual(1288);
  });
});
