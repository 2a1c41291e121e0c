import { type Body, isPlainBody, readBody, skipBody } from './body.ts';
import { ByteReader } from './bytes.ts';
import { ProtocolError } from './codes.ts';

/** At most so many events in one run: as many as two bytes can count. */
export const RUN_EVENTS_MAX = 65_535;

const NOTHING = new Uint8Array(0);
const NO_STARTS = new Uint32Array(0);

/**
 * Events of one sender in a row, of one topic, whose encoded bodies lie one after another: what travels, is looked at and
 * is copied as one. Most often of a single event.
 *
 * A reader fills the same one again and again: it is valid until the next record is read, and a view into the frame.
 */
export class BodyRun {
  /** All bodies, one after another. */
  bytes: Uint8Array = NOTHING;
  count = 0;
  /** No body says more than its content type and its time: none has to be known again, none has attributes. */
  plain = true;
  /** Where each body begins in `bytes`, and where the last one ends. Longer than it need be. */
  starts = NO_STARTS;

  /** Bytes of the bodies from the `from`-th on, `count` of them. A view. */
  slice(from: number, count: number): Uint8Array {
    return this.bytes.subarray(this.starts[from], this.starts[from + count]);
  }

  /** Bytes of the `i`-th body, encoded. */
  length(i: number): number {
    return (this.starts[i + 1] as number) - (this.starts[i] as number);
  }

  /**
   * Where the data of the `i`-th body begins in `bytes`, if the body says nothing else: then it is JSON, and ends where the
   * body does. -1 of any other.
   */
  bareDataAt(i: number): number {
    const { bytes } = this;
    let at = this.starts[i] as number;
    if (bytes[at] !== 0) return -1;
    at += 1;
    // Its size, which was read already: an integer ends with the first byte below 0x80.
    while ((bytes[at] as number) >= 0x80) at += 1;
    return at + 1;
  }

  /** The same with memory of its own. */
  copy(): BodyRun {
    const copy = new BodyRun();
    copy.bytes = this.bytes.slice();
    copy.count = this.count;
    copy.plain = this.plain;
    copy.starts = this.starts.slice(0, this.count + 1);
    return copy;
  }

  body(i: number): Body {
    return readBody(new ByteReader(this.slice(i, 1)));
  }

  /**
   * Reads the bodies that follow, and checks that each can be read. Throws ProtocolError `frame_malformed`. Cost: some
   * nanoseconds for a plain body.
   */
  read(from: ByteReader, count: number, size: number): void {
    const start = from.at;
    if (count === 0 || count > RUN_EVENTS_MAX) {
      throw new ProtocolError('frame_malformed', `a run of ${count} events; 1 to ${RUN_EVENTS_MAX}`, start);
    }
    // Before room is made for it: no body is shorter than two bytes.
    if (count * 2 > size) throw new ProtocolError('frame_malformed', `${count} events in ${size} bytes`, start);
    if (this.starts.length <= count) this.starts = new Uint32Array(2 * count + 64);
    const { starts } = this;
    let plain = true;
    for (let i = 0; i < count; i++) {
      starts[i] = from.at - start;
      if (from.skipBare()) continue;
      if (!isPlainBody(from)) plain = false;
      skipBody(from);
    }
    starts[count] = from.at - start;
    if (from.at - start !== size) {
      throw new ProtocolError(
        'frame_malformed',
        `${count} events of ${from.at - start} bytes, said to be ${size}`,
        start,
      );
    }
    this.bytes = from.since(start);
    this.count = count;
    this.plain = plain;
  }
}
