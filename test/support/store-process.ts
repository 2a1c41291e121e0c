import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** As built: what is shipped is what is killed and traced. */
const DIST = new URL('../../dist/broker/', import.meta.url).href;

/**
 * Commits one record after another, each with the number before it deleted, and says so on a line of its own once each
 * is done: `done 7`, or `fault store_failed …`, which is its end.
 */
const PROGRAM = `
  import { realTime } from '${DIST}kernel/time.js';
  import { realChance } from '${DIST}kernel/chance.js';
  import { openDataDirectory } from '${DIST}store/data-directory.js';
  import { writeSync } from 'node:fs';
  const [directory, first, count] = process.argv.slice(1);
  const store = await openDataDirectory({
    directory, time: realTime, chance: realChance, commitTimeoutMs: 20_000, logBytes: 1 << 20,
  });
  // A system call of its own, in its place among those of the store.
  const say = (line) => writeSync(1, line + '\\n');
  const key = (number) => Buffer.from(String(number).padStart(9, '0'));
  const last = Number(first) + Number(count);
  const next = (number) => {
    if (number >= last) return store.close();
    const value = Buffer.alloc(number % 10 === 0 ? 60_000 : 100, number % 251);
    const changes = [{ key: key(number), value }, { key: Buffer.from('last'), value: key(number) }];
    store.commit(changes, (fault) => {
      say(fault === undefined ? 'done ' + number : 'fault ' + fault.code + ' ' + fault.message);
      if (fault === undefined) next(number + 1);
      else store.close();
    });
  };
  say('begun');
  next(Number(first));
`;

export interface StoreProcessOptions {
  readonly directory: string;
  readonly first?: number;
  readonly count: number;
  /** What to run it under, as `strace …`. */
  readonly under?: readonly string[];
}

/** A process that commits to a store, one record at a time. */
export class StoreProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #output = '';

  constructor({ directory, first = 0, count, under = [] }: StoreProcessOptions) {
    const node = [process.execPath, '--input-type=module', '--eval', PROGRAM, directory, String(first), String(count)];
    const [command = '', ...args] = [...under, ...node];
    this.#child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#ended = once(this.#child, 'close');
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
  }

  get output(): string {
    return this.#output;
  }

  /** Of the last record that it said is done; -1 before the first. */
  get lastDone(): number {
    return Number(/.*^done (\d+)$/ms.exec(this.#output)?.[1] ?? -1);
  }

  /** Resolves when it has said that this many are done; rejects when it ends before. */
  async done(count: number): Promise<void> {
    while (this.lastDone + 1 < count) {
      const { stdout, exitCode, signalCode } = this.#child;
      if (exitCode !== null || signalCode !== null) throw new Error(`ended early:\n${this.#output}`);
      await Promise.race([...(stdout === null ? [] : [once(stdout, 'data')]), this.#ended]);
    }
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async end(): Promise<number | null> {
    await this.#ended;
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.#ended;
  }
}
