/**
 * The distinct filters that are live, by key. Subscriptions with equal filters share one number here, and with it one
 * set of postings.
 */
import type { CompiledFilter } from '../filter.ts';
import { IdPool } from './id-pool.ts';

/** A Map entry, two column entries and two string headers in V8; an estimate for the statistics. */
const FILTER_BYTES = 120;

export class FilterRegistry {
  readonly #ids = new IdPool();
  #byKey = new Map<string, number>();
  #keys: string[] = [];
  /** The predicate as its first subscriber wrote it. */
  #predicates: (string | undefined)[] = [];
  #characters = 0;

  get size(): number {
    return this.#ids.size;
  }

  /** One past the largest number in use. */
  get end(): number {
    return this.#ids.end;
  }

  get bytes(): number {
    return this.#ids.size * FILTER_BYTES + this.#characters;
  }

  find(key: string): number | undefined {
    return this.#byKey.get(key);
  }

  /** Numbers a filter whose key is not here. */
  add(filter: CompiledFilter): number {
    const id = this.#ids.take();
    this.#keys[id] = filter.key;
    this.#predicates[id] = filter.when;
    this.#byKey.set(filter.key, id);
    this.#characters += filter.key.length + (filter.when?.length ?? 0);
    return id;
  }

  remove(id: number): void {
    const key = this.#keys[id] as string;
    this.#characters -= key.length + (this.#predicates[id]?.length ?? 0);
    this.#byKey.delete(key);
    this.#keys[id] = '';
    this.#predicates[id] = undefined;
    this.#ids.release(id);
    if (this.#ids.size > 0) return;
    this.#byKey = new Map();
    this.#keys = [];
    this.#predicates = [];
  }

  /** The filter's text; `undefined` for a number that is not in use. */
  textOf(id: number): { readonly topic: string; readonly when: string | undefined } | undefined {
    const key = this.#keys[id];
    if (key === undefined || key === '') return undefined;
    return { topic: key.slice(0, key.indexOf('\0')), when: this.#predicates[id] };
  }
}
