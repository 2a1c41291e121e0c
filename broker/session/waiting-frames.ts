import type { Slices } from '../kernel/slices.ts';
import type { RawControl } from '../protocol/index.ts';

/** Of the bytes that may wait for all connections, what those of one may take. */
const SHARE = 1 / 8;

/** What all connections together have waiting, and may. */
export class WaitingFrameBytes {
  readonly max: number;
  /** Now. */
  sum = 0;

  constructor(max: number) {
    this.max = max;
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
  /** Of the message that was begun; those before `#next` are done. */
  #controls: readonly RawControl[];
  #next: number;
  #rest: Waiting[] = [];
  /** Those before it are begun. */
  #begun = 0;
  #bytes = 0;

  /**
   * @param begun what is left of the message that found the slice spent, from its `from`-th frame on
   * @param done is told when nothing waits any more; not after `end`
   */
  constructor(
    means: WaitingFramesMeans,
    worker: FrameWorker,
    begun: { readonly controls: readonly RawControl[]; readonly from: number },
    done: () => void,
  ) {
    this.#means = means;
    this.#worker = worker;
    this.#controls = begun.controls;
    this.#next = begun.from;
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
    this.#controls = [];
  }

  #hasRoom(size: number): boolean {
    const { sum, max } = this.#means.bytes;
    return sum + size <= max && this.#bytes + size <= max * SHARE;
  }

  #add(waiting: Waiting): boolean {
    if (!this.#hasRoom(waiting.size)) return false;
    this.#rest.push(waiting);
    this.#bytes += waiting.size;
    this.#means.bytes.sum += waiting.size;
    return true;
  }

  readonly #goOn = (): void => {
    const { slices } = this.#means;
    for (;;) {
      while (this.#next < this.#controls.length) {
        if (slices.spent) {
          slices.wait(this.#goOn);
          return;
        }
        this.#worker.control(this.#controls[this.#next++] as RawControl);
      }
      const waiting = this.#rest[this.#begun];
      if (waiting === undefined) break;
      if (slices.spent) {
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
    this.#bytes -= waiting.size;
    this.#means.bytes.sum -= waiting.size;
    if (waiting.kind === 'data') this.#worker.data(waiting.frame);
    else {
      this.#next = 0;
      this.#controls = this.#worker.decode(waiting.message);
    }
  }
}
