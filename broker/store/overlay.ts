import { SortedMap } from './sorted-map.ts';
import type { Change, KeyRange, Store, StoredRecord } from './store.ts';

/** What is changed and not yet in a store behind: of each key the last change. Holds keys and values as they are given. */
export class Overlay {
  /** By keys as texts of one character a byte, which compare as the bytes do, faster. */
  readonly #changes = new SortedMap<Change>();

  /** Keys that are changed. */
  get size(): number {
    return this.#changes.size;
  }

  apply(changes: readonly Change[]): void {
    for (const change of changes) this.#changes.set(textOf(change.key), change);
  }

  /** What became of a key, if anything. */
  find(key: Uint8Array): Change | undefined {
    return this.#changes.size === 0 ? undefined : this.#changes.get(textOf(key));
  }

  /** In the order of the keys. */
  all(): Change[] {
    return [...this.#changes.up('', END)].map(([, change]) => change);
  }

  /** Whether it may change anything between two keys. */
  touches({ from, to }: KeyRange): boolean {
    return this.#changes.size > 0 && !this.#changes.up(textOf(from), textOf(to)).next().done;
  }

  walk({ from, to, reverse = false }: KeyRange): Iterator<Keyed> {
    return reverse ? this.#changes.down(textOf(from), textOf(to)) : this.#changes.up(textOf(from), textOf(to));
  }
}

/** After every key. */
const END = String.fromCharCode(256);

type Keyed = [key: string, change: Change];

/** The record under a key as it will be when the overlays, the newest first, are in the store. A copy. */
export function recordOver(overlays: readonly Overlay[], store: Store, key: Uint8Array): Uint8Array | undefined {
  for (const overlay of overlays) {
    const change = overlay.find(key);
    if (change !== undefined) return change.value && new Uint8Array(change.value);
  }
  return store.get(key);
}

/** The same of all records of a range. */
export function rangeOver(overlays: readonly Overlay[], store: Store, range: KeyRange): readonly StoredRecord[] {
  const touching = overlays.filter((overlay) => overlay.touches(range));
  if (touching.length === 0) return store.range(range);
  const reverse = range.reverse === true;
  let all: Iterator<Keyed> = walkStore(range, store);
  for (const overlay of touching.toReversed()) all = merged(overlay.walk(range), all, reverse);
  const records: StoredRecord[] = [];
  while (records.length < range.limit) {
    const { done, value } = all.next();
    if (done) break;
    const [, change] = value;
    if (change.value === undefined) continue;
    records.push({ key: new Uint8Array(change.key), value: new Uint8Array(change.value) });
  }
  return records;
}

/** Two walks in one order, as one; where both have a key, the newer one's. */
function* merged(newer: Iterator<Keyed>, older: Iterator<Keyed>, reverse: boolean): Generator<Keyed> {
  let one = newer.next();
  let other = older.next();
  while (!one.done || !other.done) {
    const which = one.done ? 1 : other.done ? -1 : compare(one.value[0], other.value[0], reverse);
    if (which <= 0 && !one.done) yield one.value;
    else if (!other.done) yield other.value;
    if (which >= 0) other = older.next();
    if (which <= 0) one = newer.next();
  }
}

function compare(one: string, other: string, reverse: boolean): number {
  if (one === other) return 0;
  return one < other === reverse ? 1 : -1;
}

/** Reads as many records at a time as are wanted in all: when some of them turn out to be deleted, so many more. */
function* walkStore({ from, to, limit, reverse = false }: KeyRange, store: Store): Generator<Keyed> {
  let rest = { from, to };
  for (;;) {
    const records = store.range({ ...rest, limit, reverse });
    for (const record of records) yield [textOf(record.key), record];
    const last = records.at(-1)?.key;
    if (last === undefined || records.length < limit) return;
    rest = reverse ? { from, to: last } : { from: Buffer.concat([last, Uint8Array.of(0)]), to };
  }
}

function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}
