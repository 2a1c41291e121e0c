import { describe, expect, it } from 'vitest';
import { PLANTED_BUGS } from '../support/simulation/planted/index.ts';
import { simulate } from '../support/simulation/run.ts';

/** Within so many seeds each must show. */
const SEEDS = 100;

describe('the simulation notices that', () => {
  it.each(PLANTED_BUGS)('$name', async ({ plant, wishes }) => {
    let faults: readonly string[] = [];
    for (let seed = 1; seed <= SEEDS && faults.length === 0; seed++)
      ({ faults } = await simulate(seed, wishes, plant()));
    expect(faults.length).toBeGreaterThan(0);
  });
});
