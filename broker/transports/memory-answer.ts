import type { HttpHead } from './exchange.ts';

/** The exchange, as its client end uses it. */
export interface AnswerLink {
  pause(): void;
  resume(): void;
  leave(): void;
}

/** What the client end of an HTTP request in memory has of its answer by now. */
export class MemoryAnswer {
  /** Undefined until it has begun. */
  head: HttpHead | undefined;
  /** All of it has arrived. */
  isComplete = false;
  /** It was cut off, by either side. */
  isCut = false;
  readonly #link: AnswerLink;
  #pieces: Uint8Array[] = [];

  constructor(link: AnswerLink) {
    this.#link = link;
  }

  /** What arrived of the body, read as UTF-8. */
  get text(): string {
    return Buffer.concat(this.#pieces).toString();
  }

  /** Stops reading, so that what the broker sends piles up there. */
  pause(): void {
    this.#link.pause();
  }

  resume(): void {
    this.#link.resume();
  }

  /** Goes away, as when a process is killed. */
  leave(): void {
    this.#link.leave();
  }

  // What the exchange tells it.

  begun(head: HttpHead): void {
    this.head = head;
  }

  received(bytes: Uint8Array): void {
    this.#pieces.push(bytes.slice());
  }

  completed(): void {
    this.isComplete = true;
  }

  cut(): void {
    if (!this.isComplete) this.isCut = true;
  }
}
