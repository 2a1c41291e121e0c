import { describe, expect, test } from 'vitest';
import { SimulatedTime } from '../../../../broker/kernel/simulated-time.ts';
import { LeaseClock } from '../../../../broker/leases/lease-clock.ts';

function clockExpectingASweep() {
  const time = new SimulatedTime();
  const counts = { stalls: 0, shiftedMs: 0 };
  const clock = new LeaseClock(time, counts);
  clock.expectSweepIn(100);
  return { time, counts, clock };
}

describe('LeaseClock', () => {
  test('a sweep that is 250 ms late is no stall', () => {
    const { time, counts, clock } = clockExpectingASweep();
    time.stall(350);
    expect([clock.nowMs(), counts]).toEqual([350, { stalls: 0, shiftedMs: 0 }]);
  });

  test('a later one takes its lateness off the clock', () => {
    const { time, counts, clock } = clockExpectingASweep();
    time.stall(1_100);
    expect([clock.nowMs(), counts]).toEqual([100, { stalls: 1, shiftedMs: 1_000 }]);
    expect(clock.nowMs()).toBe(100);
  });

  test('60 s a stall at most', () => {
    const { time, counts, clock } = clockExpectingASweep();
    time.stall(3_600_100);
    expect([clock.nowMs(), counts]).toEqual([3_540_100, { stalls: 1, shiftedMs: 60_000 }]);
  });

  test('where no sweep is expected, nothing is late', () => {
    const { time, counts, clock } = clockExpectingASweep();
    clock.expectNoSweep();
    time.stall(5_000);
    expect([clock.nowMs(), counts.stalls]).toEqual([5_000, 0]);
  });
});
