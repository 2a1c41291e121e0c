import { Scratch } from './scratch.ts';
import { SEAL_BYTES, sealed, sealOf, versionError } from './seal.ts';
import {
  type Change,
  type Durability,
  KEY_BYTES_MAX,
  type KeyRange,
  type Store,
  type StoredRecord,
  type StoreError,
  type StoreSpace,
} from './store.ts';

/** Where bad records go, under their key. Nobody else's keys begin with it. */
export const QUARANTINE = '!'.charCodeAt(0);

/** So many bad records wait to be moved; others are found again when they are read again. */
const FOUND_MAX = 1024;

/** Sealed records of the commits under way: so much of that memory is kept for the next ones. */
const SCRATCH_BYTES = 4 * 2 ** 20;

export interface SealedOptions {
  /** Told of each bad record, once: when it is found to be moved. */
  readonly corrupt: (key: Uint8Array) => void;
}

/**
 * A store around a store: seals what is written (`seal.ts`), and gives back only what is as it was written. A bad
 * record is as good as absent, from the moment it is read; it is moved out of the way, for people to look at. A record
 * of a newer broker, or of one that is too old, is no bad record, but one that this broker cannot read: `get` and `range` throw StoreError
 * `store_version`.
 */
export class SealedStore implements Store {
  readonly #store: Store;
  readonly #corrupt: (key: Uint8Array) => void;
  #commitsUnderWay = 0;
  /** Bad records that wait for their move, by key as text; and those that are being moved. */
  readonly #found = new Map<string, Uint8Array>();
  readonly #moving = new Set<string>();
  #corruptCount = 0;
  readonly #scratch = new Scratch(SCRATCH_BYTES);
  #hasFailed = false;

  constructor(store: Store, { corrupt }: SealedOptions) {
    this.#store = store;
    this.#corrupt = corrupt;
  }

  get durability(): Durability {
    return this.#store.durability;
  }

  /** Bad records that were found since it was opened. */
  get corruptCount(): number {
    return this.#corruptCount;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    if (key[0] === QUARANTINE) return undefined;
    const record = this.#store.get(key);
    return record === undefined ? undefined : this.#opened(key, record);
  }

  range({ from, to, limit, reverse = false }: KeyRange): readonly StoredRecord[] {
    const records: StoredRecord[] = [];
    let rest = { from, to };
    while (records.length < limit) {
      const asked = limit - records.length;
      const found = this.#store.range({ ...rest, limit: asked, reverse });
      for (const { key, value: record } of found) {
        const value = key[0] === QUARANTINE ? undefined : this.#opened(key, record);
        if (value !== undefined) records.push({ key, value });
      }
      const last = found.at(-1)?.key;
      if (last === undefined || found.length < asked) break;
      // Some were not given: the same number of others, from behind the last one, or behind all that is in quarantine.
      if (last[0] === QUARANTINE) rest = reverse ? { from, to: QUARANTINE_FROM } : { from: QUARANTINE_TO, to };
      else rest = reverse ? { from, to: last } : { from: after(last), to };
    }
    return records;
  }

  commit(changes: readonly Change[], done: (fault: StoreError | undefined) => void): void {
    this.#commit(
      changes.map(({ key, value }) => {
        if (key[0] === QUARANTINE) throw new TypeError('a key of the quarantine');
        if (value === undefined) return { key, value };
        return { key, value: sealed(key, value, this.#scratch.take(SEAL_BYTES + value.length)) };
      }),
      done,
    );
  }

  space(): StoreSpace {
    return this.#store.space();
  }

  backup(directory: string): Promise<void> {
    return this.#store.backup(directory);
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #opened(key: Uint8Array, record: Uint8Array): Uint8Array | undefined {
    const state = sealOf(key, record);
    switch (state) {
      case 'whole':
        return record.subarray(SEAL_BYTES);
      case 'broken':
        this.#quarantine(key);
        return undefined;
      default:
        throw versionError(state);
    }
  }

  #quarantine(key: Uint8Array): void {
    const text = Buffer.from(key).toString('latin1');
    if (this.#found.has(text) || this.#moving.has(text) || this.#found.size >= FOUND_MAX) return;
    this.#found.set(text, new Uint8Array(key));
    this.#corruptCount++;
    this.#corrupt(key);
    this.#moveBad();
  }

  #commit(changes: readonly Change[], done: (fault: StoreError | undefined) => void): void {
    this.#store.commit(changes, (fault) => {
      this.#commitsUnderWay--;
      this.#hasFailed ||= fault !== undefined;
      // What took too long may be written yet.
      if (this.#commitsUnderWay === 0 && !this.#hasFailed) this.#scratch.clear();
      // Before anybody can commit again.
      if (fault === undefined) this.#moveBad();
      done(fault);
    });
    this.#commitsUnderWay++;
  }

  /**
   * Only while no commit is under way: one may have put a good record in the place of the bad one, and it must not be
   * that which is deleted.
   */
  #moveBad(): void {
    if (this.#commitsUnderWay > 0 || this.#found.size === 0) return;
    const changes: Change[] = [];
    const moved = [...this.#found];
    this.#found.clear();
    for (const [text, key] of moved) {
      const record = this.#store.get(key);
      if (record === undefined || sealOf(key, record) !== 'broken') continue;
      this.#moving.add(text);
      changes.push({ key: quarantined(key), value: record }, { key, value: undefined });
    }
    // When it fails, the store is at its end, and whoever commits is told.
    if (changes.length > 0) this.#commit(changes, () => this.#moving.clear());
  }
}

const QUARANTINE_FROM = Uint8Array.of(QUARANTINE);
const QUARANTINE_TO = Uint8Array.of(QUARANTINE + 1);

function quarantined(key: Uint8Array): Uint8Array {
  return Buffer.concat([QUARANTINE_FROM, key]).subarray(0, KEY_BYTES_MAX);
}

/** The next key in the order of keys. */
function after(key: Uint8Array): Uint8Array {
  return Buffer.concat([key, Uint8Array.of(0)]);
}
