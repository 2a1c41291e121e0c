import { type ByteWriter, type Provenance, RUN_EVENTS_MAX } from '../protocol/index.ts';

/** Bytes of the two numbers, count and bytes, between the head of the record and its bodies. */
const COUNT_BYTES = 2;
const SIZES_BYTES = 6;

/**
 * The record of events that stands last in what is gathered for a connection: events that follow its own are added to it.
 * So what is published one by one, and matches one by one, travels in runs all the same.
 */
export class OpenEvents {
  /** Where the record ends. Anything else that was written since then has closed it. */
  #end = -1;
  #countAt = 0;
  #subscription = 0;
  #topic = '';
  #time = 0;
  #nextSeq = 0;
  #count = 0;
  #bytes = 0;
  /** Of its first event, where the subscriber is told. */
  #provenance: Provenance | undefined;

  /** The record was just written. */
  begin(
    to: ByteWriter,
    subscription: number,
    topic: string,
    time: number,
    seq: number,
    count: number,
    bytes: number,
    provenance?: Provenance | undefined,
  ): void {
    this.#provenance = provenance;
    this.#end = to.length;
    this.#countAt = to.length - bytes - SIZES_BYTES;
    this.#subscription = subscription;
    this.#topic = topic;
    this.#time = time;
    this.#nextSeq = seq + count;
    this.#count = count;
    this.#bytes = bytes;
  }

  /** Whether an event of this provenance needs no word about it, as it is counted on from those before it. */
  follows({ publisher, number, past }: Provenance): boolean {
    const first = this.#provenance;
    if (first === undefined || first.publisher !== publisher || first.past !== past) return false;
    return number === (first.number === 0 ? 0 : first.number + this.#count);
  }

  /** False, and nothing is written, where a record of its own is needed. */
  extend(
    to: ByteWriter,
    subscription: number,
    topic: string,
    time: number,
    seq: number,
    count: number,
    bodies: Uint8Array,
  ): boolean {
    if (this.#end !== to.length || seq !== this.#nextSeq || subscription !== this.#subscription) return false;
    if (time !== this.#time || topic !== this.#topic || this.#count + count > RUN_EVENTS_MAX) return false;
    to.raw(bodies);
    this.#end = to.length;
    this.#nextSeq += count;
    this.#count += count;
    this.#bytes += bodies.length;
    to.putU16(this.#countAt, this.#count);
    to.putU32(this.#countAt + COUNT_BYTES, this.#bytes);
    return true;
  }

  close(): void {
    this.#end = -1;
  }
}
