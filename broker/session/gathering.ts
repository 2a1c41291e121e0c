import { ByteWriter } from '../protocol/index.ts';
import { OpenEvents } from './open-events.ts';
import { OpenReceipts } from './open-receipts.ts';
import { OpenWritten } from './open-written.ts';

/** So many are kept for the next who gather: 4 MiB of them at most. */
const SPARE_MAX = 1_000;

/** What is gathered for one connection between two flushes. */
export class Gathering {
  readonly records = new ByteWriter();
  readonly open = new OpenEvents();
  readonly receipts = new OpenReceipts();
  readonly written = new OpenWritten();
}

/** Lent from the first record to the flush, and then to the next: a connection on which nothing happens has none. */
export class Gatherings {
  readonly #spare: Gathering[] = [];

  /** An empty one. */
  take(): Gathering {
    return this.#spare.pop() ?? new Gathering();
  }

  /** Whoever gives it back keeps no view of what it holds. */
  giveBack(gathering: Gathering): void {
    gathering.records.clear();
    gathering.open.close();
    if (this.#spare.length < SPARE_MAX) this.#spare.push(gathering);
  }
}
