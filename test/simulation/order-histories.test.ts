import { expect, it } from 'vitest';
import { OrderRun } from '../support/order/order-run.ts';

/** `SEEDS=100000`: for longer. `SEED=7`: one, whose history is printed when it fails. */
const SEEDS = Number(process.env['SEEDS'] ?? 400);
const PORTION = 100;
const CHOSEN = process.env['SEED'];

const portions =
  CHOSEN === undefined
    ? Array.from({ length: Math.ceil(SEEDS / PORTION) }, (_, i) => ({ from: 1 + i * PORTION, to: (i + 1) * PORTION }))
    : [{ from: Number(CHOSEN), to: Number(CHOSEN) }];

it.each(portions)(
  'every order is kept over reconnects, slow readers, redelivery and kill -9: seeds $from to $to',
  async ({ from, to }) => {
    for (let seed = from; seed <= to; seed++) {
      const run = new OrderRun(seed);
      const faults = await run.go();
      if (CHOSEN !== undefined && faults.length > 0)
        console.info(run.facts.map((fact) => JSON.stringify(fact)).join('\n'));
      expect([...new Set(faults)], `SEED=${seed}`).toEqual([]);
    }
  },
  120_000,
);
