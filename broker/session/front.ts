import type { Config } from '../config/index.ts';
import type { Time } from '../kernel/time.ts';
import type { Counters } from '../observe/counters.ts';
import { CLOSE } from '../protocol/index.ts';
import { TokenBucket } from '../publish/rate.ts';
import type { Connection, ConnectionHandler } from '../transports/transport.ts';
import { Flushes } from './flushes.ts';
import { Link, type LinkMeans } from './link.ts';
import { Outbound } from './outbound.ts';
import type { OutboundBudget } from './outbound-budget.ts';

export interface FrontMeans extends Omit<LinkMeans, 'greeted' | 'parted' | 'closed'> {
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
  readonly #flushes: Flushes;
  readonly #links = new Set<Link>();
  /** Those without a session, before hello or after goodbye, and since when; in that order. */
  readonly #silent = new Map<Link, number>();
  readonly #linkMeans: LinkMeans;
  #stopTicking: (() => void) | undefined;

  constructor(means: FrontMeans) {
    this.#means = means;
    this.#flushes = new Flushes(means.time);
    this.#linkMeans = {
      ...means,
      greeted: (link) => void this.#silent.delete(link),
      parted: (link) => void this.#silent.set(link, means.time.monotonicMs()),
      closed: (link) => {
        this.#silent.delete(link);
        if (this.#links.delete(link)) means.counters.connectionsOpen -= 1;
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
    const outbound: Outbound = new Outbound(connection, {
      time,
      counters,
      softBytes: config.outboundSoftBytes,
      hardBytes: config.outboundHardBytes,
      budget: this.#means.budget,
      flushes: this.#flushes,
      topicAliasesMax: config.topicAliasesMax,
      tooSlow: () => link.leave('slowConsumer', 'slow_consumer'),
    });
    const sinceMs = time.monotonicMs();
    const rate = new TokenBucket({ perSecond: config.publishPerSecondMax, burst: config.publishBurst }, sinceMs);
    const link: Link = new Link({ connection, outbound, rate }, this.#linkMeans);
    this.#links.add(link);
    this.#silent.set(link, sinceMs);
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
