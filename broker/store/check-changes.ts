import type { Change } from './store.ts';

/** The longest key of a record. What lmdb takes is more; what a page of 4 KB holds well is not. */
export const KEY_BYTES_MAX = 512;

/** Throws TypeError for a key that no store takes: a fault of our own, found before anything is done. */
export function checkChanges(changes: readonly Change[]): void {
  for (const { key } of changes) {
    if (key.length === 0 || key.length > KEY_BYTES_MAX) throw new TypeError(`a key of ${key.length} bytes`);
  }
}
