import { expect, it } from 'vitest';
import { Standing } from '../../../client/standing.ts';

it('counts from 1, and knows the lowest number without a final answer', () => {
  const standing = new Standing();
  expect(standing.since).toBe(1);
  expect([standing.next(true), standing.next(true), standing.next(false), standing.next(true)]).toEqual([1, 2, 3, 4]);
  expect(standing.since).toBe(1);
  standing.answered(2);
  expect(standing.since).toBe(1);
  standing.answered(1);
  expect(standing.since).toBe(4);
  standing.answered(4);
  expect(standing.since).toBe(5);
});

it('knows the highest seq that was delivered, as far as the broker has given such', () => {
  const standing = new Standing();
  for (const seq of [3, 7, 5]) standing.delivered(seq);
  expect(standing.past).toBe(7);
  standing.restart(20);
  expect(standing.past).toBe(7);
  standing.restart(2);
  expect(standing.past).toBe(2);
});
