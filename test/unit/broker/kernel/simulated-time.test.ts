import { describe, expect, test } from 'vitest';
import { SimulatedTime } from '../../../../broker/kernel/simulated-time.ts';

describe('SimulatedTime', () => {
  test('both clocks move together, and only when told to', () => {
    const time = new SimulatedTime(1_000);
    expect([time.monotonicMs(), time.wallMs()]).toEqual([0, 1_000]);
    time.advance(250);
    time.stall(50);
    expect([time.monotonicMs(), time.wallMs()]).toEqual([300, 1_300]);
  });

  test('advance runs each timer at its moment', () => {
    const time = new SimulatedTime();
    const ticks: [string, number][] = [];
    time.every(100, () => ticks.push(['a', time.monotonicMs()]));
    time.every(150, () => ticks.push(['b', time.monotonicMs()]));
    time.advance(310);
    expect(ticks).toEqual([
      ['a', 100],
      ['b', 150],
      ['a', 200],
      ['a', 300],
      ['b', 300],
    ]);
  });

  test('a timer that was stopped does not run, not even by another of the same moment', () => {
    const time = new SimulatedTime();
    let ticks = 0;
    time.every(100, () => stopSecond());
    const stopSecond = time.every(100, () => ticks++);
    time.advance(1_000);
    expect(ticks).toBe(0);
  });

  test('what waits for the reads runs after all timers of the moment', () => {
    const time = new SimulatedTime();
    const order: string[] = [];
    time.every(100, () => time.afterReads(() => order.push('after reads')));
    time.every(100, () => order.push('timer'));
    time.advance(100);
    expect(order).toEqual(['timer', 'after reads']);
  });

  test('a stall runs each timer once, late, then the reads, then what waited for them', () => {
    const time = new SimulatedTime();
    const order: [string, number][] = [];
    time.every(100, () => {
      order.push(['timer', time.monotonicMs()]);
      time.afterReads(() => order.push(['after reads', time.monotonicMs()]));
    });
    time.stall(1_000, () => order.push(['reads', time.monotonicMs()]));
    expect(order).toEqual([
      ['timer', 1_000],
      ['reads', 1_000],
      ['after reads', 1_000],
    ]);
    time.advance(100);
    expect(order).toContainEqual(['timer', 1_100]);
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('refuses to move by %s', (ms) => {
    const time = new SimulatedTime();
    expect(() => time.advance(ms)).toThrow(RangeError);
    expect(() => time.stall(ms)).toThrow(RangeError);
  });

  test('refuses a period that would never end', () => {
    expect(() => new SimulatedTime().every(0, () => {})).toThrow(RangeError);
  });
});
