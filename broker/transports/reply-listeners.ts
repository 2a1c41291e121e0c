import type { Time } from '../kernel/time.ts';
import type { OnFault } from './guard.ts';

/**
 * Who wants to know that the peer of a reply has read, or has gone. None can harm the transport. Of the end they are told later:
 * uWS says so from inside `close`, that is, perhaps from inside a `write`.
 */
export class ReplyListeners {
  readonly #time: Time;
  readonly #onFault: OnFault;
  #ofEnd: (() => void)[] = [];
  #isGone = false;
  #ofRoom: () => void = () => {};

  constructor(time: Time, onFault: OnFault) {
    this.#time = time;
    this.#onFault = onFault;
  }

  /** Has the peer gone before its answer was complete? */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Told that the peer has gone; also one that comes later than that. */
  onGone(then: () => void): void {
    this.#ofEnd.push(then);
    if (this.#isGone) this.#tell();
  }

  /** Told that there is room again; the last one that asked is. */
  onWritable(then: () => void): void {
    this.#ofRoom = then;
  }

  gone(): void {
    this.#isGone = true;
    this.#tell();
  }

  writable(): void {
    this.#call(this.#ofRoom);
  }

  #tell(): void {
    this.#time.afterReads(() => {
      for (const then of this.#ofEnd.splice(0)) this.#call(then);
    });
  }

  #call(then: () => void): void {
    try {
      then();
    } catch (fault) {
      this.#onFault(fault);
    }
  }
}
