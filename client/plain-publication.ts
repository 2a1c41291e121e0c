import { ByteWriter, NO_OPTIONS, writeBodyHead } from '../broker/protocol/index.ts';
import type { PublishOptions } from './publication.ts';
import type { EventToPublish } from './publish-request.ts';

/**
 * What a publisher of one kind of event says with each: the topic, and no option but a content type. It was checked with
 * the first.
 */
export class PlainPublication {
  readonly topic: string;
  readonly contentType: string | undefined;
  readonly #options: PublishOptions | undefined;
  /** As the options say it, where they do. */
  readonly #contentTypeSaid: string | undefined;
  #head: Uint8Array | undefined = undefined;

  private constructor({ topic, contentType }: EventToPublish, options: PublishOptions | undefined) {
    this.topic = topic;
    this.contentType = contentType;
    this.#options = options;
    this.#contentTypeSaid = options?.contentType;
  }

  /** Of an event of bytes that was checked, and the options that it was made of. `undefined` when it says more. */
  static of(event: EventToPublish, options: PublishOptions | undefined): PlainPublication | undefined {
    const plain = event.options === NO_OPTIONS && (options === undefined || saysNoMore(options));
    return plain ? new PlainPublication(event, options) : undefined;
  }

  /** What stands before the size and the data of each event, encoded. */
  get head(): Uint8Array {
    this.#head ??= headOf(this.contentType);
    return this.#head;
  }

  /** Whether these say the same. They are looked at each time: an object that is used again may say something else by then. */
  isSaidBy(topic: string, options: PublishOptions | undefined): boolean {
    if (topic !== this.topic || options !== this.#options) return false;
    return options === undefined || (options.contentType === this.#contentTypeSaid && saysNoMore(options));
  }
}

function headOf(contentType: string | undefined): Uint8Array {
  const head = new ByteWriter();
  writeBodyHead(head, { contentType });
  return head.written().slice();
}

function saysNoMore(options: PublishOptions): boolean {
  const { attributes, id, source, time, durable, mandatory, retain, ttlMs, delayMs } = options;
  if (attributes !== undefined || id !== undefined || source !== undefined || time !== undefined) return false;
  if (durable !== undefined || mandatory !== undefined || retain !== undefined) return false;
  return ttlMs === undefined && delayMs === undefined;
}
