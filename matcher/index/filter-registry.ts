/**
 * The distinct filters that are live. Subscriptions with equal filters share one number here, and with it one set of
 * entries in the index.
 *
 * Of a filter only its text is kept, as its first subscriber wrote it, and its hash. Where hashes are equal the
 * texts are compared, and where these differ the key is made again, which is rare: equal filters in two spellings.
 */
import type { CompiledFilter, Filter } from '../filter.ts';
import { NOWHERE } from './arena.ts';
import { FilterNumbers } from './filter-numbers.ts';
import { HashTable } from './hash-table.ts';
import { TextStore } from './text-store.ts';

/**
 * Filters with the same hash that are compared at most. Somebody may send filters whose hashes are equal, to have each
 * compared with all: then equal ones may not be found, and have entries of their own, which changes no answer.
 */
const TRIES_MAX = 4;

export class FilterRegistry {
  readonly #ids = new FilterNumbers();
  readonly #hashes = new HashTable();
  readonly #texts = new TextStore();
  readonly #keyOf: (filter: Filter) => string;

  /** @param keyOf The key of a filter that was accepted once. */
  constructor(keyOf: (filter: Filter) => string) {
    this.#keyOf = keyOf;
  }

  get size(): number {
    return this.#ids.size;
  }

  /** One past the largest number in use. */
  get end(): number {
    return this.#ids.end;
  }

  get bytes(): number {
    return this.#ids.bytes + this.#hashes.bytes + this.#texts.bytes;
  }

  /** The number of an equal filter that is here and found, or NOWHERE. */
  find(filter: CompiledFilter): number {
    return this.#find(filter, joined(filter));
  }

  /**
   * The number of a filter: of an equal one that is here and found, or else a new one, by which `size` has grown; `wanted` if
   * that can be.
   */
  enter(filter: CompiledFilter, wanted: number): number {
    const text = joined(filter);
    const known = this.#find(filter, text);
    if (known !== NOWHERE) return known;
    const id = this.#ids.take(wanted);
    this.#hashes.add(filter.hash, id);
    this.#texts.add(id, text);
    return id;
  }

  remove(id: number): void {
    this.#hashes.remove(id);
    this.#texts.remove(id);
    this.#ids.release(id);
    if (this.#ids.size > 0) return;
    this.#hashes.reset();
    this.#texts.reset();
  }

  /** Gives a number that is in use to another filter, which is not here. */
  rewrite(id: number, filter: CompiledFilter): void {
    this.#hashes.remove(id);
    this.#texts.remove(id);
    this.#hashes.add(filter.hash, id);
    this.#texts.add(id, joined(filter));
  }

  #find(filter: CompiledFilter, text: string): number {
    let tries = TRIES_MAX;
    return this.#hashes.find(filter.hash, (candidate) => {
      tries -= 1;
      if (tries < 0) return false;
      return this.#texts.holds(candidate, text) || this.#keyOf(this.textOf(candidate) as Filter) === filter.key;
    });
  }

  /** The filter's text; `undefined` for a number that is not in use. */
  textOf(id: number): Filter | undefined {
    const text = this.#texts.get(id);
    return text === undefined ? undefined : parted(text);
  }
}

/** U+0000 is in no topic filter, so it tells the two parts apart. */
function joined({ topic, when }: Filter): string {
  return when === undefined ? topic : `${topic}\0${when}`;
}

function parted(text: string): Filter {
  const end = text.indexOf('\0');
  return end < 0 ? { topic: text } : { topic: text.slice(0, end), when: text.slice(end + 1) };
}
