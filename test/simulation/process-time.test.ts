import { expect, it } from 'vitest';
import { SimulatedTime } from '../../broker/kernel/simulated-time.ts';
import { ProcessTime } from '../support/simulation/process-time.ts';

it('nothing of a process runs after its end', () => {
  const world = new SimulatedTime();
  const time = new ProcessTime(world);
  const calls: string[] = [];
  time.every(10, () => calls.push('tick'));
  world.advance(10);
  time.afterReads(() => calls.push('after reads'));
  time.kill();
  world.advance(100);
  time.every(10, () => calls.push('late'));
  world.advance(100);
  expect(calls).toEqual(['tick']);
});

it('a process ends between two calls of its event loop', () => {
  const world = new SimulatedTime();
  const time = new ProcessTime(world);
  const calls: string[] = [];
  time.killAfter(2, () => calls.push('died'));
  for (const name of ['one', 'two', 'three', 'four']) time.afterReads(() => calls.push(name));
  world.settle();
  expect(calls).toEqual(['one', 'two', 'died']);
});

it('every process has clocks of its own', () => {
  const world = new SimulatedTime(1_000);
  world.advance(50);
  const time = new ProcessTime(world, { originMs: 7, wallErrorMs: -20 });
  expect([time.monotonicMs(), time.wallMs()]).toEqual([7, 1_030]);
});
