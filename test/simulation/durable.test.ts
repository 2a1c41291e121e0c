import { expect, it } from 'vitest';
import { simulate } from '../support/simulation/run.ts';

const SEEDS = 20;

/** One seed of yours instead of all: SEED=123 npx vitest run --config test/vitest.config.ts test/simulation/durable.test.ts */
const chosen = process.env['SEED'];
const seeds = chosen === undefined ? Array.from({ length: SEEDS }, (_, i) => i + 1) : [Number(chosen)];

it('over random histories of crashes, faults and clients every promise is kept', async () => {
  for (const seed of seeds) {
    const { faults } = await simulate(seed);
    expect(faults, `SEED=${seed}`).toEqual([]);
  }
}, 120_000);
