import { expect, test } from 'vitest';
import { SimulatedTime } from '../../../../broker/kernel/simulated-time.ts';
import { Turns } from '../../../../broker/kernel/turns.ts';

test('one piece of work a turn, in order, and others get their turn between', () => {
  const time = new SimulatedTime();
  const turns = new Turns(time, 10);
  const done: string[] = [];
  for (const name of ['a', 'b']) turns.add(() => done.push(name));
  time.afterReads(() => {
    done.push('somebody else');
    time.afterReads(() => done.push('and again'));
  });
  expect(done).toEqual([]);
  time.settle();
  expect(done).toEqual(['a', 'somebody else', 'b', 'and again']);
});

test('work that asks for more work has it done in a later turn', () => {
  const time = new SimulatedTime();
  const turns = new Turns(time, 10);
  const done: string[] = [];
  turns.add(() => {
    done.push('first');
    turns.add(() => done.push('second'));
  });
  time.settle();
  expect(done).toEqual(['first', 'second']);
});

test('refuses more than may wait', () => {
  const time = new SimulatedTime();
  const turns = new Turns(time, 2);
  const done: number[] = [];
  expect([1, 2, 3].map((n) => turns.add(() => done.push(n)))).toEqual([true, true, false]);
  time.settle();
  expect(done).toEqual([1, 2]);
  expect(turns.add(() => done.push(4))).toBe(true);
});
