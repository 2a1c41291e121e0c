import { fork } from 'node:child_process';
import { on } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Client, connect } from '../../client/index.ts';
import { mailboxOf, tellwhen } from '../peers/tellwhen/mailbox.ts';
import { withFolder } from './data-folder.ts';
import type { WindowOrder, WindowReport } from './neighbour-messages.ts';
import { publishAt } from './publish-at.ts';
import { expectWaiting } from './waiting.ts';

export interface StormOrder {
  /** Where it makes its folder. */
  readonly parent: string;
  readonly rounds: number;
  readonly inFlight: number;
}

/** How the untouched client fares, in windows that follow each other. */
export interface StormRound {
  readonly rest: WindowReport;
  /** While one full mailbox after the other is purged. */
  readonly purge: WindowReport;
  /** While all that mailboxes hold becomes too old. */
  readonly expiry: WindowReport;
  /** Events that are too old and still there when that window ends. */
  readonly overdue: number;
}

export interface StormResult {
  readonly mailboxes: number;
  readonly entriesEach: number;
  readonly seconds: number;
  readonly rounds: readonly StormRound[];
}

const MAILBOXES = 5;
const ENTRIES = 100_000;
const SECONDS = 5;
/** Entries that are to expire live for so many times as long as their like took to publish, and never less than so long. */
const AGE_FACTOR = 2;
const AGE_MS_MIN = 10_000;
/** The window begins so long before the first is too old. */
const AHEAD_MS = 500;

/** @throws Error when the untouched client misses something, or a purge leaves something. */
export function measureStorms(
  { parent, rounds, inFlight }: StormOrder,
  progress: (step: string) => void,
): Promise<StormResult> {
  return withFolder(parent, async (folder) => {
    const server = await tellwhen.start(folder);
    const neighbour = new Neighbour(server.address);
    try {
      const client = await connect(server.address, { name: 'storm' });
      const storm = new Storm(client, server.address, inFlight);
      await neighbour.ready();
      progress('warming up');
      await neighbour.window(SECONDS);
      const found: StormRound[] = [];
      for (let round = 1; round <= rounds; round += 1) {
        progress(`round ${round}, at rest`);
        const rest = await neighbour.window(SECONDS);
        progress(`round ${round}, purging`);
        const purge = await storm.purge(`purge-${round}`, neighbour);
        progress(`round ${round}, expiring`);
        const { report: expiry, overdue } = await storm.expire(`expiry-${round}`, neighbour);
        found.push({ rest, purge, expiry, overdue });
      }
      await client.close();
      return { mailboxes: MAILBOXES, entriesEach: ENTRIES, seconds: SECONDS, rounds: found };
    } finally {
      neighbour.end();
      await server.stop();
    }
  });
}

class Storm {
  readonly #client: Client;
  readonly #address: string;
  readonly #inFlight: number;
  /** Of all mailboxes, the last time. */
  #fillMs = 0;

  constructor(client: Client, address: string, inFlight: number) {
    this.#client = client;
    this.#address = address;
    this.#inFlight = inFlight;
  }

  async purge(prefix: string, neighbour: Neighbour): Promise<WindowReport> {
    const names = namesOf(prefix);
    await this.#fill(names);
    const report = neighbour.window(SECONDS);
    for (const name of names) {
      await delay((SECONDS * 1e3) / (MAILBOXES + 1));
      await this.#client.mailboxes.purge(name);
    }
    for (const name of names) await expectWaiting(tellwhen, this.#address, name, 0);
    await this.#remove(names);
    return report;
  }

  async expire(prefix: string, neighbour: Neighbour): Promise<{ report: WindowReport; overdue: number }> {
    const names = namesOf(prefix);
    const ageMs = Math.ceil(Math.max(AGE_MS_MIN, AGE_FACTOR * this.#fillMs));
    for (const name of names) {
      const consumer = await this.#client.subscribe({ ...mailboxOf(name), ageMs }, () => {});
      await consumer.unsubscribe();
    }
    await this.#fill(names);
    const waitMs = ageMs - AHEAD_MS - this.#fillMs;
    if (waitMs < 0) throw new Error(`entries of ${ageMs} ms took ${Math.round(this.#fillMs)} ms to publish`);
    await delay(waitMs);
    // They expire in the time in which they were published.
    const seconds = Math.ceil((this.#fillMs + 2 * AHEAD_MS) / 1e3);
    const report = await neighbour.window(Math.max(SECONDS, seconds));
    return { report, overdue: await this.#remove(names) };
  }

  async #fill(names: readonly string[]): Promise<void> {
    const startMs = performance.now();
    const range = { first: 0, count: ENTRIES, inFlight: this.#inFlight, warmUp: 0 };
    for (const name of names) await publishAt(tellwhen, this.#address, name, range);
    this.#fillMs = performance.now() - startMs;
  }

  /** Resolves with how many events they had. */
  async #remove(names: readonly string[]): Promise<number> {
    let entries = 0;
    for (const name of names) entries += await this.#client.mailboxes.remove(name);
    return entries;
  }
}

/** The client that does nothing of all this, in a process of its own. */
class Neighbour {
  readonly #child;
  readonly #said: AsyncIterator<unknown[]>;

  constructor(address: string) {
    this.#child = fork(fileURLToPath(new URL('neighbour-process.js', import.meta.url)), [address]);
    this.#said = on(this.#child, 'message', { close: ['exit'] });
  }

  async ready(): Promise<void> {
    await this.#next<'ready'>();
  }

  async window(seconds: number): Promise<WindowReport> {
    this.#child.send({ seconds } satisfies WindowOrder);
    const report = await this.#next<WindowReport>();
    if (report.wrong > 0) throw new Error(`the untouched client missed ${report.wrong} events or receipts`);
    return report;
  }

  end(): void {
    this.#child.kill();
  }

  async #next<T>(): Promise<T> {
    const { done, value } = await this.#said.next();
    if (done === true) throw new Error('the untouched client ended early');
    return (value as [T])[0];
  }
}

function namesOf(prefix: string): string[] {
  return Array.from({ length: MAILBOXES }, (_, i) => `${prefix}-${i}`);
}
