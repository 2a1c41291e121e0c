import { expect, test } from 'vitest';
import { Gatherings } from '../../../../broker/session/gathering.ts';

const BODIES = Uint8Array.of(0, 1, 7);

test('what is given back is lent to the next, who finds nothing of the last one in it', () => {
  const gatherings = new Gatherings();
  const first = gatherings.take();
  first.records.raw(BODIES);
  first.open.begin(first.records, 1, 'a', 5, 10, 1, BODIES.length);
  gatherings.giveBack(first);

  const next = gatherings.take();
  expect(next).toBe(first);
  expect(next.records.length).toBe(0);
  next.records.raw(BODIES);
  expect(next.open.extend(next.records, 1, 'a', 5, 11, 1, BODIES)).toBe(false);
});

test('two who gather at the same time have one each', () => {
  const gatherings = new Gatherings();
  expect(gatherings.take()).not.toBe(gatherings.take());
});
