import { rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

const BALLAST_FILE = 'ballast';

/** Written in pieces which do not compress, so that it takes its size on every disk. */
const PIECE_BYTES = 1 << 20;

/**
 * Makes sure of a file that takes room for nothing, to be freed when there is none left. A smaller or larger one is
 * replaced; where less than its size is left of `roomBytes`, nothing is done. Resolves when it is on the disk; rejects
 * with what the system says when it cannot be written.
 */
export async function layBallast(
  directory: string,
  { bytes, roomBytes }: { readonly bytes: number; readonly roomBytes: number },
): Promise<void> {
  const path = join(directory, BALLAST_FILE);
  const there = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (there === bytes) return;
  freeBallast(directory);
  if (bytes === 0 || bytes > roomBytes + there) return;
  const file = await open(path, 'w');
  try {
    const piece = noise(Math.min(PIECE_BYTES, bytes));
    for (let written = 0; written < bytes; ) {
      written += (await file.write(piece, 0, Math.min(piece.length, bytes - written))).bytesWritten;
    }
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** If there is one. */
export function freeBallast(directory: string): void {
  rmSync(join(directory, BALLAST_FILE), { force: true });
}

/** Xorshift (Marsaglia 2003): no chance in it, and no pattern that a disk would find. */
function noise(bytes: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(bytes / 4));
  let word = 0x9e3779b9;
  for (let i = 0; i < words.length; i++) {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    words[i] = word;
  }
  return new Uint8Array(words.buffer, 0, bytes);
}
