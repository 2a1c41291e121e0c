import { TokenBucket } from '../../publish/rate.ts';
import { Arrivals, type ArrivalsMeans } from '../../session/arrivals.ts';
import type { OutboundBudget } from '../../session/outbound-budget.ts';
import type { Connection, ConnectionHandler } from '../../transports/transport.ts';
import { type LinkMeans, MqttLink } from './link.ts';
import { PacketsOut } from './packets-out.ts';
import { REASON } from './reasons.ts';

export interface FrontMeans extends ArrivalsMeans, Omit<LinkMeans, 'connected' | 'closed' | keyof ArrivalsMeans> {
  readonly budget: OutboundBudget;
}

const TICK_MS = 500;

/** Where connections over MQTT arrive: bounds their number, sends away who says nothing, and sees everybody off at the end. */
export class MqttFront {
  readonly #means: FrontMeans;
  /** Those before CONNECT are silent. */
  readonly #arrivals: Arrivals<MqttLink>;
  readonly #linkMeans: LinkMeans;
  #leasesExtendedMs = 0;
  #stopTicking: (() => void) | undefined;

  constructor(means: FrontMeans) {
    this.#means = means;
    this.#arrivals = new Arrivals(means);
    this.#linkMeans = {
      ...means,
      connected: (link) => this.#arrivals.known(link),
      closed: (link) => this.#arrivals.closed(link),
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
    return this.#arrivals.admit(connection, () => this.#open(connection));
  }

  #open(connection: Connection): MqttLink {
    const { config, counters, time } = this.#means;
    const out: PacketsOut = new PacketsOut(connection, {
      time,
      counters,
      softBytes: config.outboundSoftBytes,
      hardBytes: config.outboundHardBytes,
      budget: this.#means.budget,
      tooSlow: () => link.leave('slowConsumer', REASON.quotaExceeded, 'the connection is too slow'),
    });
    const limit = { perSecond: config.publishPerSecondMax, burst: config.publishBurst };
    const rate = new TokenBucket(limit, time.monotonicMs());
    const link: MqttLink = new MqttLink({ connection, out, rate }, this.#linkMeans);
    return link;
  }

  /** Nothing is on its way to any client. */
  get isFlushed(): boolean {
    return this.#arrivals.isFlushed;
  }

  get connections(): number {
    return this.#arrivals.size;
  }

  /** Sends what is gathered, and closes every connection [MQTT-3.14.4-1]. */
  closeAll(): void {
    for (const link of [...this.#arrivals]) {
      link.leave('goingAway', REASON.serverShuttingDown, 'the broker is shutting down');
    }
  }

  #tick(): void {
    const { time, config, publishPackets } = this.#means;
    const nowMs = time.monotonicMs();
    publishPackets.forget();
    // [MQTT-3.1.4-1]: who opens a connection and does not say CONNECT soon has no use for it.
    this.#arrivals.sendAway((link) => link.leave('helloTimeout', REASON.protocolError, 'no CONNECT'));
    for (const link of [...this.#arrivals]) {
      link.out.nudge();
      link.checkAlive(nowMs);
    }
    if (nowMs - this.#leasesExtendedMs < config.deliveryLeaseMsMax / 3) return;
    this.#leasesExtendedMs = nowMs;
    for (const link of this.#arrivals) link.extendLeases();
  }
}
