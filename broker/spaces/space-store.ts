import type { JsonValue } from '../../matcher/index.ts';
import { ByteReader, ByteWriter } from '../protocol/index.ts';
import { type Checked, flag, integer, object, text } from '../protocol/shape.ts';
import type { Batch, Journal } from '../store/journal.ts';
import { next, numberIn, numberKey, rangeOf, textKey, textRange } from '../store/keys.ts';
import { SourceOuts } from './known-outs.ts';
import type { Space } from './space.ts';
import type { Tuple } from './tuple.ts';

/** What is stored of a space, apart from its tuples. JSON, because people look at it when something is wrong. */
const spaceShape = object({ name: text(128), number: integer(1), durable: flag });
type SpaceRecord = Checked<typeof spaceShape>;

/** A tuple as it is stored. */
export interface StoredTuple {
  readonly number: number;
  readonly text: string;
  readonly data: JsonValue;
  readonly leaseMs: number;
  /** Of its lease, on the wall clock. */
  readonly endsMs: number;
}

/** Records that are read, or deleted, at a time. */
const STEP_RECORDS = 1_000;

/** Characters between the number of a space and the name of a source in a key: source names may have any. */
const SEPARATOR = ' ';

/**
 * Durable spaces in the store: a record for each tuple, written when it is put there, deleted when it is gone. What came and
 * went between two commits is never written.
 */
export class SpaceStore {
  readonly #journal: Journal;
  readonly #wallMs: () => number;
  readonly #remainingMs: (tuple: Tuple) => number;
  readonly #put = new Map<number, Tuple>();
  /** By their keys. */
  readonly #deleted: Uint8Array[] = [];
  readonly #spaces = new Map<string, Space | undefined>();
  readonly #sources = new Map<string, { readonly space: Space; readonly source: string }>();
  #pendingBytes = 0;

  constructor(journal: Journal, wallMs: () => number, remainingMs: (tuple: Tuple) => number) {
    this.#journal = journal;
    this.#wallMs = wallMs;
    this.#remainingMs = remainingMs;
    journal.addWriter((batch) => this.#write(batch));
  }

  /** Whether what is put here outlives the process. */
  get isDurable(): boolean {
    return this.#journal.store.durability === 'flushed';
  }

  /** Bytes of tuples that are not flushed yet. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** As `Journal.afterFlush`. */
  afterFlush(then: () => void): void {
    this.#journal.afterFlush(then);
  }

  /** Also again, when its lease has a new end. */
  put(tuple: Tuple): void {
    if (!this.#put.has(tuple.number)) this.#pendingBytes += tuple.bytes;
    this.#put.set(tuple.number, tuple);
    this.#journal.touch();
  }

  delete(tuple: Tuple): void {
    if (this.#put.delete(tuple.number)) this.#pendingBytes -= tuple.bytes;
    this.#deleted.push(keyOf(tuple));
    this.#journal.touch();
  }

  /** The space was made. */
  putSpace(space: Space): void {
    this.#spaces.set(space.name, space);
    this.#journal.touch();
  }

  /** The space was removed. Its tuples are deleted by `deleteRest`. */
  deleteSpace({ name }: Space): void {
    this.#spaces.set(name, undefined);
    this.#journal.touch();
  }

  /** What a source has put into a space is another than before. */
  putSource(space: Space, source: string): void {
    this.#sources.set(sourceKey(space.number, source), { space, source });
    this.#journal.touch();
  }

  /** Deletes some of what is left of a space that is over. False when that was all. */
  deleteRest(number: number): boolean {
    const { store } = this.#journal;
    const tuples = store.range({ ...rangeOf('x', [number]), limit: STEP_RECORDS });
    const prefix = sourceKey(number, '');
    const sources = store
      .range({ from: textKey('k', prefix), to: textKey('k', `${number}${AFTER_SEPARATOR}`), limit: STEP_RECORDS })
      .map(({ key }) => key);
    this.#deleted.push(...tuples.map(({ key }) => key), ...sources);
    this.#journal.touch();
    return tuples.length === STEP_RECORDS || sources.length === STEP_RECORDS;
  }

  /** Every space that is stored. */
  readSpaces(): SpaceRecord[] {
    const found: SpaceRecord[] = [];
    for (let after: Uint8Array | undefined; ; ) {
      const records = this.#journal.store.range({ ...textRange('v', after), limit: STEP_RECORDS });
      for (const { key, value } of records) {
        after = key;
        found.push(spaceShape(JSON.parse(decoder.decode(value)), 'space'));
      }
      if (records.length < STEP_RECORDS) return found;
    }
  }

  /** Of every space that has tuples stored. One whose removal was cut short has no record any more. */
  *readNumbers(): Generator<number> {
    for (let from = 0; ; ) {
      const [first] = this.#journal.store.range({ ...rangeOf('x', [], { from }), limit: 1 });
      if (first === undefined) return;
      const number = numberIn(first.key, 0);
      yield number;
      from = number + 1;
    }
  }

  /** The tuples of a space, in order. */
  *readTuples(space: number): Generator<StoredTuple> {
    const range = rangeOf('x', [space]);
    for (let { from } = range; ; ) {
      const records = this.#journal.store.range({ from, to: range.to, limit: STEP_RECORDS });
      for (const { key, value } of records) {
        yield decodeTuple(numberIn(key, 1), value);
        from = next(key);
      }
      if (records.length < STEP_RECORDS) return;
    }
  }

  /** What the sources of all spaces have put there. */
  *readSources(): Generator<{ readonly space: number; readonly source: string; readonly outs: SourceOuts }> {
    for (let after: Uint8Array | undefined; ; ) {
      const records = this.#journal.store.range({ ...textRange('k', after), limit: STEP_RECORDS });
      for (const { key, value } of records) {
        after = key;
        const name = decoder.decode(key.subarray(1));
        const at = name.indexOf(SEPARATOR);
        yield { space: Number(name.slice(0, at)), source: name.slice(at + 1), outs: SourceOuts.decode(value) };
      }
      if (records.length < STEP_RECORDS) return;
    }
  }

  #write(batch: Batch): void {
    for (const [name, space] of this.#spaces) {
      if (space === undefined) batch.delete(textKey('v', name));
      else {
        const { number, durable } = space;
        batch.put(textKey('v', name), encoder.encode(JSON.stringify({ name, number, durable })));
      }
    }
    this.#spaces.clear();
    for (const tuple of this.#put.values()) batch.put(keyOf(tuple), this.#encode(tuple));
    this.#put.clear();
    for (const key of this.#deleted) batch.delete(key);
    this.#deleted.length = 0;
    for (const { space, source } of this.#sources.values()) {
      const outs = space.over ? undefined : space.known.get(source);
      const key = textKey('k', sourceKey(space.number, source));
      if (outs === undefined) batch.delete(key);
      else batch.put(key, outs.encode());
    }
    this.#sources.clear();
    const bytes = this.#pendingBytes;
    batch.flushed(() => {
      // One batch at a time: what came meanwhile is not among these.
      this.#pendingBytes -= bytes;
    });
  }

  #encode(tuple: Tuple): Uint8Array {
    const to = new ByteWriter(32);
    to.varint(tuple.leaseMs);
    to.varint(this.#wallMs() + this.#remainingMs(tuple));
    to.string(tuple.text);
    return to.written().slice();
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const AFTER_SEPARATOR = String.fromCharCode(SEPARATOR.charCodeAt(0) + 1);

function keyOf({ space, number }: Tuple): Uint8Array {
  return numberKey('x', space.number, number);
}

function sourceKey(space: number, source: string): string {
  return `${space}${SEPARATOR}${source}`;
}

function decodeTuple(number: number, record: Uint8Array): StoredTuple {
  const from = new ByteReader(record);
  const leaseMs = from.varint();
  const endsMs = from.varint();
  const tuple = from.string();
  return { number, text: tuple, data: JSON.parse(tuple), leaseMs, endsMs };
}
