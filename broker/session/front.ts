import { TokenBucket } from '../publish/rate.ts';
import type { Connection, ConnectionHandler } from '../transports/transport.ts';
import { Arrivals, type ArrivalsMeans } from './arrivals.ts';
import { Flushes } from './flushes.ts';
import { Gatherings } from './gathering.ts';
import { Link, type LinkMeans } from './link.ts';
import type { OutboundMeans } from './outbound.ts';
import type { OutboundBudget } from './outbound-budget.ts';

export interface FrontMeans
  extends ArrivalsMeans,
    Omit<LinkMeans, 'bucket' | 'greeted' | 'parted' | 'closed' | keyof ArrivalsMeans> {
  readonly budget: OutboundBudget;
}

const TICK_MS = 500;

/** Where connections arrive: bounds their number, sends away who says nothing, and sees everybody off at the end. */
export class Front {
  readonly #means: FrontMeans;
  /** Those without a session, before hello or after goodbye, are silent. */
  readonly #arrivals: Arrivals<Link>;
  readonly #linkMeans: LinkMeans;
  readonly #outboundMeans: OutboundMeans;
  #stopTicking: (() => void) | undefined;

  constructor(means: FrontMeans) {
    this.#means = means;
    this.#arrivals = new Arrivals(means);
    const { config, time, counters, budget } = means;
    const rate = { perSecond: config.publishPerSecondMax, burst: config.publishBurst };
    this.#outboundMeans = {
      time,
      counters,
      softBytes: config.outboundSoftBytes,
      hardBytes: config.outboundHardBytes,
      budget,
      flushes: new Flushes(time),
      gatherings: new Gatherings(),
      topicAliasesMax: config.topicAliasesMax,
    };
    this.#linkMeans = {
      ...means,
      bucket: () => new TokenBucket(rate, time.monotonicMs()),
      greeted: (link) => this.#arrivals.known(link),
      parted: (link) => this.#arrivals.silent(link),
      closed: (link) => this.#arrivals.closed(link),
    };
  }

  start(): void {
    this.#stopTicking ??= this.#means.time.every(TICK_MS, () => {
      this.#arrivals.sendAway((link) => link.leave('helloTimeout', 'no session'));
      for (const { outbound } of this.#arrivals) outbound.nudge();
    });
  }

  stop(): void {
    this.#stopTicking?.();
    this.#stopTicking = undefined;
  }

  accept(connection: Connection): ConnectionHandler {
    return this.#arrivals.admit(connection, () => new Link(connection, this.#outboundMeans, this.#linkMeans));
  }

  /** Tells every client that the broker will close within `drainMs`. */
  announceClosing(drainMs: number): void {
    for (const { outbound } of this.#arrivals) outbound.control({ kind: 'closing', drainMs });
  }

  /** Nothing is on its way to any client. */
  get isFlushed(): boolean {
    return this.#arrivals.isFlushed;
  }

  get connections(): number {
    return this.#arrivals.size;
  }

  /** Sends what is gathered, and closes every connection as going away. */
  closeAll(): void {
    for (const link of [...this.#arrivals]) link.leave('goingAway', 'broker_draining');
  }
}
