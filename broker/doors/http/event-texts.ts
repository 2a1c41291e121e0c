import type { Handover } from '../../delivery/outbox.ts';
import type { PublishedEvent } from '../../publish/event.ts';
import { toStructured } from './cloudevents/encode.ts';
import { openEventJson } from './event-json.ts';
import type { Format } from './schemas.ts';

const encoder = new TextEncoder();

/**
 * Events as they are written in answers. One event mostly goes to several in turn, so what was made last is kept: a
 * thousand streams of one topic share one encoding.
 */
export class EventTexts {
  #event: PublishedEvent | undefined;
  #open: string | undefined;
  #cloudEvent: string | undefined;
  #lines: { [F in Format]?: Uint8Array } = {};

  /** On one line. */
  text(event: PublishedEvent, format: Format, handover?: Handover): string {
    this.#attend(event);
    if (format === 'cloudevents') {
      if (handover !== undefined) return toStructured(event, handover);
      this.#cloudEvent ??= toStructured(event);
      return this.#cloudEvent;
    }
    this.#open ??= openEventJson(event);
    if (handover === undefined) return `${this.#open}}`;
    const { id, token, remainingMs } = handover.lease;
    const lease = `{"id":${id},"token":${token},"remainingMs":${remainingMs}}`;
    return `${this.#open},"attempt":${handover.attempt},"lease":${lease}}`;
  }

  /** As a message of an event stream. The bytes are shared: they must not be changed. */
  message(event: PublishedEvent, format: Format, handover?: Handover): Uint8Array {
    this.#attend(event);
    const known = handover === undefined ? this.#lines[format] : undefined;
    if (known !== undefined) return known;
    const bytes = encoder.encode(`id: ${event.seq}\ndata: ${this.text(event, format, handover)}\n\n`);
    if (handover === undefined) this.#lines[format] = bytes;
    return bytes;
  }

  #attend(event: PublishedEvent): void {
    if (event === this.#event) return;
    this.#event = event;
    this.#open = undefined;
    this.#cloudEvent = undefined;
    this.#lines = {};
  }
}
