import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Client } from '../../../index.ts';
import { primesIn } from './primes.ts';

export interface BagOptions {
  readonly url: string;
  /** Of the space. */
  readonly name: string;
  readonly tasks: number;
  readonly workers: number;
  /** Workers that are killed while they are at work. */
  readonly kills: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => Promise<void>;
}

/** Numbers that one task is about. */
const RANGE = 1_000;
const WORKER = fileURLToPath(new URL('./task-worker.js', import.meta.url));

/**
 * A bag of tasks: the master puts tasks into a space, workers take them in no order that matters to anybody, and as many
 * as there happen to be. Some are killed in the middle of their work (kill -9): their tasks come back, and each is done
 * once. Resolves with whether the sum is right.
 */
export async function bagOfTasks(master: Client, options: BagOptions): Promise<boolean> {
  const { name, tasks, workers, signal, say } = options;
  const bag = master.space(name);
  await Promise.all(Array.from({ length: tasks }, (_, i) => bag.out(['primes', i * RANGE, (i + 1) * RANGE])));
  await say(`${tasks} tasks are in the bag; ${workers} workers begin`);

  const staff = new Staff(options);
  try {
    for (let i = 0; i < workers; i++) staff.hire();
    let sum = 0;
    for (let done = 0; done < tasks; done++) {
      const [, , , primes] = await bag.in(['found', Number, Number, Number, String], { signal });
      sum += primes;
    }
    for (const { from, worker } of staff.killed) await say(`the task at ${from}, which ${worker} had, came back`);
    const left = await bag.count(['primes', Number, Number]);
    const twice = await bag.count(['found', Number, Number, Number, String]);
    const right = sum === primesIn(0, tasks * RANGE) && left === 0 && twice === 0;
    await say(
      `${sum} primes below ${tasks * RANGE}: ${right ? 'that is right, and each task was done once' : 'WRONG'}`,
    );
    return right;
  } finally {
    staff.dismiss();
  }
}

interface Killed {
  readonly worker: string;
  readonly from: number;
}

/** The workers' processes; kills some of them at work, and hires another for each. */
class Staff {
  readonly killed: Killed[] = [];
  readonly #options: BagOptions;
  readonly #workers = new Set<ChildProcess>();
  #hired = 0;
  #done = 0;

  constructor(options: BagOptions) {
    this.#options = options;
  }

  hire(): void {
    const { url, name } = this.#options;
    this.#hired += 1;
    const worker = `worker ${this.#hired}`;
    const child = spawn(process.execPath, [WORKER, url, name, worker], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#workers.add(child);
    createInterface({ input: child.stdout }).on('line', (line) => this.#heard(child, worker, line));
  }

  dismiss(): void {
    for (const child of this.#workers) child.kill('SIGKILL');
    this.#workers.clear();
  }

  #heard(child: ChildProcess, worker: string, line: string): void {
    const [did, from] = line.split(' ');
    if (did === 'did') this.#done += 1;
    // Now and then, so that there is something left to do for those who come after.
    const due = this.#done > (this.killed.length + 1) * 3 && this.killed.length < this.#options.kills;
    if (did !== 'has' || !due || !this.#workers.has(child)) return;
    child.kill('SIGKILL');
    this.#workers.delete(child);
    this.killed.push({ worker, from: Number(from) });
    void this.#options.say(`${worker} is killed while it has the task at ${from}`);
    this.hire();
  }
}
