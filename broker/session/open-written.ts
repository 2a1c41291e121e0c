import { type ByteWriter, WRITTEN_MAX, type Written, writeSpaceAnswer } from '../protocol/index.ts';

/** Answers to outs that are not written yet, because more of their kind may follow. */
export class OpenWritten {
  #count = 0;
  #firstRef = 0;
  #first: Written | undefined;

  begin(firstRef: number, count: number, first: Written): void {
    this.#count = count;
    this.#firstRef = firstRef;
    this.#first = first;
  }

  /** False, and nothing is added, where these do not follow. */
  extend(firstRef: number, count: number, next: Written): boolean {
    const first = this.#first;
    if (first === undefined || firstRef !== this.#firstRef + this.#count) return false;
    if (next.tuple !== first.tuple + this.#count || next.remainingMs !== first.remainingMs) return false;
    if (next.durable !== first.durable || next.repeated !== first.repeated) return false;
    if (this.#count + count > WRITTEN_MAX) return false;
    this.#count += count;
    return true;
  }

  /** Writes them. */
  end(to: ByteWriter): void {
    if (this.#first === undefined) return;
    writeSpaceAnswer.written(to, this.#firstRef, this.#count, this.#first);
    this.#first = undefined;
    this.#count = 0;
  }
}
