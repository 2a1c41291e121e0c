import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../../index.ts';
import { primesIn } from './primes.ts';

/**
 * A worker of the bag of tasks, a process of its own: takes a range of numbers, counts its primes, puts what it has found.
 * Both are one transaction: a worker that is killed in between has done neither, and the next one finds the task.
 *
 *     node task-worker.js <address of the broker> <space> <its name>
 */
const [, , url = '', bag = '', name = ''] = process.argv;
/** Slow enough to be killed in the middle. */
const WORK_MS = 30;

const client = await connect(url, { name: `tellwhen example: ${name}` });
const space = client.space(bag);
for (;;) {
  await using transaction = await client.transaction({ leaseMs: 10_000 });
  const [, from, to] = await space.in(['primes', Number, Number], { transaction });
  process.stdout.write(`has ${from}\n`);
  await sleep(WORK_MS);
  await space.out(['found', from, to, primesIn(from, to), name], { transaction });
  await transaction.commit();
  process.stdout.write(`did ${from}\n`);
}
