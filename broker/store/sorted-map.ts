/** A chunk that passes it is halved. An insertion moves half of these on average, a few KB. */
const CHUNK_KEYS_MAX = 512;

/** Neighbours that together have no more than this become one. */
const CHUNK_KEYS_JOINED = 128;

interface Chunk<V> {
  readonly keys: string[];
  readonly values: V[];
}

/**
 * A map in the order of its keys, which are compared by UTF-16 code units: sorted chunks of some hundred keys, in
 * order. `get`, `set` and `delete` are two binary searches and a short move; a million keys are some thousand chunks.
 * Keys that rise fill each chunk to its end.
 */
export class SortedMap<V> {
  /** Chunk i has the keys from `#starts[i]` on and before `#starts[i + 1]`, the first also all before. Only the first may be empty. */
  readonly #starts: string[] = [''];
  readonly #chunks: Chunk<V>[] = [{ keys: [], values: [] }];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): V | undefined {
    const { keys, values } = this.#chunkAt(this.#placeOf(key));
    const place = lowerBound(keys, key);
    return keys[place] === key ? values[place] : undefined;
  }

  /** Returns the value that was there before. */
  set(key: string, value: V): V | undefined {
    const at = this.#placeOf(key);
    const { keys, values } = this.#chunkAt(at);
    const place = lowerBound(keys, key);
    if (keys[place] === key) {
      const before = values[place];
      values[place] = value;
      return before;
    }
    this.#size++;
    if (place === keys.length && keys.length >= CHUNK_KEYS_MAX) {
      // Half-empty chunks would be left behind, where keys rise, by halving this one.
      this.#insert(at + 1, key, { keys: [key], values: [value] });
      return undefined;
    }
    keys.splice(place, 0, key);
    values.splice(place, 0, value);
    if (keys.length > CHUNK_KEYS_MAX) {
      const half = keys.length >>> 1;
      this.#insert(at + 1, keys[half] as string, { keys: keys.splice(half), values: values.splice(half) });
    }
    return undefined;
  }

  /** Returns the value that was there. */
  delete(key: string): V | undefined {
    const at = this.#placeOf(key);
    const { keys, values } = this.#chunkAt(at);
    const place = lowerBound(keys, key);
    if (keys[place] !== key) return undefined;
    const before = values[place];
    keys.splice(place, 1);
    values.splice(place, 1);
    this.#size--;
    this.#joinWithNext(at);
    this.#joinWithNext(at - 1);
    return before;
  }

  /** From the first key at or after `from`, up, to the last before `to`. The map must not change meanwhile. */
  *up(from: string, to: string): Generator<[key: string, value: V]> {
    const first = this.#placeOf(from);
    for (let at = first; at < this.#chunks.length; at++) {
      const { keys, values } = this.#chunkAt(at);
      for (let place = at === first ? lowerBound(keys, from) : 0; place < keys.length; place++) {
        const key = keys[place] as string;
        if (key >= to) return;
        yield [key, values[place] as V];
      }
    }
  }

  /** From the last key before `to`, down, to the first at or after `from`. The map must not change meanwhile. */
  *down(from: string, to: string): Generator<[key: string, value: V]> {
    const first = this.#placeOf(to);
    for (let at = first; at >= 0; at--) {
      const { keys, values } = this.#chunkAt(at);
      for (let place = (at === first ? lowerBound(keys, to) : keys.length) - 1; place >= 0; place--) {
        const key = keys[place] as string;
        if (key < from) return;
        yield [key, values[place] as V];
      }
    }
  }

  /** Of the chunk that has the key, or would have it. */
  #placeOf(key: string): number {
    const starts = this.#starts;
    let low = 0;
    let high = starts.length;
    // Most keys are new, and rise.
    if ((starts[high - 1] as string) <= key) return high - 1;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] as string) <= key) low = middle;
      else high = middle;
    }
    return low;
  }

  #chunkAt(place: number): Chunk<V> {
    return this.#chunks[place] as Chunk<V>;
  }

  #insert(at: number, start: string, chunk: Chunk<V>): void {
    this.#starts.splice(at, 0, start);
    this.#chunks.splice(at, 0, chunk);
  }

  #joinWithNext(at: number): void {
    const chunk = this.#chunks[at];
    const next = this.#chunks[at + 1];
    if (chunk === undefined || next === undefined) return;
    if (chunk.keys.length > 0 && chunk.keys.length + next.keys.length > CHUNK_KEYS_JOINED) return;
    if (chunk.keys.length > 0) {
      chunk.keys.push(...next.keys);
      chunk.values.push(...next.values);
    } else this.#chunks[at] = next;
    this.#starts.splice(at + 1, 1);
    this.#chunks.splice(at + 1, 1);
  }
}

/** The first place whose key is not before `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  if (high > 0 && (keys[high - 1] as string) < key) return high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
