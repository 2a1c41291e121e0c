import type { ReplyKind } from '../protocol/index.ts';

export interface AnswersMeans {
  readonly nowMs: () => number;
  /** 0: none are kept. */
  readonly windowMs: number;
  readonly answersMax: number;
  readonly bytesMax: number;
}

/** What a request was answered, for one who says it again. */
export interface Answer {
  /** Of what was asked: tells that it was another request. */
  readonly digest: string;
  readonly kind: ReplyKind;
  readonly bytes: Uint8Array;
  readonly answeredMs: number;
}

/** What an answer takes besides its bytes and its key, about. */
const OVERHEAD_BYTES = 200;

/**
 * Answers of requests that may be said again, by their source and id. In memory: they are gone with the broker. They
 * leave when their window is over, or earlier, the oldest first, when there are too many, or too much of them.
 */
export class Answers {
  readonly #means: AnswersMeans;
  /** In the order in which they came. */
  readonly #kept = new Map<string, Answer>();
  /** Of what was answered up to then, some is not known any more. */
  #lostMs: number;
  #bytes = 0;
  /** Left before their time. */
  forgotten = 0;

  constructor(means: AnswersMeans) {
    this.#means = means;
    // What another run of the broker has answered, this one does not know.
    this.#lostMs = means.nowMs();
  }

  get count(): number {
    return this.#kept.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Every request that was answered within so many milliseconds is known. */
  get reachMs(): number {
    const { windowMs, nowMs } = this.#means;
    return Math.max(0, Math.min(windowMs, nowMs() - this.#lostMs));
  }

  get keeps(): boolean {
    return this.#means.windowMs > 0;
  }

  find(key: string): Answer | undefined {
    this.sweep();
    return this.#kept.get(key);
  }

  /** `bytes` is copied. */
  keep(key: string, digest: string, kind: ReplyKind, bytes: Uint8Array): void {
    if (!this.keeps || this.#kept.has(key)) return;
    this.#kept.set(key, { digest, kind, bytes: bytes.slice(), answeredMs: this.#means.nowMs() });
    this.#bytes += sizeOf(key, bytes);
    const { answersMax, bytesMax } = this.#means;
    for (const [oldest, { answeredMs }] of this.#kept) {
      if (this.#kept.size <= answersMax && this.#bytes <= bytesMax) return;
      this.#forget(oldest);
      this.#lostMs = Math.max(this.#lostMs, answeredMs);
      this.forgotten += 1;
    }
  }

  /** Forgets what is older than the window. */
  sweep(): void {
    const before = this.#means.nowMs() - this.#means.windowMs;
    for (const [key, { answeredMs }] of this.#kept) {
      if (answeredMs > before) return;
      this.#forget(key);
    }
  }

  #forget(key: string): void {
    const answer = this.#kept.get(key);
    if (answer === undefined) return;
    this.#kept.delete(key);
    this.#bytes -= sizeOf(key, answer.bytes);
  }
}

function sizeOf(key: string, bytes: Uint8Array): number {
  return OVERHEAD_BYTES + 2 * key.length + bytes.length;
}
