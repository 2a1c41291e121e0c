import type { Config } from '../../config/index.ts';
import type { Time } from '../../kernel/time.ts';
import type { Counters } from '../../observe/counters.ts';
import { CLOSE } from '../../protocol/index.ts';
import { TokenBucket } from '../../publish/rate.ts';
import type { OutboundBudget } from '../../session/outbound-budget.ts';
import type { Connection, ConnectionHandler } from '../../transports/transport.ts';
import { type LinkMeans, MqttLink } from './link.ts';
import { PacketsOut } from './packets-out.ts';
import { REASON } from './reasons.ts';

export interface FrontMeans extends Omit<LinkMeans, 'connected' | 'closed'> {
  readonly config: Config;
  readonly time: Time;
  readonly counters: Counters;
  readonly budget: OutboundBudget;
}

const TICK_MS = 500;
const NOBODY: ConnectionHandler = { onText() {}, onBinary() {}, onWritable() {}, onClose() {} };

/** Where connections over MQTT arrive: bounds their number, sends away who says nothing, and sees everybody off at the end. */
export class MqttFront {
  readonly #means: FrontMeans;
  readonly #links = new Set<MqttLink>();
  /** Those before CONNECT, and since when; in that order. */
  readonly #silent = new Map<MqttLink, number>();
  readonly #linkMeans: LinkMeans;
  #leasesExtendedMs = 0;
  #stopTicking: (() => void) | undefined;

  constructor(means: FrontMeans) {
    this.#means = means;
    this.#linkMeans = {
      ...means,
      connected: (link) => void this.#silent.delete(link),
      closed: (link) => {
        this.#silent.delete(link);
        if (this.#links.delete(link)) means.counters.connectionsOpen -= 1;
      },
    };
  }

  start(): void {
    this.#stopTicking ??= this.#means.time.every(TICK_MS, () => this.#tick());
  }

  stop(): void {
    this.#stopTicking?.();
    this.#stopTicking = undefined;
  }

  accept(connection: Connection): ConnectionHandler {
    const { config, counters, time } = this.#means;
    if (counters.connectionsOpen >= config.connectionsMax) {
      counters.connectionsClosed.full += 1;
      connection.close(CLOSE.full, 'connections_full');
      return NOBODY;
    }
    counters.connectionsOpened += 1;
    counters.connectionsOpen += 1;
    const out: PacketsOut = new PacketsOut(connection, {
      time,
      counters,
      softBytes: config.outboundSoftBytes,
      hardBytes: config.outboundHardBytes,
      budget: this.#means.budget,
      tooSlow: () => link.leave('slowConsumer', REASON.quotaExceeded, 'the connection is too slow'),
    });
    const sinceMs = time.monotonicMs();
    const rate = new TokenBucket({ perSecond: config.publishPerSecondMax, burst: config.publishBurst }, sinceMs);
    const link: MqttLink = new MqttLink({ connection, out, rate }, this.#linkMeans);
    this.#links.add(link);
    this.#silent.set(link, sinceMs);
    return link;
  }

  /** Nothing is on its way to any client. */
  get isFlushed(): boolean {
    for (const { out } of this.#links) if (!out.isFlushed) return false;
    return true;
  }

  get connections(): number {
    return this.#links.size;
  }

  /** Sends what is gathered, and closes every connection [MQTT-3.14.4-1]. */
  closeAll(): void {
    for (const link of [...this.#links]) {
      link.leave('goingAway', REASON.serverShuttingDown, 'the broker is shutting down');
    }
  }

  #tick(): void {
    const { time, config, publishPackets } = this.#means;
    const nowMs = time.monotonicMs();
    publishPackets.forget();
    this.#closeSilent(nowMs - config.helloTimeoutMs);
    for (const link of [...this.#links]) {
      link.out.nudge();
      link.checkAlive(nowMs);
    }
    if (nowMs - this.#leasesExtendedMs < config.deliveryLeaseMsMax / 3) return;
    this.#leasesExtendedMs = nowMs;
    for (const link of this.#links) link.extendLeases();
  }

  /** [MQTT-3.1.4-1]: who opens a connection and does not say CONNECT soon has no use for it. */
  #closeSilent(beforeMs: number): void {
    for (const [link, sinceMs] of this.#silent) {
      if (sinceMs > beforeMs) return;
      this.#silent.delete(link);
      link.leave('helloTimeout', REASON.protocolError, 'no CONNECT');
    }
  }
}
