import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TimerWheel } from '../../../../broker/kernel/timer-wheel.ts';

const DAY = 86_400_000;
const TURN = 8_192 * 100;

function advance(wheel: TimerWheel, nowMs: number, budget = 1_000): number[] {
  const emitted: number[] = [];
  expect(wheel.advance(nowMs, budget, (slot) => emitted.push(slot))).toBe(emitted.length);
  return emitted;
}

describe('TimerWheel', () => {
  test('emits at the deadline, not a millisecond before, and once', () => {
    const wheel = new TimerWheel(5_000);
    wheel.schedule(3, 6_050.5);
    expect(advance(wheel, 6_050.4)).toEqual([]);
    expect(advance(wheel, 6_050.5)).toEqual([3]);
    expect(advance(wheel, 10_000)).toEqual([]);
    expect([wheel.length, wheel.has(3), wheel.deadlineMs(3)]).toEqual([0, false, 6_050.5]);
  });

  test('the origin of the clock means nothing', () => {
    const wheel = new TimerWheel(-123_456.7);
    wheel.schedule(0, -123_000);
    expect(advance(wheel, -123_001)).toEqual([]);
    expect(advance(wheel, -123_000)).toEqual([0]);
  });

  test('deadlines of 30 days, stepped through by the sweep', () => {
    const wheel = new TimerWheel(0);
    wheel.schedule(0, 30 * DAY);
    wheel.schedule(1, 30 * DAY - TURN);
    const seen: [number, number][] = [];
    for (let nowMs = 0; nowMs <= 30 * DAY; nowMs += 60_000) {
      wheel.advance(nowMs, 10, (slot) => seen.push([slot, nowMs]));
    }
    expect(seen.map(([slot]) => slot)).toEqual([1, 0]);
    for (const [slot, atMs] of seen) expect(atMs).toBeGreaterThanOrEqual(wheel.deadlineMs(slot));
  });

  test('a leap over many turns emits everything that is due, and nothing else', () => {
    const wheel = new TimerWheel(0);
    for (let slot = 0; slot < 100; slot++) wheel.schedule(slot, slot * DAY);
    expect(advance(wheel, 49.5 * DAY).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(wheel.length).toBe(50);
  });

  test('a cancelled or moved deadline is not emitted', () => {
    const wheel = new TimerWheel(0);
    wheel.schedule(0, 500);
    wheel.schedule(1, 500);
    wheel.cancel(0);
    wheel.cancel(0);
    wheel.schedule(1, 900);
    expect(advance(wheel, 899)).toEqual([]);
    expect(advance(wheel, 900)).toEqual([1]);
  });

  test('a deadline in the past comes with the next advance', () => {
    const wheel = new TimerWheel(0);
    advance(wheel, 10_000);
    wheel.schedule(0, 20);
    expect(advance(wheel, 10_000)).toEqual([0]);
  });

  test('beyond the budget the rest waits, in order of deadline', () => {
    const wheel = new TimerWheel(0);
    for (let slot = 9; slot >= 0; slot--) wheel.schedule(slot, slot * 100);
    expect(advance(wheel, 10_000, 4)).toEqual([0, 1, 2, 3]);
    expect(advance(wheel, 10_000, 0)).toEqual([]);
    expect(advance(wheel, 10_100, 4)).toEqual([4, 5, 6, 7]);
    expect(advance(wheel, 10_200, 4)).toEqual([8, 9]);
  });

  test('nobody starves while others come in overdue', () => {
    const wheel = new TimerWheel(0);
    for (let slot = 0; slot < 20; slot++) wheel.schedule(slot, 150);
    expect(advance(wheel, 1_000, 0)).toEqual([]);
    const emitted: number[] = [];
    for (let round = 0; round < 10; round++) {
      wheel.schedule(100 + 2 * round, 0);
      wheel.schedule(101 + 2 * round, 0);
      emitted.push(...advance(wheel, 1_000 + round, 2));
    }
    expect(emitted).toEqual(Array.from({ length: 20 }, (_, slot) => slot));
  });

  test('time that does not move, or goes back, emits nothing twice', () => {
    const wheel = new TimerWheel(0);
    wheel.schedule(0, 100);
    expect(advance(wheel, 1_000)).toEqual([0]);
    expect(advance(wheel, 500)).toEqual([]);
    wheel.schedule(0, 1_100);
    expect(advance(wheel, 1_050)).toEqual([]);
    expect(advance(wheel, 1_100)).toEqual([0]);
  });

  test('does what a map of deadlines does', () => {
    const slot = fc.nat(12);
    const ms = fc.oneof(fc.integer({ min: -500, max: 2_000 }), fc.nat(3 * TURN), fc.nat(30 * DAY));
    const step = fc.oneof(
      fc.record({ do: fc.constant('schedule' as const), slot, ms }),
      fc.record({ do: fc.constant('cancel' as const), slot }),
      fc.record({
        do: fc.constant('advance' as const),
        ms: fc.oneof(fc.nat(300), fc.nat(2 * TURN)),
        budget: fc.nat(5),
      }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100, size: 'max' }), (steps) => {
        const wheel = new TimerWheel(0);
        const deadlines = new Map<number, number>();
        let nowMs = 0;
        for (const each of steps) {
          if (each.do === 'schedule') {
            wheel.schedule(each.slot, nowMs + each.ms);
            deadlines.set(each.slot, nowMs + each.ms);
          } else if (each.do === 'cancel') {
            wheel.cancel(each.slot);
            deadlines.delete(each.slot);
          } else {
            nowMs += each.ms;
            const due = [...deadlines].filter(([, deadlineMs]) => deadlineMs <= nowMs).map(([of]) => of);
            const emitted = advance(wheel, nowMs, each.budget);
            expect(emitted).toHaveLength(Math.min(due.length, each.budget));
            for (const of of emitted) {
              expect(due).toContain(of);
              deadlines.delete(of);
            }
          }
          expect(wheel.length).toBe(deadlines.size);
          for (const [of, deadlineMs] of deadlines)
            expect([wheel.has(of), wheel.deadlineMs(of)]).toEqual([true, deadlineMs]);
        }
      }),
    );
  });
});
