/**
 * Where a client's events stand among each other and among those of others: it counts what it publishes, knows which of
 * it has no final answer yet, and the last that it was delivered. See PublishOrder.
 */
export class Standing {
  #last = 0;
  #past = 0;
  /** Numbers without a final answer, rising. */
  readonly #unanswered = new Set<number>();

  /** The highest seq that was delivered. */
  get past(): number {
    return this.#past;
  }

  /** The lowest number without a final answer; where there is none, that of the next event. */
  get since(): number {
    for (const number of this.#unanswered) return number;
    return this.#last + 1;
  }

  /** The number of an event that is published now. `awaited`: there will be an answer. */
  next(awaited: boolean): number {
    this.#last += 1;
    if (awaited) this.#unanswered.add(this.#last);
    return this.#last;
  }

  /** It is accepted, refused or given up: it is not sent again. */
  answered(number: number): void {
    this.#unanswered.delete(number);
  }

  /** It may have been seen from now on, so that what is published later may be because of it. */
  delivered(seq: number): void {
    if (seq > this.#past) this.#past = seq;
  }

  /** The broker has given no number above this yet: what was delivered with higher ones was of another one's count. */
  restart(seq: number): void {
    if (seq < this.#past) this.#past = seq;
  }
}
