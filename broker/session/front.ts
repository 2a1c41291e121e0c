import type { Config } from '../config/index.ts';
import type { Time } from '../kernel/time.ts';
import type { Counters } from '../observe/counters.ts';
import { CLOSE } from '../protocol/index.ts';
import { TokenBucket } from '../publish/rate.ts';
import type { Connection, ConnectionHandler } from '../transports/transport.ts';
import { Flushes } from './flushes.ts';
import { Gatherings } from './gathering.ts';
import { Link, type LinkMeans } from './link.ts';
import type { OutboundMeans } from './outbound.ts';
import type { OutboundBudget } from './outbound-budget.ts';

export interface FrontMeans extends Omit<LinkMeans, 'bucket' | 'greeted' | 'parted' | 'closed'> {
  readonly config: Config;
  readonly time: Time;
  readonly counters: Counters;
  readonly budget: OutboundBudget;
}

const TICK_MS = 500;
const NOBODY: ConnectionHandler = { onText() {}, onBinary() {}, onWritable() {}, onClose() {} };

/** Where connections arrive: bounds their number, sends away who says nothing, and sees everybody off at the end. */
export class Front {
  readonly #means: FrontMeans;
  readonly #links = new Set<Link>();
  /** Those without a session, before hello or after goodbye, and since when; in that order. */
  readonly #silent = new Map<Link, number>();
  readonly #linkMeans: LinkMeans;
  readonly #outboundMeans: OutboundMeans;
  #stopTicking: (() => void) | undefined;

  constructor(means: FrontMeans) {
    this.#means = means;
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
      greeted: (link) => void this.#silent.delete(link),
      parted: (link) => void this.#silent.set(link, time.monotonicMs()),
      closed: (link) => {
        this.#silent.delete(link);
        if (this.#links.delete(link)) counters.connectionsOpen -= 1;
      },
    };
  }

  start(): void {
    this.#stopTicking ??= this.#means.time.every(TICK_MS, () => {
      this.#closeSilent();
      for (const { outbound } of this.#links) outbound.nudge();
    });
  }

  stop(): void {
    this.#stopTicking?.();
    this.#stopTicking = undefined;
  }

  accept(connection: Connection): ConnectionHandler {
    const { config, counters, time } = this.#means;
    if (this.#links.size >= config.connectionsMax) {
      counters.connectionsClosed.full += 1;
      connection.close(CLOSE.full, 'connections_full');
      return NOBODY;
    }
    counters.connectionsOpened += 1;
    counters.connectionsOpen += 1;
    const link = new Link(connection, this.#outboundMeans, this.#linkMeans);
    this.#links.add(link);
    this.#silent.set(link, time.monotonicMs());
    return link;
  }

  /** Tells every client that the broker will close within `drainMs`. */
  announceClosing(drainMs: number): void {
    for (const { outbound } of this.#links) outbound.control({ kind: 'closing', drainMs });
  }

  /** Nothing is on its way to any client. */
  get isFlushed(): boolean {
    for (const { outbound } of this.#links) if (!outbound.isFlushed) return false;
    return true;
  }

  get connections(): number {
    return this.#links.size;
  }

  /** Sends what is gathered, and closes every connection as going away. */
  closeAll(): void {
    for (const link of [...this.#links]) link.leave('goingAway', 'broker_draining');
  }

  #closeSilent(): void {
    const { config, time } = this.#means;
    const before = time.monotonicMs() - config.helloTimeoutMs;
    for (const [link, sinceMs] of this.#silent) {
      if (sinceMs > before) return;
      this.#silent.delete(link);
      link.leave('helloTimeout', 'no session');
    }
  }
}
