import type { Body, BrokerControl, Code, Delivery, Receipt } from '../broker/protocol/index.ts';
import { TellwhenError } from './errors.ts';
import type { Outbox } from './outbox.ts';

/**
 * Something sent that the broker answers: once, with its result or a refusal. A request is told its end through exactly
 * one of the methods below. Those that answer say whether the answer is of the kind that was asked for; the rest of the
 * class is kept by `Requests`.
 */
export abstract class Request {
  ref = 0;
  deadlineMs = 0;
  /** When it was written to the present connection; `undefined` while it waits for one. */
  sentMs: number | undefined = undefined;
  /** Takes the listener off the caller's AbortSignal. */
  detach: (() => void) | undefined;

  /** Waits its turn while much is in flight, so that fast publishers are slowed, and nothing else is. */
  get paced(): boolean {
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

  /** Bytes it keeps in memory while it waits. */
  get heldBytes(): number {
    return 0;
  }

  /** Throws TellwhenError when it cannot be sent; it is then told so through `fail`. */
  abstract write(outbox: Outbox): void;

  abstract fail(error: TellwhenError): void;

  refused(code: Code, message: string, _offset: number | undefined): void {
    this.fail(new TellwhenError(code, message));
  }

  receipt(_receipt: Receipt): boolean {
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
}
