import type { Receipt } from '../protocol/index.ts';

/**
 * The receipts of a run, told in as few pieces as there are differences between its events.
 */
export class RunReceipts {
  readonly #tell: (firstRef: number, count: number, first: Receipt) => void;
  #ref: number;
  #seq: number;
  #count = 0;
  #matched = 0;
  #durable = false;
  #unreadable = false;

  /** @param firstRef 0: nobody wants them. */
  constructor(firstSeq: number, firstRef: number, tell: (firstRef: number, count: number, first: Receipt) => void) {
    this.#seq = firstSeq;
    this.#ref = firstRef;
    this.#tell = tell;
  }

  /** What is to be said of the next `count` events. */
  add(count: number, matched: number, durable: boolean, unreadable: boolean): void {
    if (this.#ref === 0) return;
    const same = matched === this.#matched && durable === this.#durable && unreadable === this.#unreadable;
    if (!same) this.end();
    this.#matched = matched;
    this.#durable = durable;
    this.#unreadable = unreadable;
    this.#count += count;
  }

  /** Tells what is not told yet. */
  end(): void {
    const count = this.#count;
    if (count === 0) return;
    const [matched, durable, unreadable] = [this.#matched, this.#durable, this.#unreadable];
    const receipt = { seq: this.#seq, matched, durable, unreadable, repeated: false, delayed: false };
    this.#tell(this.#ref, count, receipt);
    this.#ref += count;
    this.#seq += count;
    this.#count = 0;
  }
}
