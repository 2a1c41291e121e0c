import { expect, test } from 'vitest';
import { Slices } from '../../../../broker/kernel/slices.ts';
import { TurningTime } from '../../../support/turning-time.ts';

/** Who does pieces of 0.4 ms, three of which are a slice, and notes them. */
function worker(name: string, pieces: number, slices: Slices, time: TurningTime, done: string[]) {
  let next = 1;
  const goOn = (): void => {
    while (next <= pieces) {
      if (slices.spent) {
        slices.wait(goOn);
        return;
      }
      done.push(`${name}${next}`);
      next += 1;
      time.nowMs += 0.4;
    }
  };
  return goOn;
}

test('a slice a turn, and who waits takes turns with the others', () => {
  const time = new TurningTime();
  const slices = new Slices(time);
  const done: string[] = [];
  worker('a', 7, slices, time, done)();
  expect(done).toEqual(['a1', 'a2', 'a3']);
  worker('b', 2, slices, time, done)();
  expect(done).toHaveLength(3);
  time.turn();
  expect(done.slice(3)).toEqual(['a4', 'a5', 'a6']);
  time.turn();
  expect(done.slice(6)).toEqual(['b1', 'b2', 'a7']);
});

test('the next turn has a slice of its own, when nobody waits', () => {
  const time = new TurningTime();
  const slices = new Slices(time);
  const done: string[] = [];
  worker('a', 3, slices, time, done)();
  expect(slices.spent).toBe(true);
  time.turn();
  worker('b', 1, slices, time, done)();
  expect(done.at(-1)).toBe('b1');
});

test('where turns are long, a quarter of the one before; no more than 20 ms', () => {
  const time = new TurningTime();
  const slices = new Slices(time);
  const done: string[] = [];
  const donePer = (otherMs: number): number => {
    const before = done.length;
    time.nowMs += otherMs;
    time.turn();
    return done.length - before;
  };
  worker('a', 1_000, slices, time, done)();
  // The three pieces of the first slice took 1.2 ms.
  expect(done).toHaveLength(3);
  expect([donePer(38.8), donePer(1_000), donePer(0), donePer(0)]).toEqual([26, 50, 13, 4]);
});

test('who is forgotten is not called', () => {
  const time = new TurningTime();
  const slices = new Slices(time);
  const done: string[] = [];
  const goOn = worker('a', 5, slices, time, done);
  goOn();
  slices.forget(goOn);
  time.turn();
  expect(done).toHaveLength(3);
});
