/** It begins with so much. */
const START_BYTES = 64 * 1024;

/**
 * Memory for what is needed for a moment, used again and again: fresh memory costs more than copying into it does, and the
 * collector counts it. Beyond its bound it gives out memory of its own, which is as good.
 */
export class Scratch {
  readonly #bytesMax: number;
  #memory = Buffer.allocUnsafeSlow(0);
  #takenBytes = 0;

  /** @param bytesMax so much is kept to be used again */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** With anything in it. The caller's until `clear`. */
  take(bytes: number): Buffer {
    const at = this.#takenBytes;
    this.#takenBytes += bytes;
    if (this.#takenBytes <= this.#memory.length) return this.#memory.subarray(at, this.#takenBytes);
    return Buffer.allocUnsafeSlow(bytes);
  }

  /** Nobody needs any of it any more. Makes room for as much at once as was taken. */
  clear(): void {
    const wanted = Math.min(Math.max(START_BYTES, this.#takenBytes), this.#bytesMax);
    // Twice as much: what is taken next time may be a little more.
    if (wanted > this.#memory.length) this.#memory = Buffer.allocUnsafeSlow(Math.min(2 * wanted, this.#bytesMax));
    this.#takenBytes = 0;
  }
}
