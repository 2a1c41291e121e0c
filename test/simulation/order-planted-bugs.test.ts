import { describe, expect, it } from 'vitest';
import { OrderRun } from '../support/order/order-run.ts';
import { ORDER_BUGS } from '../support/order/planted.ts';

/** Within so many seeds each must show. */
const SEEDS = 100;

describe('the checkers of order notice that', () => {
  it.each(ORDER_BUGS)(
    '$name',
    async ({ plant }) => {
      const undo = plant();
      let faults: readonly string[] = [];
      try {
        for (let seed = 1; seed <= SEEDS && faults.length === 0; seed++) faults = await new OrderRun(seed).go();
      } finally {
        undo();
      }
      expect(faults.filter((fault) => !fault.startsWith('the broker')).length).toBeGreaterThan(0);
    },
    120_000,
  );
});
