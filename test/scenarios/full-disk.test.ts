import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { type Client, connect, type ReceivedEvent, TellwhenError } from '../../client/index.ts';
import { startBrokerProcess } from '../support/processes.ts';

const directory = mkdtempSync(join(tmpdir(), 'tellwhen-full-'));
const fault = mountSmallDisk(directory);
if (fault !== undefined) console.warn(`skipped: a disk of 16 MB fills up. It cannot be mounted here: ${fault}`);
afterAll(() => {
  if (fault === undefined) execFileSync('umount', [directory]);
  rmSync(directory, { recursive: true, force: true });
});

const SIZE = 4_096;
const data = { text: 'x'.repeat(SIZE) };

it.skipIf(fault !== undefined)(
  'a disk that fills up refuses publishes, lets consumers go on, and takes publishes again when there is room',
  async () => {
    await using broker = await startBrokerProcess([
      '--data-dir',
      directory,
      '--disk-free-bytes-min',
      `${4 * 1_048_576}`,
      '--ballast-bytes',
      `${1_048_576}`,
    ]);
    const client = await connect(broker.url, { reconnect: false });
    const made = await client.subscribe({ mailbox: 'm', topic: 'fill', ack: 'explicit', creditEvents: 1 });
    await made.unsubscribe();

    const published = await fill(client);
    expect(published).toBeGreaterThan(100);

    // Consuming goes on, and makes room.
    let taken = 0;
    const drained = new Promise<void>((resolve) => {
      const take = async (event: ReceivedEvent): Promise<void> => {
        await event.ack();
        taken += 1;
        if (taken === published) resolve();
      };
      void client.subscribe({ mailbox: 'm', ack: 'explicit' }, take);
    });
    await drained;

    await expect.poll(() => refusalOf(client), { timeout: 10_000 }).toBeUndefined();
    // And again, to the brim: nothing was used up for good.
    const again = await fill(client);
    expect(again).toBeGreaterThan(published / 4);
    await client.close();
    broker.process.signal('SIGTERM');
    expect((await broker.process.exit()).code).toBe(0);
  },
  40_000,
);

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
    const { durable } = await client.publish('fill', data, { durable: true });
    expect(durable).toBe(true);
    return undefined;
  } catch (error) {
    if (!(error instanceof TellwhenError)) throw error;
    return error.code;
  }
}

/** Why it could not. */
function mountSmallDisk(at: string): string | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', at], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.trim().split('\n').at(-1) : String(error);
  }
}
