import { rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Client, connect, TellwhenError } from '../../client/index.ts';
import { DurableLoad, Ledger } from '../support/durable-load.ts';
import { startBrokerProcess } from '../support/processes.ts';
import { SmallDisk } from '../support/small-disk.ts';

const { fault } = SmallDisk;
if (fault !== undefined) console.warn(`skipped: what a full disk does to a broker. None can be mounted here: ${fault}`);

const MIB = 1_048_576;
const DISK_BYTES = 16 * MIB;
const argsFor = (directory: string): readonly string[] => [
  '--data-dir',
  directory,
  '--disk-free-bytes-min',
  `${4 * MIB}`,
  '--ballast-bytes',
  `${MIB}`,
];
const TEXT = 'x'.repeat(4_096);

describe.skipIf(fault !== undefined)('a disk', () => {
  it('that fills up refuses publishes, lets consumers go on, and takes publishes again when there is room', async () => {
    using disk = new SmallDisk(DISK_BYTES);
    await using broker = await startBrokerProcess(argsFor(disk.directory));
    const client = await connect(broker.url, { reconnect: false });
    const made = await client.subscribe({ mailbox: 'm', topic: 'fill', ack: 'explicit', creditEvents: 1 });
    await made.unsubscribe();

    const published = await fill(client);
    expect(published).toBeGreaterThan(100);
    await drain(client, published);
    await expect.poll(() => refusalOf(client), { timeout: 10_000 }).toBeUndefined();
    // And again, to the brim: nothing was used up for good.
    const again = await fill(client);
    console.info(`a disk of 16 MB took ${published} events of ${TEXT.length} bytes; emptied, ${again} more`);
    expect(again).toBeGreaterThan(published / 4);

    await client.close();
    broker.process.signal('SIGTERM');
    expect((await broker.process.exit()).code).toBe(0);
  }, 40_000);

  it('that somebody else fills ends the broker on purpose, and with room again it has all it acknowledged', async () => {
    using disk = new SmallDisk(DISK_BYTES);
    const ledger = new Ledger();
    const load = { topic: 'load', mailbox: 'm', ledger, batch: 10 };
    const stranger = join(disk.directory, 'stranger');
    {
      await using broker = await startBrokerProcess(argsFor(disk.directory));
      await using _working = await DurableLoad.start({ ...load, url: broker.url });
      await expect.poll(() => ledger.acknowledged.size, { timeout: 10_000 }).toBeGreaterThan(100);
      await fillUp(stranger);
      // On purpose: in order where it saw the end coming, else at once by its own hand; and never by an abort.
      const { code, signal } = await broker.process.exit();
      expect(code === 1 ? 'ended' : signal).toBeOneOf(['ended', 'SIGKILL']);
    }
    rmSync(stranger);
    await using broker = await startBrokerProcess(argsFor(disk.directory));
    await using last = await DurableLoad.start({ ...load, url: broker.url }, { publishes: false });
    await last.drained();
    expect(ledger.missing).toEqual([]);
  }, 40_000);
});

/** Publishes until it is refused; answers how many were not. */
async function fill(client: Client): Promise<number> {
  for (let published = 0; ; published++) {
    if (published > 10_000) throw new Error('the disk does not fill up');
    const code = await refusalOf(client);
    if (code === undefined) continue;
    expect(code).toBe('store_full');
    return published;
  }
}

/** The code with which a publish is refused; `undefined` when it is taken. */
async function refusalOf(client: Client): Promise<string | undefined> {
  try {
    const { durable } = await client.publish('fill', TEXT, { durable: true });
    expect(durable).toBe(true);
    return undefined;
  } catch (error) {
    if (!(error instanceof TellwhenError)) throw error;
    return error.code;
  }
}

/** Takes so many events out of the mailbox. */
async function drain(client: Client, events: number): Promise<void> {
  const draining = await client.subscribe({ mailbox: 'm', ack: 'explicit' });
  let taken = 0;
  for await (const event of draining) {
    await event.ack();
    taken += 1;
    if (taken === events) break;
  }
  await draining.unsubscribe();
}

/** Writes a file until the disk is as good as full. */
async function fillUp(path: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    // What does not fit is left out, and half of it tried.
    for (let bytes = DISK_BYTES; bytes >= 16_384; bytes /= 2)
      await file.appendFile(Buffer.alloc(bytes)).catch(() => {});
  } finally {
    await file.close();
  }
}
