import { ByteReader, ByteWriter, ProtocolError } from '../protocol/index.ts';

/** Sources of one space whose ids are known; the one that was silent for longest is forgotten first. */
const SOURCES_MAX = 1_000;

/** Of one source, ids that rise by one with tuples that rise by one are one run. */
const RUNS_MAX = 1_024;

/** Ids from `id` on, `count` of them, whose tuples have the numbers from `tuple` on. */
interface Run {
  readonly id: number;
  readonly tuple: number;
  count: number;
}

/** The ids that one source has given to what it put into one space. */
export class SourceOuts {
  #runs: Run[] = [];
  /** Ids up to this one may have been forgotten. */
  #forgotten = 0;

  /** The number of the tuple with this id. Throws ProtocolError `frame_malformed` for an id too old to know. */
  find(id: number): number | undefined {
    const run = this.#runs[this.#placeOf(id)];
    if (run !== undefined && id < run.id + run.count) return run.tuple + id - run.id;
    if (id <= this.#forgotten) {
      throw new ProtocolError('frame_malformed', `id ${id} is too old: what was said under it is forgotten`);
    }
    return undefined;
  }

  add(id: number, tuple: number): void {
    const last = this.#runs[this.#runs.length - 1];
    if (last !== undefined && id === last.id + last.count && tuple === last.tuple + last.count) {
      last.count += 1;
      return;
    }
    this.#runs.splice(this.#placeOf(id) + 1, 0, { id, tuple, count: 1 });
    if (this.#runs.length <= RUNS_MAX) return;
    const oldest = this.#runs.shift() as Run;
    this.#forgotten = oldest.id + oldest.count - 1;
  }

  encode(): Uint8Array {
    const to = new ByteWriter();
    to.varint(this.#forgotten);
    to.varint(this.#runs.length);
    for (const { id, tuple, count } of this.#runs) {
      to.varint(id);
      to.varint(tuple);
      to.varint(count);
    }
    return to.written().slice();
  }

  /** Throws ProtocolError when the bytes are none that `encode` made. */
  static decode(bytes: Uint8Array): SourceOuts {
    const outs = new SourceOuts();
    const from = new ByteReader(bytes);
    outs.#forgotten = from.varint();
    for (let left = from.varint(); left > 0; left--) {
      outs.#runs.push({ id: from.varint(), tuple: from.varint(), count: from.varint() });
    }
    return outs;
  }

  /** Of the last run that begins at this id or before. -1: none does. */
  #placeOf(id: number): number {
    let low = 0;
    let high = this.#runs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#runs[middle] as Run).id <= id) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** What was put into one space, by source and id. */
export class KnownOuts {
  readonly #bySource = new Map<string, SourceOuts>();

  /** Those of a source, which is the last to be forgotten from now on. `forgotten` is told whose had to go. */
  of(source: string, forgotten: (source: string) => void): SourceOuts {
    const known = this.#bySource.get(source);
    if (known !== undefined) return known;
    const outs = new SourceOuts();
    this.#bySource.set(source, outs);
    if (this.#bySource.size > SOURCES_MAX) {
      const [oldest] = this.#bySource.keys();
      if (oldest !== undefined) {
        this.#bySource.delete(oldest);
        forgotten(oldest);
      }
    }
    return outs;
  }

  get(source: string): SourceOuts | undefined {
    return this.#bySource.get(source);
  }

  restore(source: string, outs: SourceOuts): void {
    this.#bySource.set(source, outs);
  }

  /** This source was heard of: others are forgotten before it. */
  heard(source: string): void {
    const outs = this.#bySource.get(source);
    if (outs === undefined) return;
    this.#bySource.delete(source);
    this.#bySource.set(source, outs);
  }

  get sources(): IterableIterator<string> {
    return this.#bySource.keys();
  }
}
