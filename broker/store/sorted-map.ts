/** Halved when it is passed. Inserting moves half of these on average, a few hundred bytes. */
const CHUNK_KEYS_MAX = 512;

/** Neighbours that together are smaller than this become one. */
const CHUNK_KEYS_JOINED = 128;

interface Chunk<V> {
  readonly keys: string[];
  readonly values: V[];
}

/**
 * A map in the order of its keys, which are compared by UTF-16 code units. Sorted chunks of some hundred keys in a sorted list: `set`,
 * `get` and `delete` are two binary searches and a short move. Keys that rise fill each chunk to its end, so that a
 * million of them are 2,000 chunks.
 */
export class SortedMap<V> {
  /** None is empty. */
  readonly #chunks: Chunk<V>[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): V | undefined {
    const chunk = this.#chunks[this.#chunkOf(key)];
    if (chunk === undefined) return undefined;
    const place = lowerBound(chunk.keys, key);
    return chunk.keys[place] === key ? chunk.values[place] : undefined;
  }

  /** Returns the value that was there before. */
  set(key: string, value: V): V | undefined {
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at];
    if (chunk === undefined) {
      this.#append(key, value);
      return undefined;
    }
    const place = lowerBound(chunk.keys, key);
    if (chunk.keys[place] === key) {
      const before = chunk.values[place];
      chunk.values[place] = value;
      return before;
    }
    chunk.keys.splice(place, 0, key);
    chunk.values.splice(place, 0, value);
    this.#size++;
    if (chunk.keys.length > CHUNK_KEYS_MAX) this.#halve(at, chunk);
    return undefined;
  }

  /** Returns the value that was there. */
  delete(key: string): V | undefined {
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return undefined;
    const place = lowerBound(chunk.keys, key);
    if (chunk.keys[place] !== key) return undefined;
    const [before] = chunk.values.splice(place, 1);
    chunk.keys.splice(place, 1);
    this.#size--;
    if (chunk.keys.length === 0) this.#chunks.splice(at, 1);
    else {
      this.#joinWithNext(at);
      this.#joinWithNext(at - 1);
    }
    return before;
  }

  /** From the first key at or after `from`, up, to the last before `to`. The map must not change meanwhile. */
  *up(from: string, to: string): Generator<[key: string, value: V]> {
    let at = this.#chunkOf(from);
    let place = lowerBound(this.#chunks[at]?.keys ?? [], from);
    for (let chunk = this.#chunks[at]; chunk !== undefined; chunk = this.#chunks[++at], place = 0) {
      for (; place < chunk.keys.length; place++) {
        const key = chunk.keys[place] as string;
        if (key >= to) return;
        yield [key, chunk.values[place] as V];
      }
    }
  }

  /** From the last key before `to`, down, to the first at or after `from`. The map must not change meanwhile. */
  *down(from: string, to: string): Generator<[key: string, value: V]> {
    let at = Math.min(this.#chunkOf(to), this.#chunks.length - 1);
    let place = lowerBound(this.#chunks[at]?.keys ?? [], to) - 1;
    for (let chunk = this.#chunks[at]; chunk !== undefined; ) {
      for (; place >= 0; place--) {
        const key = chunk.keys[place] as string;
        if (key < from) return;
        yield [key, chunk.values[place] as V];
      }
      chunk = this.#chunks[--at];
      place = (chunk?.keys.length ?? 0) - 1;
    }
  }

  /** The chunk that has the key, or would have it: the first whose last key is not before it. None: past the end. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (((this.#chunks[middle] as Chunk<V>).keys.at(-1) as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** After all others: no chunk is split for keys that rise. */
  #append(key: string, value: V): void {
    this.#size++;
    const last = this.#chunks.at(-1);
    if (last === undefined || last.keys.length >= CHUNK_KEYS_MAX) this.#chunks.push({ keys: [key], values: [value] });
    else {
      last.keys.push(key);
      last.values.push(value);
    }
  }

  #halve(at: number, { keys, values }: Chunk<V>): void {
    const half = keys.length >>> 1;
    this.#chunks.splice(at + 1, 0, { keys: keys.splice(half), values: values.splice(half) });
  }

  #joinWithNext(at: number): void {
    const chunk = this.#chunks[at];
    const next = this.#chunks[at + 1];
    if (chunk === undefined || next === undefined) return;
    if (chunk.keys.length + next.keys.length > CHUNK_KEYS_JOINED) return;
    chunk.keys.push(...next.keys);
    chunk.values.push(...next.values);
    this.#chunks.splice(at + 1, 1);
  }
}

/** The first place whose key is not before `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
