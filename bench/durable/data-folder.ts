import { rmSync } from 'node:fs';
import { mkdtemp, readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** What `statfs` says of file systems that keep everything in memory: a flush to them is none. */
const TMPFS = 0x01021994;
const RAMFS = 0x858458f6;

/** Gives `use` an empty folder of its own, which is gone afterwards, and when the process exits. */
export async function withFolder<T>(parent: string, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(parent, 'tellwhen-bench-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  process.once('exit', remove);
  try {
    return await use(folder);
  } finally {
    process.off('exit', remove);
    remove();
  }
}

/** Whether what is flushed there would be lost with the machine. */
export async function isInMemory(folder: string): Promise<boolean> {
  const { type } = await statfs(folder);
  return type === TMPFS || type === RAMFS;
}

/** Of all files in it and below, as the disk has them: holes are not counted. */
export async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(async ({ parentPath, name }) => {
      // A file may go while it is looked at.
      const found = await stat(join(parentPath, name)).catch(() => undefined);
      return (found?.blocks ?? 0) * 512;
    });
  return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
}
