import type { Code, Receipt } from '../broker/protocol/index.ts';
import { type ErrorCode, TellwhenError } from './errors.ts';
import type { Outbox, Outgoing } from './outbox.ts';
import { Request } from './request.ts';
import type { Standing } from './standing.ts';

/** One event on its way. */
export interface EventToPublish extends Outgoing {
  /** The broker would know it again. */
  readonly repeatable: boolean;
}

/** Who waits for the receipts. One of the two is called, once. */
export interface ReceiptTaker {
  /** Whether they are a batch, of which the caller holds all anyway: it may wait where a single one is refused. */
  readonly batch: boolean;
  /** A receipt or an error for each event, in their order. */
  done(results: (Receipt | TellwhenError)[]): void;
  /** No more answers can come. */
  fail(error: TellwhenError): void;
}

/** The promise of one receipt. */
export class OneReceipt implements ReceiptTaker {
  readonly batch = false;
  readonly #resolve: (receipt: Receipt) => void;
  readonly fail: (error: TellwhenError) => void;

  constructor(resolve: (receipt: Receipt) => void, reject: (error: TellwhenError) => void) {
    this.#resolve = resolve;
    this.fail = reject;
  }

  done([result]: readonly (Receipt | TellwhenError)[]): void {
    if (result instanceof TellwhenError) this.fail(result);
    else if (result !== undefined) this.#resolve(result);
  }
}

/** Codes that mean the line is gone: what has no answer yet will get none. */
const LINE_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['connection_lost', 'client_closed', 'aborted']);
/** With these the broker says: not now. Nothing was done. */
const NOT_NOW: ReadonlySet<Code> = new Set<Code>([
  'store_busy',
  'store_full',
  'mailbox_full',
  'rate_limited',
  'broker_draining',
  'order_held',
]);

/**
 * Events in a row, and their receipts: one of `publish`, or a batch. The n-th has the n-th ref. What the broker would not
 * know again is never sent twice by itself: only the publisher knows whether that would be harm. Where it would know
 * every one of them again, they are sent until they are answered for good.
 */
export class PublishRequest extends Request {
  readonly #events: readonly EventToPublish[];
  readonly #taker: ReceiptTaker;
  readonly #standing: Standing | undefined;
  readonly #repeatable: boolean;
  /** Made with the first answer: of what waits for its only one, there are many at a time. */
  #results: (Receipt | TellwhenError | undefined)[] | undefined;
  #missing: number;
  #unwritten: number;
  /** Those before it were written on this connection or are answered, but for those of `#postponed`. */
  #next = 0;
  /** To be written again: why, by index. */
  #postponed: Map<number, TellwhenError> | undefined;
  /** Since when the broker may have what was written on a connection that is lost. */
  #inDoubtSinceMs: number | undefined;

  /** `standing`: where events are counted. */
  constructor(events: readonly EventToPublish[], taker: ReceiptTaker, standing?: Standing) {
    super();
    this.#standing = standing;
    this.#events = events;
    this.#taker = taker;
    this.#repeatable = events.every(({ repeatable }) => repeatable);
    this.#missing = events.length;
    this.#unwritten = events.length;
  }

  override get refs(): number {
    return this.#events.length;
  }

  override get missing(): number {
    return this.#missing;
  }

  override get unwritten(): number {
    return this.#unwritten;
  }

  override get paced(): boolean {
    return true;
  }

  override get lasting(): boolean {
    return this.#repeatable;
  }

  override get patient(): boolean {
    return this.#taker.batch;
  }

  override get heldBytes(): number {
    return this.#taker.batch ? 0 : (this.#events[0]?.data.length ?? 0);
  }

  override write(outbox: Outbox, room: () => boolean): void {
    if (this.#inDoubtSinceMs !== undefined && !outbox.knownAgain(this.#inDoubtSinceMs)) {
      throw new TellwhenError('connection_lost', 'the broker would not know again what it may have got');
    }
    if (this.#postponed !== undefined) this.#writePostponed(outbox, room, this.#postponed);
    while (this.#next < this.#events.length && room()) {
      if (this.#results?.[this.#next] === undefined) this.#write(outbox, this.#next);
      this.#next += 1;
    }
  }

  override writing(nowMs: number): void {
    this.sentMs ??= nowMs;
  }

  override rewind(): void {
    if (this.#unwritten < this.#missing) this.#inDoubtSinceMs ??= this.sentMs;
    this.sentMs = undefined;
    this.#next = 0;
    this.#postponed = undefined;
    this.count(0, this.#missing - this.#unwritten);
    this.#unwritten = this.#missing;
  }

  override receipts(ref: number, count: number, first: Receipt): boolean {
    this.#results ??= new Array(this.#events.length);
    const results = this.#results;
    const from = ref - this.ref;
    let fresh = 0;
    for (let i = 0; i < count; i++) {
      if (results[from + i] !== undefined) continue;
      results[from + i] = i === 0 ? first : receiptAfter(first, i);
      this.#isAnswered(from + i);
      fresh += 1;
    }
    this.#answered(fresh);
    return true;
  }

  override postponed(ref: number, code: Code, message: string): boolean {
    const index = ref - this.ref;
    if (!this.#repeatable || !NOT_NOW.has(code) || this.#results?.[index] !== undefined) return false;
    this.#postponed ??= new Map();
    if (!this.#postponed.has(index)) {
      this.#unwritten += 1;
      this.count(0, 1);
    }
    this.#postponed.set(index, new TellwhenError(code, message));
    return true;
  }

  override refused(ref: number, code: Code, message: string): void {
    this.#answer(ref - this.ref, new TellwhenError(code, message));
  }

  /** What is missing ends with the error; where the broker kept saying "not now", with that. */
  override fail(error: TellwhenError): void {
    for (let i = 0; i < this.#events.length; i++) this.#isAnswered(i);
    if (LINE_CODES.has(error.code)) {
      this.#taker.fail(error);
      return;
    }
    const results = this.#events.map((_, i) => this.#results?.[i] ?? this.#postponed?.get(i) ?? error);
    this.#taker.done(results);
  }

  #writePostponed(outbox: Outbox, room: () => boolean, postponed: Map<number, TellwhenError>): void {
    for (const index of [...postponed.keys()].sort((one, other) => one - other)) {
      if (!room()) return;
      postponed.delete(index);
      this.#write(outbox, index);
    }
  }

  #write(outbox: Outbox, index: number): void {
    this.#unwritten -= 1;
    this.count(0, -1);
    try {
      outbox.publish(this.ref + index, this.#events[index] as EventToPublish);
    } catch (error) {
      if (!(error instanceof TellwhenError)) throw error;
      this.#answer(index, error);
    }
  }

  #answer(index: number, result: Receipt | TellwhenError): void {
    this.#results ??= new Array(this.#events.length);
    if (this.#results[index] !== undefined) return;
    this.#results[index] = result;
    this.#isAnswered(index);
    this.#answered(1);
  }

  /** It is not sent again. */
  #isAnswered(index: number): void {
    const number = this.#events[index]?.number;
    if (number !== undefined) this.#standing?.answered(number);
  }

  #answered(count: number): void {
    if (count === 0) return;
    this.#missing -= count;
    this.count(-count, 0);
    if (this.#missing === 0) this.#taker.done(this.#results as (Receipt | TellwhenError)[]);
  }
}

/** The receipt of the `n`-th publish after the first of a run: all but the seq is the same. */
export function receiptAfter(first: Receipt, n: number): Receipt {
  const { seq, matched, durable, unreadable, repeated, delayed } = first;
  return { seq: delayed ? seq : seq + n, matched, durable, unreadable, repeated, delayed };
}
