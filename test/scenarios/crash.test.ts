import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { seededChance } from '../../broker/kernel/chance.ts';
import { connect } from '../../client/index.ts';
import { DurableLoad, Ledger } from '../support/durable-load.ts';
import { CliProcess, freePort, startBrokerProcess } from '../support/processes.ts';

const KILLS = 40;
const STORED_EVENTS = 100_000;
/** A second is what a quiet machine needs at most; this is for one that runs all tests at once. */
const READY_MS_MAX = 10_000;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tellwhen-crash-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

it(`a broker killed ${KILLS} times loses nothing that it acknowledged, and is ready again at once`, async () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  const chance = seededChance(seed);
  const port = await freePort();
  const args = ['--data-dir', directory, '--log-level', 'info'];
  // A log so small that there is a checkpoint every few commits, to be killed in.
  const busy = [...args, '--store-log-bytes', String(64 * 1024)];
  const ledger = new Ledger();
  const load = { topic: 'crash', mailbox: 'work', ledger, batch: 20 };
  await fill(args, port);

  const readyMs: number[] = [];
  for (let kill = 1; kill <= KILLS; kill++) {
    if (chance.fraction() < 0.25) {
      // During its recovery.
      const early = new CliProcess(['serve', '--port', port, ...busy]);
      await pause(chance.fraction() * 600);
      early.signal('SIGKILL');
      await early.exit();
      continue;
    }
    const sinceMs = performance.now();
    const broker = await startBrokerProcess(busy, { port });
    readyMs.push(performance.now() - sinceMs);
    const working = await DurableLoad.start({ ...load, url: broker.url });
    await pause(chance.fraction() * 250);
    broker.process.signal('SIGKILL');
    await broker.process.exit();
    await working[Symbol.asyncDispose]();
  }

  await using broker = await startBrokerProcess(args, { port });
  await using last = await DurableLoad.start({ ...load, url: broker.url }, { publishes: false });
  await last.drained();
  const stored = await stock(broker.url);
  const bareMs = await timeToStart();
  readyMs.sort((one, other) => one - other);
  const median = Math.round(readyMs[readyMs.length >> 1] as number);
  console.info(
    `killed ${KILLS} times (SEED=${seed}): ${ledger.acknowledged.size} events acknowledged, ${ledger.missing.length} lost; ` +
      `ready with ${stored} stored events after ${median} ms (median), ` +
      `${Math.round(readyMs.at(-1) as number)} ms at most; without a store after ${bareMs} ms; the start of the process included`,
  );
  expect(ledger.acknowledged.size, `SEED=${seed}`).toBeGreaterThan(100);
  expect(ledger.missing, `SEED=${seed}`).toEqual([]);
  expect([...ledger.unflagged], `SEED=${seed}`).toEqual([]);
  expect(stored).toBe(STORED_EVENTS);
  expect(readyMs.at(-1)).toBeLessThan(READY_MS_MAX);
}, 120_000);

/** Puts many events into a mailbox that nobody takes them from. */
async function fill(args: readonly string[], port: string): Promise<void> {
  await using broker = await startBrokerProcess(args, { port });
  const client = await connect(broker.url, { reconnect: false });
  const subscription = await client.subscribe({ mailbox: 'stock', topic: 'stock', ack: 'explicit', creditEvents: 1 });
  await subscription.unsubscribe();
  for (let n = 0; n < STORED_EVENTS; n += 1_000) {
    const events = Array.from({ length: 1_000 }, (_, i) => ({ topic: 'stock', data: { n: n + i }, durable: true }));
    await client.publishBatch(events);
  }
  await client.close();
}

/** Of a process that has nothing to read. */
async function timeToStart(): Promise<number> {
  const sinceMs = performance.now();
  await using _broker = await startBrokerProcess(['--memory']);
  return Math.round(performance.now() - sinceMs);
}

async function stock(url: string): Promise<number> {
  const client = await connect(url, { reconnect: false });
  const { entries } = await client.mailboxes.inspect('stock');
  await client.close();
  return entries;
}
