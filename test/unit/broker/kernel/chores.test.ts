import { describe, expect, it } from 'vitest';
import { type Chore, Chores } from '../../../../broker/kernel/chores.ts';

/** Chores whose pauses end when the test says so. */
function paused() {
  const waiting: (() => void)[] = [];
  const steps: string[] = [];
  // A step takes as long as the test says.
  const clock = { nowMs: 0, stepMs: 10 };
  const chores = new Chores({ monotonicMs: () => clock.nowMs }, (then) => void waiting.push(then));
  function* chore(name: string, count: number): Chore<string> {
    for (let i = 1; i <= count; i++) {
      steps.push(`${name}${i}`);
      clock.nowMs += clock.stepMs;
      if (i < count) yield;
    }
    return name;
  }
  const goOn = (): void => {
    for (const then of waiting.splice(0)) then();
  };
  return { chores, chore, steps, waiting, clock, goOn };
}

describe('Chores', () => {
  it('begins after a pause, does one step after each, and says what came of it after one more', () => {
    const { chores, chore, steps, goOn } = paused();
    const done: string[] = [];
    chores.run(chore('a', 2), (result) => done.push(result));
    expect(steps).toEqual([]);
    goOn();
    expect([steps, done]).toEqual([['a1'], []]);
    goOn();
    expect([steps, done]).toEqual([['a1', 'a2'], []]);
    goOn();
    expect([steps, done]).toEqual([['a1', 'a2'], ['a']]);
  });

  it('lets chores take turns', () => {
    const { chores, chore, steps, goOn } = paused();
    for (const name of ['a', 'b', 'c']) chores.run(chore(name, 2), () => {});
    for (let i = 0; i < 6; i++) goOn();
    expect(steps).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'c2']);
  });

  it('lets each take one step between two pauses, where steps are short', () => {
    const { chores, chore, steps, clock, goOn } = paused();
    clock.stepMs = 2;
    for (const name of ['a', 'b', 'c', 'd']) chores.run(chore(name, 2), () => {});
    goOn();
    expect(steps).toEqual(['a1']);
    goOn();
    expect(steps.slice(1)).toEqual(['b1', 'c1', 'd1']);
    goOn();
    expect(steps.slice(4)).toEqual(['a2', 'b2', 'c2']);
    goOn();
    expect(steps.slice(7)).toEqual(['d2']);
  });

  it('lets what is asked for during a pause wait for the end of the next one', () => {
    const { chores, chore, steps, clock, goOn } = paused();
    clock.stepMs = 0;
    chores.run(chore('a', 2), () => {});
    chores.run(chore('b', 1), () => {});
    goOn();
    expect(steps).toEqual(['a1']);
    goOn();
    expect(steps).toEqual(['a1', 'b1', 'a2']);
  });

  it('has one pause at a time, and none when nothing is to be done', () => {
    const { chores, chore, waiting, goOn } = paused();
    chores.run(chore('a', 1), () => {});
    chores.run(chore('b', 1), () => {});
    expect(waiting).toHaveLength(1);
    goOn();
    goOn();
    goOn();
    expect(waiting).toHaveLength(0);
  });

  it('goes on with what a chore that is done has asked for', () => {
    const { chores, chore, steps, goOn } = paused();
    chores.run(chore('a', 1), () => chores.run(chore('b', 1), () => {}));
    goOn();
    goOn();
    goOn();
    expect(steps).toEqual(['a1', 'b1']);
  });
});
