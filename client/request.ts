import type { Body, BrokerControl, Code, Delivery, Receipt } from '../broker/protocol/index.ts';
import { TellwhenError } from './errors.ts';
import type { Outbox } from './outbox.ts';

/** What all requests of a client together still miss, and have still to write. */
export interface Counts {
  missing: number;
  unwritten: number;
}

/**
 * Something sent that the broker answers: once, with its result or a refusal. A request is told its end through exactly
 * one of the methods below. Those that answer say whether the answer is of the kind that was asked for; the rest of the
 * class is kept by `Requests`.
 */
export abstract class Request {
  /** The first of its refs. */
  ref = 0;
  deadlineMs = 0;
  /** When it was first written to the present connection; `undefined` while it waits for one. */
  sentMs: number | undefined = undefined;
  /** Where it is counted, with all others, until its end. */
  counts: Counts | undefined;
  /** Takes the listener off the caller's AbortSignal. */
  detach: (() => void) | undefined;

  /** How many refs it has, from `ref` on, each to be answered. */
  get refs(): number {
    return 1;
  }

  /** Answers that have not come yet. */
  get missing(): number {
    return 1;
  }

  /** How many of them are for what is not written yet, or has to be written again. */
  get unwritten(): number {
    return this.sentMs === undefined ? 1 : 0;
  }

  /** Waits its turn while much is in flight, so that fast publishers are slowed, and nothing else is. */
  get paced(): boolean {
    return false;
  }

  /** May wait where others are refused because too many wait. */
  get patient(): boolean {
    return false;
  }

  /** Keeps its place behind publishes that wait: which of them it sees depends on it. */
  get ordered(): boolean {
    return false;
  }

  /** One of those that only so many of are sent at once, and that end with the connection even while they wait. */
  get windowed(): boolean {
    return false;
  }

  /** May be done twice without harm: it is sent again when the connection is lost before the answer came. */
  get repeatable(): boolean {
    return false;
  }

  /** Is tried again for a longer time, across connections and refusals. */
  get lasting(): boolean {
    return false;
  }

  /** Bytes it keeps in memory while it waits. */
  get heldBytes(): number {
    return 0;
  }

  /**
   * Writes what there is room for, as `room` says before each further record. Throws TellwhenError when it cannot be sent;
   * it is then told so through `fail`.
   */
  abstract write(outbox: Outbox, room: () => boolean): void;

  abstract fail(error: TellwhenError): void;

  /** It is going to be written, now. */
  writing(nowMs: number): void {
    if (this.sentMs !== undefined) return;
    this.sentMs = nowMs;
    this.count(0, -1);
  }

  /** The connection is lost on which it was written; it is going to be written to the next. */
  rewind(): void {
    if (this.sentMs === undefined) return;
    this.sentMs = undefined;
    this.count(0, 1);
  }

  /** True when it takes the refusal for a delay: what has this ref is to be written again, later. */
  postponed(_ref: number, _code: Code, _message: string): boolean {
    return false;
  }

  refused(_ref: number, code: Code, message: string, _offset: number | undefined): void {
    this.fail(new TellwhenError(code, message));
  }

  /** Of `count` refs from `ref` on; `first` is that of the first. */
  receipts(_ref: number, _count: number, _first: Receipt): boolean {
    return false;
  }

  settled(_remainingMs: number): boolean {
    return false;
  }

  fetched(_topic: string, _delivery: Delivery, _body: Body): boolean {
    return false;
  }

  control(_frame: BrokerControl): boolean {
    return false;
  }

  protected count(missing: number, unwritten: number): void {
    if (this.counts === undefined) return;
    this.counts.missing += missing;
    this.counts.unwritten += unwritten;
  }
}
