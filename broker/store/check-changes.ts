import { type Change, KEY_BYTES_MAX } from './store.ts';

/** Throws TypeError for a key that no store takes: a fault of our own, found before anything is done. */
export function checkChanges(changes: readonly Change[]): void {
  for (const { key } of changes) {
    if (key.length === 0 || key.length > KEY_BYTES_MAX) throw new TypeError(`a key of ${key.length} bytes`);
  }
}
