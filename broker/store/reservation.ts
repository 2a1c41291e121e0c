import { ByteReader, ByteWriter } from '../protocol/index.ts';
import type { Batch, Journal } from './journal.ts';
import { textKey } from './keys.ts';

/**
 * Numbers that rise over all restarts without a write for each: up to a stored one they may be used, and the stored one
 * is raised long before it is reached. A restart begins at the stored one; what was left is never used.
 *
 * It is stored twice: were its record damaged, everything that rises would begin anew, and what is stale would be valid.
 */
export class Reservation {
  readonly #journal: Journal;
  readonly #keys: readonly Uint8Array[];
  readonly #chunk: number;
  /** Flushed. */
  #upTo: number;
  /** On its way. */
  #asked: number;

  /**
   * @param name of its records in the store
   * @param chunk so many are reserved at a time: more than are used between two commits, by far
   */
  constructor(journal: Journal, name: string, chunk: number) {
    this.#journal = journal;
    this.#keys = [textKey('n', name), textKey('n', `${name} again`)];
    this.#chunk = chunk;
    this.#upTo = Math.max(1, ...this.#keys.map((key) => numberAt(journal, key)));
    this.#asked = this.#upTo;
    this.first = this.#upTo;
    journal.addWriter((batch) => this.#write(batch));
    this.#raise(this.#upTo);
  }

  /** The first number of this run: above all that earlier runs have used. */
  readonly first: number;

  /**
   * `number` is about to be used, and none before was larger by more than a commit's worth. False when it is not reserved
   * yet: then it must not be.
   */
  use(number: number): boolean {
    if (number > this.#asked - this.#chunk / 2) this.#raise(number);
    return number < this.#upTo;
  }

  #raise(from: number): void {
    this.#asked = from + this.#chunk;
    this.#journal.touch();
  }

  #write(batch: Batch): void {
    if (this.#asked === this.#upTo) return;
    const asked = this.#asked;
    const to = new ByteWriter(16);
    to.varint(asked);
    for (const key of this.#keys) batch.put(key, to.written().slice());
    batch.flushed(() => {
      this.#upTo = asked;
    });
  }
}

/** 0 when there is none. */
function numberAt(journal: Journal, key: Uint8Array): number {
  const stored = journal.store.get(key);
  return stored === undefined ? 0 : new ByteReader(stored).varint();
}
