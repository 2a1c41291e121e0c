import type { Slices } from '../kernel/slices.ts';
import type { RawControl } from '../protocol/index.ts';

/** What a frame takes beside its bytes: a client may send millions that are empty. */
const FRAME_BYTES = 200;

/** What JSON takes more when it is decoded, where it is braces and nothing else, is some thirty times; of other text, twice. */
const DECODED_TIMES = 16;

/** What all connections together have waiting, and may. */
export class WaitingFrameBytes {
  readonly max: number;
  /** Now. */
  sum = 0;
  /** Bytes of messages that were decoded and are not done. */
  #decoded = 0;

  constructor(max: number) {
    this.max = max;
  }

  /**
   * Whether a connection that has so much waiting may have more: together no more than is still free with it. So however many take all that they
   * may, something is left for one that takes little.
   */
  hasRoom(own: number, more: number): boolean {
    return own + more <= this.max - this.sum - more;
  }

  /** A message may be decoded where nothing else is, or little. */
  mayDecode(size: number): boolean {
    return this.#decoded === 0 || (this.#decoded + size) * DECODED_TIMES <= this.max;
  }

  decode(size: number): void {
    this.#decoded += size;
  }

  forget(size: number): void {
    this.#decoded -= size;
  }
}

export interface WaitingFramesMeans {
  readonly slices: Slices;
  readonly bytes: WaitingFrameBytes;
}

/** Does what frames ask. Must not throw. */
export interface FrameWorker {
  decode(message: string): readonly RawControl[];
  control(raw: RawControl): void;
  data(frame: Uint8Array): void;
}

/** A message that is decoded; those of its control frames before `next` are done. */
export interface BegunMessage {
  readonly controls: readonly RawControl[];
  readonly next: number;
  /** Its bytes. */
  readonly size: number;
}

type Waiting = { readonly size: number } & (
  | { readonly kind: 'text'; readonly message: string }
  | { readonly kind: 'data'; readonly frame: Uint8Array }
);

/**
 * The frames of one connection that came when the turn's slice for control frames was spent, and all that came after them:
 * its order holds. There is one only while something waits.
 */
export class WaitingFrames {
  readonly #means: WaitingFramesMeans;
  readonly #worker: FrameWorker;
  readonly #done: () => void;
  #controls: readonly RawControl[];
  #next: number;
  #decodedBytes: number;
  #rest: Waiting[] = [];
  /** Those before it are begun. */
  #begun = 0;
  #bytes = 0;

  /**
   * @param begun the message that found the slice spent, unless none was begun
   * @param done is told when nothing waits any more; not after `end`
   */
  constructor(
    means: WaitingFramesMeans,
    worker: FrameWorker,
    { controls, next, size }: BegunMessage = { controls: [], next: 0, size: 0 },
    done: () => void,
  ) {
    this.#means = means;
    this.#worker = worker;
    this.#controls = controls;
    this.#next = next;
    this.#decodedBytes = size;
    means.bytes.decode(size);
    this.#done = done;
    means.slices.wait(this.#goOn);
  }

  /** False, and it is not kept, where as much waits as may. */
  text(message: string, size: number): boolean {
    return this.#add({ kind: 'text', message, size });
  }

  /** The same. The frame is copied: its memory is the network's. */
  data(frame: Uint8Array): boolean {
    return this.#hasRoom(frame.length) && this.#add({ kind: 'data', frame: frame.slice(), size: frame.length });
  }

  /** What waits is not done. */
  end(): void {
    this.#means.slices.forget(this.#goOn);
    this.#means.bytes.sum -= this.#bytes;
    this.#bytes = 0;
    this.#rest = [];
    this.#begun = 0;
    this.#forgetMessage();
  }

  #hasRoom(size: number): boolean {
    return this.#means.bytes.hasRoom(this.#bytes, size + FRAME_BYTES);
  }

  #add(waiting: Waiting): boolean {
    if (!this.#hasRoom(waiting.size)) return false;
    this.#rest.push(waiting);
    this.#took(waiting.size + FRAME_BYTES);
    return true;
  }

  #took(bytes: number): void {
    this.#bytes += bytes;
    this.#means.bytes.sum += bytes;
  }

  readonly #goOn = (): void => {
    const { slices, bytes } = this.#means;
    for (;;) {
      while (this.#next < this.#controls.length) {
        if (slices.spent) {
          slices.wait(this.#goOn);
          return;
        }
        this.#worker.control(this.#controls[this.#next++] as RawControl);
      }
      this.#forgetMessage();
      const waiting = this.#rest[this.#begun];
      if (waiting === undefined) break;
      if (slices.spent || (waiting.kind === 'text' && !bytes.mayDecode(waiting.size))) {
        slices.wait(this.#goOn);
        return;
      }
      this.#begin(waiting);
    }
    this.#done();
  };

  #begin(waiting: Waiting): void {
    this.#begun += 1;
    if (this.#begun * 2 > this.#rest.length) {
      this.#rest = this.#rest.slice(this.#begun);
      this.#begun = 0;
    }
    this.#took(-waiting.size - FRAME_BYTES);
    if (waiting.kind === 'data') this.#worker.data(waiting.frame);
    else {
      this.#decodedBytes = waiting.size;
      this.#means.bytes.decode(waiting.size);
      this.#next = 0;
      this.#controls = this.#worker.decode(waiting.message);
    }
  }

  #forgetMessage(): void {
    this.#means.bytes.forget(this.#decodedBytes);
    this.#decodedBytes = 0;
    this.#controls = [];
    this.#next = 0;
  }
}
