import type { BodyFields, Receipt } from '../broker/protocol/index.ts';
import type { TellwhenError } from './errors.ts';
import type { Outbox } from './outbox.ts';
import { Request } from './request.ts';

/** Who waits for a receipt. */
export interface ReceiptTaker {
  receipt(receipt: Receipt): void;
  fail(error: TellwhenError): void;
}

/** One event and its receipt. Never repeated by itself: only the publisher knows whether twice would be harm. */
export class PublishRequest extends Request {
  readonly #topic: string;
  readonly #body: BodyFields;
  readonly #taker: ReceiptTaker;

  constructor(topic: string, body: BodyFields, taker: ReceiptTaker) {
    super();
    this.#topic = topic;
    this.#body = body;
    this.#taker = taker;
  }

  override get paced(): boolean {
    return true;
  }

  override get heldBytes(): number {
    return this.#body.data.length;
  }

  override write(outbox: Outbox): void {
    outbox.publish(this.ref, this.#topic, this.#body);
  }

  override receipt(receipt: Receipt): boolean {
    this.#taker.receipt(receipt);
    return true;
  }

  override fail(error: TellwhenError): void {
    this.#taker.fail(error);
  }
}

/** Codes that mean the line is gone: the rest of a batch will get no answer either. */
const LINE_CODES: ReadonlySet<string> = new Set(['connection_lost', 'client_closed', 'aborted']);

/**
 * The receipts of a batch, in its order, each a receipt or the error of that one event. Rejects as a whole only when
 * no more answers can come.
 */
export class BatchReceipts {
  readonly results: Promise<(Receipt | TellwhenError)[]>;
  readonly #gathered: (Receipt | TellwhenError)[];
  #resolve: (results: (Receipt | TellwhenError)[]) => void = () => {};
  #reject: (error: TellwhenError) => void = () => {};
  #missing: number;

  constructor(size: number) {
    this.#missing = size;
    this.#gathered = new Array(size);
    this.results = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (size === 0) this.#resolve([]);
  }

  taker(index: number): ReceiptTaker {
    return {
      receipt: (receipt) => this.#put(index, receipt),
      fail: (error) => {
        if (LINE_CODES.has(error.code)) this.#reject(error);
        else this.#put(index, error);
      },
    };
  }

  #put(index: number, result: Receipt | TellwhenError): void {
    this.#gathered[index] = result;
    this.#missing -= 1;
    if (this.#missing === 0) this.#resolve(this.#gathered);
  }
}
