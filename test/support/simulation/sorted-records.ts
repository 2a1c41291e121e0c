import type { Change, KeyRange, StoredRecord } from '../../../broker/store/store.ts';

/** Records in the order of their keys' bytes: an array and binary search, which is plenty for a simulation. */
export class SortedRecords {
  /** Keys as strings of one character a byte, so that they compare as bytes do. */
  readonly #keys: string[] = [];
  readonly #values = new Map<string, Uint8Array>();

  get size(): number {
    return this.#keys.length;
  }

  get bytes(): number {
    let bytes = 0;
    for (const [key, value] of this.#values) bytes += key.length + value.length;
    return bytes;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const value = this.#values.get(textOf(key));
    return value === undefined ? undefined : copyOf(value);
  }

  range({ from, to, limit, reverse = false }: KeyRange): StoredRecord[] {
    if (limit < 1) return [];
    const first = this.#placeOf(textOf(from));
    const end = Math.max(first, this.#placeOf(textOf(to)));
    const keys = reverse
      ? this.#keys.slice(Math.max(first, end - limit), end).reverse()
      : this.#keys.slice(first, Math.min(end, first + limit));
    return keys.map((key) => this.#record(key));
  }

  apply(changes: readonly Change[]): void {
    for (const { key, value } of changes) {
      const text = textOf(key);
      const place = this.#placeOf(text);
      const there = this.#keys[place] === text;
      if (value === undefined) {
        if (there) this.#keys.splice(place, 1);
        this.#values.delete(text);
      } else {
        if (!there) this.#keys.splice(place, 0, text);
        this.#values.set(text, copyOf(value));
      }
    }
  }

  copy(): SortedRecords {
    const copy = new SortedRecords();
    copy.#keys.push(...this.#keys);
    for (const [key, value] of this.#values) copy.#values.set(key, value);
    return copy;
  }

  #record(key: string): StoredRecord {
    return { key: new Uint8Array(Buffer.from(key, 'latin1')), value: copyOf(this.#values.get(key) as Uint8Array) };
  }

  /** Where the key is, or would be. */
  #placeOf(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** A copy, also of a Buffer, whose `slice` makes none. */
export function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}
