import { ByteReader, ByteWriter } from '../protocol/index.ts';

/** What a restart must know of an entry that was handed over or notified. */
export interface EntryTrace {
  attempt: number;
  /** What is left of its retention, in milliseconds; 0: it is not notified. */
  retentionMs: number;
}

/**
 * What became of the entries of a page, by their number in it:
 *
 *     settledAtMs varint · settled: count varint, bits · then each trace: number varint · attempt varint · retentionMs varint
 */
export class PageState {
  #settled = new Uint8Array(0);
  #settledCount = 0;
  readonly #traces = new Map<number, EntryTrace>();
  /** When the last entry was settled, on the wall clock, where the page is kept after that. 0: it is not. */
  settledAtMs = 0;

  get settledCount(): number {
    return this.#settledCount;
  }

  isSettled(index: number): boolean {
    return (((this.#settled[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
  }

  /** False when it was. */
  settle(index: number): boolean {
    if (this.isSettled(index)) return false;
    if (index >> 3 >= this.#settled.length) {
      const grown = new Uint8Array(Math.max(16, 2 * (index >> 3)));
      grown.set(this.#settled);
      this.#settled = grown;
    }
    this.#settled[index >> 3] = (this.#settled[index >> 3] as number) | (1 << (index & 7));
    this.#settledCount += 1;
    this.#traces.delete(index);
    return true;
  }

  /** It is to be handed over again; its attempts are counted anew. */
  unsettle(index: number): void {
    if (!this.isSettled(index)) return;
    this.#settled[index >> 3] = (this.#settled[index >> 3] as number) & ~(1 << (index & 7));
    this.#settledCount -= 1;
  }

  trace(index: number): EntryTrace | undefined {
    return this.#traces.get(index);
  }

  setTrace(index: number, trace: EntryTrace): void {
    this.#traces.set(index, trace);
  }

  bytes(): Uint8Array {
    const to = new ByteWriter(256);
    to.varint(this.settledAtMs);
    to.varint(this.#settled.length);
    to.raw(this.#settled);
    for (const [index, { attempt, retentionMs }] of this.#traces) {
      to.varint(index);
      to.varint(attempt);
      to.varint(retentionMs);
    }
    return to.written().slice();
  }

  /** Throws ProtocolError when the bytes are none of a state. */
  read(bytes: Uint8Array): void {
    const from = new ByteReader(bytes);
    this.settledAtMs = from.varint();
    this.#settled = from.raw(from.varint()).slice();
    this.#settledCount = 0;
    for (const byte of this.#settled) this.#settledCount += ones(byte);
    while (!from.done) this.#traces.set(from.varint(), { attempt: from.varint(), retentionMs: from.varint() });
  }
}

function ones(byte: number): number {
  let count = 0;
  for (let rest = byte; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
