import type { Config } from '../config/index.ts';
import type { Time } from '../kernel/time.ts';
import type { Counters } from '../observe/counters.ts';
import { CLOSE } from '../protocol/index.ts';
import type { Connection, ConnectionHandler } from '../transports/transport.ts';

export interface ArrivalsMeans {
  readonly config: Config;
  readonly time: Time;
  readonly counters: Counters;
}

/** What stands behind a connection that was let in. */
export interface Arrival extends ConnectionHandler {
  /** Nothing is on its way to its client. */
  readonly isFlushed: boolean;
}

const NOBODY: ConnectionHandler = { onText() {}, onBinary() {}, onWritable() {}, onClose() {} };

/** The connections of one door: bounds the number of all doors together, and knows who has not said yet who it is. */
export class Arrivals<L extends Arrival> implements Iterable<L> {
  readonly #means: ArrivalsMeans;
  readonly #links = new Set<L>();
  /** Since when; in that order. */
  readonly #silent = new Map<L, number>();

  constructor(means: ArrivalsMeans) {
    this.#means = means;
  }

  get size(): number {
    return this.#links.size;
  }

  /** Nothing is on its way to any client. */
  get isFlushed(): boolean {
    for (const link of this.#links) if (!link.isFlushed) return false;
    return true;
  }

  [Symbol.iterator](): Iterator<L> {
    return this.#links.values();
  }

  /** Lets a connection in, behind which stands what `open` makes; or closes it, where all doors have `connectionsMax` already. */
  admit(connection: Connection, open: () => L): ConnectionHandler {
    const { config, counters } = this.#means;
    if (counters.connectionsOpen >= config.connectionsMax) {
      counters.connectionsClosed.full += 1;
      connection.close(CLOSE.full, 'connections_full');
      return NOBODY;
    }
    counters.connectionsOpened += 1;
    counters.connectionsOpen += 1;
    const link = open();
    this.#links.add(link);
    this.silent(link);
    return link;
  }

  /** It has not said who it is, from now on. */
  silent(link: L): void {
    this.#silent.set(link, this.#means.time.monotonicMs());
  }

  /** It has said who it is. */
  known(link: L): void {
    this.#silent.delete(link);
  }

  closed(link: L): void {
    this.#silent.delete(link);
    if (this.#links.delete(link)) this.#means.counters.connectionsOpen -= 1;
  }

  /** Calls `leave` for each that has been silent for `helloTimeoutMs`, once. */
  sendAway(leave: (link: L) => void): void {
    const { config, time } = this.#means;
    const beforeMs = time.monotonicMs() - config.helloTimeoutMs;
    for (const [link, sinceMs] of this.#silent) {
      if (sinceMs > beforeMs) return;
      this.#silent.delete(link);
      leave(link);
    }
  }
}
