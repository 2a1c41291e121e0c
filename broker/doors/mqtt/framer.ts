import { MqttError, REASON } from './reasons.ts';

/** A fixed header has a byte and a length of at most four. */
const HEADER_BYTES_MAX = 5;
const HELD_BYTES_MIN = 256;

interface Header {
  /** Of the header itself. */
  readonly length: number;
  readonly bodyLength: number;
}

/**
 * Cuts a stream of bytes into packets, section 2.1. What comes in whole is not copied; of a packet in pieces there is memory
 * for as much as has come, however long it says that it will be.
 */
export class Framer {
  readonly #packetBytesMax: number;
  #held = Buffer.alloc(0);
  #heldLength = 0;

  /** A longer packet is refused with 0x95, by its header. */
  constructor(packetBytesMax: number) {
    this.#packetBytesMax = packetBytesMax;
  }

  /**
   * Calls `take` with each whole packet: its first byte and its body, a view that dies when it returns. Ends early when `take`
   * answers false. Throws MqttError 0x81 or 0x95, and what `take` throws.
   */
  read(bytes: Buffer, take: (first: number, body: Buffer) => boolean): void {
    let at = 0;
    while (this.#heldLength > 0 && at < bytes.length) {
      // As much as it takes to know more.
      const header = this.#header(this.#held.subarray(0, this.#heldLength));
      const wanted = header === undefined ? 1 : header.length + header.bodyLength - this.#heldLength;
      const piece = bytes.subarray(at, at + wanted);
      this.#hold(piece);
      at += piece.length;
      const whole = this.#header(this.#held.subarray(0, this.#heldLength));
      if (whole === undefined || this.#heldLength < whole.length + whole.bodyLength) continue;
      const packet = this.#held.subarray(0, this.#heldLength);
      this.#held = Buffer.alloc(0);
      this.#heldLength = 0;
      if (!take(packet[0] as number, packet.subarray(whole.length))) return;
    }
    while (at < bytes.length) {
      const header = this.#header(bytes, at);
      const end = header === undefined ? Number.POSITIVE_INFINITY : at + header.length + header.bodyLength;
      if (header === undefined || end > bytes.length) {
        this.#hold(bytes.subarray(at));
        return;
      }
      const first = bytes[at] as number;
      const body = bytes.subarray(at + header.length, end);
      at = end;
      if (!take(first, body)) return;
    }
  }

  /** `undefined`: it is not all there yet. */
  #header(bytes: Buffer, at = 0): Header | undefined {
    let bodyLength = 0;
    for (let i = 1; i < HEADER_BYTES_MAX; i++) {
      const byte = bytes[at + i];
      if (byte === undefined) return undefined;
      bodyLength += (byte & 0x7f) << (7 * (i - 1));
      if (byte > 0x7f) continue;
      if (1 + i + bodyLength > this.#packetBytesMax) {
        const length = 1 + i + bodyLength;
        throw new MqttError(REASON.packetTooLarge, `a packet of ${length} bytes; at most ${this.#packetBytesMax}`);
      }
      return { length: 1 + i, bodyLength };
    }
    throw new MqttError(REASON.malformedPacket, 'a length of more than four bytes');
  }

  #hold(bytes: Buffer): void {
    const length = this.#heldLength + bytes.length;
    if (length > this.#held.length) {
      const grown = Buffer.allocUnsafe(Math.max(HELD_BYTES_MIN, length, 2 * this.#held.length));
      this.#held.copy(grown, 0, 0, this.#heldLength);
      this.#held = grown;
    }
    bytes.copy(this.#held, this.#heldLength);
    this.#heldLength = length;
  }
}
