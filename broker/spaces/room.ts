import { ProtocolError } from '../protocol/index.ts';

/** What a tuple takes in memory beside its text: its value, its places in the indexes. An estimate. */
const TUPLE_BYTES = 600;

/** What the tuples of all spaces may take in memory together. */
export class Room {
  readonly bytesMax: number;
  bytes = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** Throws ProtocolError `space_full` when there is none for a tuple of so many bytes. */
  admit(bytes: number): void {
    if (this.bytes + bytes + TUPLE_BYTES <= this.bytesMax) return;
    throw new ProtocolError('space_full', `all spaces together take ${this.bytes} of at most ${this.bytesMax} bytes`);
  }

  take(bytes: number): void {
    this.bytes += bytes + TUPLE_BYTES;
  }

  /** Of so many tuples, of so many bytes together. */
  giveBack(tuples: number, bytes: number): void {
    this.bytes -= bytes + tuples * TUPLE_BYTES;
  }
}
