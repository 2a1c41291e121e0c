import { type ByteWriter, type Receipt, RUN_EVENTS_MAX, writeBrokerRecord } from '../protocol/index.ts';

/** Receipts that are not written yet, because more of their kind may follow. */
export class OpenReceipts {
  count = 0;
  #firstRef = 0;
  #first: Receipt | undefined;

  begin(firstRef: number, count: number, first: Receipt): void {
    this.count = count;
    this.#firstRef = firstRef;
    this.#first = first;
  }

  /** False, and nothing is added, where these do not follow. */
  extend(firstRef: number, count: number, next: Receipt): boolean {
    const first = this.#first;
    if (first === undefined || firstRef !== this.#firstRef + this.count) return false;
    if (next.seq !== (first.delayed ? 0 : first.seq + this.count) || next.matched !== first.matched) return false;
    if (next.durable !== first.durable || next.unreadable !== first.unreadable) return false;
    if (next.repeated !== first.repeated || next.delayed !== first.delayed) return false;
    if (this.count + count > RUN_EVENTS_MAX) return false;
    this.count += count;
    return true;
  }

  /** Writes them. */
  end(to: ByteWriter): void {
    if (this.#first === undefined) return;
    writeBrokerRecord.receipts(to, this.#firstRef, this.count, this.#first);
    this.#first = undefined;
    this.count = 0;
  }
}
