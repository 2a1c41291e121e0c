import { expect, it } from 'vitest';
import type { Fact } from '../support/simulation/history.ts';
import { simulate } from '../support/simulation/run.ts';

/** Seeds of the suite, in portions. `SEEDS=100000`: for longer. */
const SEEDS = Number(process.env['SEEDS'] ?? 2_000);
const PORTION = 250;
const ROTTEN_SEEDS = 100;
const PORTION_MS_MAX = 120_000;
/** One seed instead of all; its history is printed when it fails. */
const CHOSEN = process.env['SEED'];

const replay = (seed: number): string =>
  `SEED=${seed} npx vitest run --config test/vitest.config.ts test/simulation/durable.test.ts`;

const portions =
  CHOSEN === undefined
    ? Array.from({ length: Math.ceil(SEEDS / PORTION) }, (_, i) => ({ from: 1 + i * PORTION, to: (i + 1) * PORTION }))
    : [{ from: Number(CHOSEN), to: Number(CHOSEN) }];

it.each(portions)(
  'over random histories of crashes, faults and clients every promise is kept: seeds $from to $to',
  async ({ from, to }) => {
    for (let seed = from; seed <= to; seed++) {
      const { history, faults } = await simulate(seed);
      if (CHOSEN !== undefined && faults.length > 0) console.info(history.map(lineOf).join('\n'));
      expect([...new Set(faults)], replay(seed)).toEqual([]);
    }
  },
  PORTION_MS_MAX,
);

it('a bit that turns on the disk ends nothing, and nobody is given what it spoils', async () => {
  for (let seed = 1; seed <= ROTTEN_SEEDS; seed++) {
    const { faults } = await simulate(seed, { rot: 0.7, crashes: 3 });
    expect([...new Set(faults)], `seed ${seed}`).toEqual([]);
  }
});

function lineOf({ kind, atMs, ...fields }: Fact): string {
  return `${String(atMs).padStart(8)} ${kind} ${JSON.stringify(fields)}`;
}
