import type { BodyFields, Receipt } from '../broker/protocol/index.ts';
import { abortedBy, type TellwhenError } from './errors.ts';
import { PublishRequest, type ReceiptTaker } from './publish-request.ts';
import type { Sender } from './sender.ts';

/** Codes that mean the line is gone: the rest of a batch will get no answer either. */
const LINE_CODES: ReadonlySet<string> = new Set(['connection_lost', 'client_closed', 'aborted']);

export interface EventToPublish {
  readonly topic: string;
  readonly body: BodyFields;
}

/**
 * Many events and their receipts, in one order, each a receipt or the error of that one event. Rejects as a whole only
 * when no more answers can come; then nothing more of it is sent.
 */
export class PublishBatch {
  readonly results: Promise<(Receipt | TellwhenError)[]>;
  readonly #events: readonly EventToPublish[];
  readonly #gathered: (Receipt | TellwhenError)[];
  #resolve: (results: (Receipt | TellwhenError)[]) => void = () => {};
  #reject: (error: TellwhenError) => void = () => {};
  #missing: number;
  #over = false;

  constructor(events: readonly EventToPublish[]) {
    this.#events = events;
    this.#missing = events.length;
    this.#gathered = new Array(events.length);
    this.results = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (events.length === 0) this.#resolve([]);
  }

  get over(): boolean {
    return this.#over;
  }

  /** Sends what there is room for at once, the rest as room comes. Never rejects. */
  async feed(sender: Sender, signal: AbortSignal | undefined): Promise<void> {
    for (const [i, { topic, body }] of this.#events.entries()) {
      while (!sender.roomy && !this.#over) {
        if (signal?.aborted) this.fail(abortedBy(signal));
        else await sender.untilRoomy(signal);
      }
      if (this.#over) return;
      sender.send(new PublishRequest(topic, body, new Place(this, i)), signal);
    }
  }

  put(index: number, result: Receipt | TellwhenError): void {
    this.#gathered[index] = result;
    this.#missing -= 1;
    if (this.#missing === 0) this.#resolve(this.#gathered);
  }

  fail(error: TellwhenError): void {
    this.#over = true;
    this.#reject(error);
  }
}

/** One event of a batch. */
class Place implements ReceiptTaker {
  readonly #batch: PublishBatch;
  readonly #index: number;

  constructor(batch: PublishBatch, index: number) {
    this.#batch = batch;
    this.#index = index;
  }

  get over(): boolean {
    return this.#batch.over;
  }

  receipt(receipt: Receipt): void {
    this.#batch.put(this.#index, receipt);
  }

  fail(error: TellwhenError): void {
    if (LINE_CODES.has(error.code)) this.#batch.fail(error);
    else this.#batch.put(this.#index, error);
  }
}
