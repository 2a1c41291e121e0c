import type { BodyFields, Receipt } from '../broker/protocol/index.ts';
import { TellwhenError } from './errors.ts';
import type { Outbox } from './outbox.ts';
import { Request } from './request.ts';

/** Who waits for a receipt. */
export interface ReceiptTaker {
  /** It wants no receipt any more: what was not sent yet is not to be. */
  readonly over: boolean;
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
    if (this.#taker.over) throw new TellwhenError('aborted', 'the batch of this event has failed already');
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
