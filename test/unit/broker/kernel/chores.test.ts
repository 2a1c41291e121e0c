import { describe, expect, it } from 'vitest';
import { type Chore, Chores } from '../../../../broker/kernel/chores.ts';

/** Chores whose pauses end when the test says so. */
function paused() {
  const waiting: (() => void)[] = [];
  const steps: string[] = [];
  const chores = new Chores((then) => void waiting.push(then));
  function* chore(name: string, count: number): Chore<string> {
    for (let i = 1; i <= count; i++) {
      steps.push(`${name}${i}`);
      if (i < count) yield;
    }
    return name;
  }
  return { chores, chore, steps, waiting, goOn: () => waiting.shift()?.() };
}

describe('Chores', () => {
  it('begins after a pause, does one step after each, and after one more says what came of it', () => {
    const { chores, chore, steps, goOn } = paused();
    const done: string[] = [];
    chores.run(chore('a', 2), (result) => done.push(result));
    expect(steps).toEqual([]);
    goOn();
    expect([steps, done]).toEqual([['a1'], []]);
    goOn();
    expect([steps, done]).toEqual([['a1', 'a2'], []]);
    goOn();
    expect(done).toEqual(['a']);
  });

  it('lets chores take turns', () => {
    const { chores, chore, steps, goOn } = paused();
    for (const name of ['a', 'b', 'c']) chores.run(chore(name, 2), () => {});
    for (let i = 0; i < 6; i++) goOn();
    expect(steps).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'c2']);
  });

  it('has one pause at a time, and none when nothing is to be done', () => {
    const { chores, chore, waiting, goOn } = paused();
    chores.run(chore('a', 1), () => {});
    chores.run(chore('b', 1), () => {});
    expect(waiting).toHaveLength(1);
    for (let i = 0; i < 3; i++) goOn();
    expect(waiting).toHaveLength(0);
  });

  it('goes on with what a chore that is done has asked for', () => {
    const { chores, chore, steps, goOn } = paused();
    chores.run(chore('a', 1), () => chores.run(chore('b', 1), () => {}));
    for (let i = 0; i < 3; i++) goOn();
    expect(steps).toEqual(['a1', 'b1']);
  });
});
