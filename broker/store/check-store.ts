import type { Time } from '../kernel/time.ts';
import { sealOf } from './seal.ts';
import { QUARANTINE } from './sealed.ts';
import type { Store } from './store.ts';

/** Records whose keys begin alike. */
export interface KindCount {
  /** The first character of their keys; of those in quarantine, the mark of that and of the first of their own. */
  readonly kind: string;
  readonly records: number;
  /** Of keys and values, sealed. */
  readonly bytes: number;
  /** Not as they were written. Those in quarantine are not counted again. */
  readonly bad: number;
  /** Written by a version of Tellwhen whose records this program cannot read. */
  readonly foreign: number;
}

export interface CheckOptions {
  /** Told of each bad record that is not in quarantine yet. */
  readonly bad: (key: Uint8Array) => void;
  readonly signal?: AbortSignal;
}

/** So many records are read in one go. */
const PAGE_RECORDS = 256;

const LAST_KEY = new Uint8Array(513).fill(255);

/**
 * Reads every record of a store, unsealed, and compares it with its seal. Changes nothing. Lets others go between pages of
 * records, so that what is committed meanwhile may be seen or not. Rejects StoreError, and with the signal's reason.
 */
export async function checkStore(
  store: Store,
  time: Time,
  { bad, signal }: CheckOptions,
): Promise<readonly KindCount[]> {
  const kinds = new Map<string, { records: number; bytes: number; bad: number; foreign: number }>();
  for (let from: Uint8Array = Uint8Array.of(0); ; ) {
    signal?.throwIfAborted();
    const records = store.range({ from, to: LAST_KEY, limit: PAGE_RECORDS });
    for (const { key, value } of records) {
      const kind = kindOf(key);
      const count = kinds.get(kind) ?? { records: 0, bytes: 0, bad: 0, foreign: 0 };
      kinds.set(kind, count);
      count.records++;
      count.bytes += key.length + value.length;
      if (key[0] === QUARANTINE) continue;
      const seal = sealOf(key, value);
      if (seal === 'older' || seal === 'newer') count.foreign++;
      if (seal !== 'broken') continue;
      count.bad++;
      bad(key);
    }
    const last = records.at(-1);
    if (last === undefined || records.length < PAGE_RECORDS) break;
    from = Buffer.concat([last.key, Uint8Array.of(0)]);
    await new Promise<void>((resolve) => time.afterReads(resolve));
  }
  return [...kinds].map(([kind, counts]) => ({ kind, ...counts }));
}

function kindOf(key: Uint8Array): string {
  return Buffer.from(key.subarray(0, key[0] === QUARANTINE ? 2 : 1)).toString('latin1');
}
