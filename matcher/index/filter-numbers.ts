/**
 * Hands out numbers for filters: small, used again, and best that of the filter's first subscription. Most filters have one
 * subscriber for as long as they live; where both have one number, an answer is the filters found, and nobody has to look up who
 * subscribed to them (see subscriptions.ts).
 *
 * A bit for each number says whether it is held. Numbers are those of subscriptions, which leave gaps where filters are
 * shared; a quarter more numbers than filters at most, and the gaps are filled first by those who cannot have what they want.
 */
import { roomForInts } from './columns.ts';

/** So many numbers may be skipped while there are few filters. */
const GAP_MIN = 8;
const ALL = -1;

export class FilterNumbers {
  /** Bit `n & 31` of word `n >> 5`. */
  #held = new Int32Array(0);
  #size = 0;
  #end = 0;
  /** The word at which the last gap was found. */
  #cursor = 0;

  /** Numbers held. */
  get size(): number {
    return this.#size;
  }

  /** One past the largest number handed out since none was held. */
  get end(): number {
    return this.#end;
  }

  get bytes(): number {
    return this.#held.byteLength;
  }

  /** A number that is not held: `wanted` if it is not far beyond those that are. Cost: constant, over many calls. */
  take(wanted: number): number {
    const room = this.#size + (this.#size >> 2) + GAP_MIN;
    const number = wanted < room && !this.#isHeld(wanted) ? wanted : this.#another(room);
    this.#size += 1;
    this.#end = Math.max(this.#end, number + 1);
    this.#held = roomForInts(this.#held, (number >> 5) + 1);
    this.#held[number >> 5] = (this.#held[number >> 5] as number) | (1 << (number & 31));
    return number;
  }

  /** The number must be held; that is not checked. */
  release(number: number): void {
    this.#size -= 1;
    this.#held[number >> 5] = (this.#held[number >> 5] as number) & ~(1 << (number & 31));
    if (this.#size > 0) return;
    this.#held = new Int32Array(0);
    this.#end = 0;
    this.#cursor = 0;
  }

  /** The next one, or one in a gap if gaps are many enough to come upon one soon. */
  #another(room: number): number {
    if (this.#end < room) return this.#end;
    const words = this.#end >> 5;
    for (let i = 0; i < words; i += 1) {
      if (this.#cursor >= words) this.#cursor = 0;
      const held = this.#held[this.#cursor] as number;
      // The lowest bit that is not set.
      if (held !== ALL) return (this.#cursor << 5) + 31 - Math.clz32(~held & (held + 1));
      this.#cursor += 1;
    }
    return this.#end;
  }

  #isHeld(number: number): boolean {
    return number < this.#end && ((this.#held[number >> 5] as number) & (1 << (number & 31))) !== 0;
  }
}
