import type { EventLog } from '../log/event-log.ts';
import { PublishedEvent } from '../publish/event.ts';
import type { JsonLimits } from '../publish/json.ts';
import type { StoredPlace } from './page.ts';

/** Events as they come back from the store. */
export class StoredEvents {
  readonly #log: EventLog;
  readonly #jsonLimits: JsonLimits;

  constructor(log: EventLog, jsonLimits: JsonLimits) {
    this.#log = log;
    this.#jsonLimits = jsonLimits;
  }

  /** A view into a block: to be written out, or owned, before the next event is read. `undefined`: it cannot be read. */
  read({ seq, page }: StoredPlace): PublishedEvent | undefined {
    return this.readFrom(page.first, seq);
  }

  readFrom(first: number, seq: number): PublishedEvent | undefined {
    const stored = this.#log.read(first, seq);
    if (stored === undefined) return undefined;
    const { topic, time, expiresMs, provenance, body } = stored;
    const place = { seq, topic, time, arrivedMs: 0, expiresMs, provenance };
    return new PublishedEvent(place, body, this.#jsonLimits);
  }
}
