import { expect, test } from 'vitest';
import { SimulatedTime } from '../../../../broker/kernel/simulated-time.ts';
import { Turns } from '../../../../broker/kernel/turns.ts';

test('one piece of work a turn, in order, and others get their turn between', () => {
  const time = new SimulatedTime();
  const lane = new Turns(time, 10).lane();
  const done: string[] = [];
  for (const name of ['a', 'b']) lane.add(() => done.push(name));
  time.afterReads(() => {
    done.push('somebody else');
    time.afterReads(() => done.push('and again'));
  });
  expect(done).toEqual([]);
  time.settle();
  expect(done).toEqual(['a', 'somebody else', 'b', 'and again']);
});

test('lanes take turns, however much one has', () => {
  const time = new SimulatedTime();
  const turns = new Turns(time, 10);
  const [long, short] = [turns.lane(), turns.lane()];
  const done: string[] = [];
  for (const name of ['l1', 'l2', 'l3']) long.add(() => done.push(name));
  short.add(() => done.push('s1'));
  time.settle();
  expect(done).toEqual(['l1', 's1', 'l2', 'l3']);
});

test('work that asks for more work has it done in a later turn', () => {
  const time = new SimulatedTime();
  const lane = new Turns(time, 10).lane();
  const done: string[] = [];
  lane.add(() => {
    done.push('first');
    lane.add(() => done.push('second'));
  });
  time.settle();
  expect(done).toEqual(['first', 'second']);
});

test('refuses more than may wait in a lane, and goes on when there is room', () => {
  const time = new SimulatedTime();
  const lane = new Turns(time, 2).lane();
  const done: number[] = [];
  expect([1, 2, 3].map((n) => lane.add(() => done.push(n)))).toEqual([true, true, false]);
  time.settle();
  expect(done).toEqual([1, 2]);
  expect(lane.add(() => done.push(4))).toBe(true);
  time.settle();
  expect(done).toEqual([1, 2, 4]);
});

test('what waits in a lane that is cleared is not done', () => {
  const time = new SimulatedTime();
  const turns = new Turns(time, 10);
  const [lane, other] = [turns.lane(), turns.lane()];
  const done: string[] = [];
  for (const name of ['a', 'b']) lane.add(() => done.push(name));
  other.add(() => done.push('other'));
  lane.clear();
  time.settle();
  expect(done).toEqual(['other']);
});
