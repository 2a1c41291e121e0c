import { setTimeout as delay } from 'node:timers/promises';
import type { PubSubPeer } from '../peers/pubsub-peer.ts';
import { ClientChild } from './client-child.ts';
import type { EventsSpec } from './events.ts';
import type { Figures } from './figures.ts';
import type { Latency } from './latency-record.ts';
import { loopbackBytes } from './loopback.ts';
import { machineCpuSeconds } from './machine-use.ts';
import type { Mark, Order, PublishOrder, SubscribeOrder, SubscriberReport } from './messages.ts';
import type { RunningServer } from './running-server.ts';
import { shareClock } from './shared-clock.ts';

/** Events from one publisher through a broker to subscribers, each side in a process of its own. */
export interface Flow extends Pick<SubscribeOrder, 'way' | 'shape' | 'connections' | 'perConnection'> {
  readonly events: EventsSpec;
  readonly rate: PublishOrder['rate'];
  readonly exact?: PublishOrder['exact'];
  readonly window: PublishOrder['window'];
  /** Besides, two processes with a subscriber each: one is frozen, the other at work a tenth of the time. */
  readonly hindered?: boolean;
}

export interface FlowMeans {
  readonly peer: PubSubPeer;
  readonly server: RunningServer;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly progress: (step: string) => void;
  readonly signal: AbortSignal;
}

/** The flow as it is while something else goes on. */
export interface FlowAtWork {
  /** See `shareClock`. */
  readonly clock: string;
  /** Marks the beginning of what is measured. */
  begin(): Promise<void>;
  /** Marks its end. */
  end(): Promise<void>;
  /** Stops the publisher, waits for what is under way, and tells what was measured. */
  finish(): Promise<FlowResult>;
}

export interface FlowResult {
  readonly figures: Figures;
  /** Numbers of the events are 0 to before `end`; the first was due at `startUs`. */
  readonly end: number;
  readonly startUs: number;
}

const SAMPLE_MS = 200;
const FLOWING_MS = 30_000;
const POLL_MS = 5;
const SLOW_STOP_MS = 90;
const SLOW_WORK_MS = 10;

/** Warm-up, steady state, end: all that most scenarios are. */
export function measureFlow(flow: Flow, means: FlowMeans): Promise<Figures> {
  return withFlow(flow, means, async (atWork) => {
    means.progress('warming up');
    await delay(means.warmUpSeconds * 1e3, undefined, { signal: means.signal });
    await atWork.begin();
    await delay(means.seconds * 1e3, undefined, { signal: means.signal });
    await atWork.end();
    return (await atWork.finish()).figures;
  });
}

/** Gives `use` a flow that has begun; all its processes are gone afterwards. */
export async function withFlow<T>(flow: Flow, means: FlowMeans, use: (atWork: FlowAtWork) => Promise<T>): Promise<T> {
  const conducted = new ConductedFlow(flow, means);
  try {
    await conducted.open();
    return await use(conducted);
  } finally {
    await conducted.close();
  }
}

interface Look {
  readonly publisher: Mark;
  readonly subscriber: Mark;
  readonly brokerCpuSeconds: number;
  readonly brokerAtMs: number;
  readonly wireBytes: number;
  readonly machineCpuSeconds: number;
  /** Of this process. */
  readonly ownCpuUs: number;
}

class ConductedFlow implements FlowAtWork {
  readonly clock = shareClock();
  readonly #flow: Flow;
  readonly #means: FlowMeans;
  readonly #children: ClientChild[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #looks: Look[] = [];
  #brokerBytes = 0;

  constructor(flow: Flow, means: FlowMeans) {
    this.#flow = flow;
    this.#means = means;
  }

  async open(): Promise<void> {
    const {
      way,
      shape,
      connections,
      perConnection,
      events,
      rate,
      exact = false,
      window,
      hindered = false,
    } = this.#flow;
    const { peer, server, progress } = this.#means;
    const at = { peer: peer.key, address: server.address, events, clock: this.clock };
    progress('connecting');
    const latency = rate > 0;
    const subscribe = { kind: 'subscribe', way, shape, perConnection, latency, ...at } as const;
    const subscriber = this.#start({ ...subscribe, connections }, () => {
      publisher?.tell({ kind: 'seen', before: subscriber.seenBefore });
    });
    let publisher: ClientChild | undefined;
    await subscriber.next('ready');
    if (hindered) await this.#startHindered({ ...subscribe, connections: 1 });
    publisher = this.#start({ kind: 'publish', rate, exact, window, ...at });
    await publisher.next('ready');
    await this.#untilFlowing();
    this.#timers.push(setInterval(() => void this.#sample(), SAMPLE_MS));
  }

  async begin(): Promise<void> {
    this.#looks.push(await this.#look());
  }

  async end(): Promise<void> {
    this.#looks.push(await this.#look());
  }

  async finish(): Promise<FlowResult> {
    const { progress } = this.#means;
    const [subscriber, publisher] = [this.#subscriber, this.#publisher];
    progress('waiting for what is under way');
    publisher.tell({ kind: 'stop' });
    const { end, startUs } = await publisher.next('published');
    subscriber.tell({ kind: 'finish', first: 0, end });
    const { report } = await subscriber.next('finished');
    return { end, startUs, figures: this.#figures(report) };
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#children.map((child) => child.kill()));
  }

  get #subscriber(): ClientChild {
    return this.#children[0] as ClientChild;
  }

  get #publisher(): ClientChild {
    return this.#children.at(-1) as ClientChild;
  }

  #start(order: Order, onSeen?: () => void): ClientChild {
    const child = new ClientChild(order, { signal: this.#means.signal, ...(onSeen && { onSeen }) });
    this.#children.push(child);
    return child;
  }

  async #startHindered(order: SubscribeOrder): Promise<void> {
    const frozen = this.#start(order);
    const slow = this.#start(order);
    await Promise.all([frozen.next('ready'), slow.next('ready')]);
    frozen.freeze();
    const stopAndGo = (): void => {
      slow.freeze();
      this.#timers.push(setTimeout(() => slow.thaw(), SLOW_STOP_MS));
    };
    this.#timers.push(setInterval(stopAndGo, SLOW_STOP_MS + SLOW_WORK_MS));
  }

  /** A process that has to wait for a core may take long to begin; the warm-up is not to be spent on that. */
  async #untilFlowing(): Promise<void> {
    const endMs = performance.now() + FLOWING_MS;
    while (this.#subscriber.seenBefore === 0) {
      if (performance.now() > endMs) throw new Error(`nothing was handed over for ${FLOWING_MS / 1e3} s`);
      await delay(POLL_MS, undefined, { signal: this.#means.signal });
    }
  }

  async #sample(): Promise<void> {
    const { ownBytes } = await this.#means.server.usage();
    this.#brokerBytes = Math.max(this.#brokerBytes, ownBytes);
    this.#means.progress(`${this.#subscriber.seenBefore.toLocaleString('en-US')} events`);
  }

  async #look(): Promise<Look> {
    const [publisher, subscriber, usage] = await Promise.all([
      this.#publisher.mark(),
      this.#subscriber.mark(),
      this.#means.server.usage(),
    ]);
    const brokerAtMs = performance.now();
    const { user, system } = process.cpuUsage();
    return {
      publisher,
      subscriber,
      brokerCpuSeconds: usage.cpuSeconds,
      brokerAtMs,
      wireBytes: loopbackBytes(),
      machineCpuSeconds: machineCpuSeconds(),
      ownCpuUs: user + system,
    };
  }

  #figures(report: SubscriberReport): Figures {
    const [before, after] = this.#looks;
    if (before === undefined || after === undefined) throw new Error('a flow was not looked at twice');
    const delivered = after.subscriber.count - before.subscriber.count;
    const brokerSeconds = after.brokerCpuSeconds - before.brokerCpuSeconds;
    const brokerBytes = this.#brokerBytes;
    return {
      publishedPerSecond: rateOf(before.publisher, after.publisher),
      deliveredPerSecond: rateOf(before.subscriber, after.subscriber),
      checked: report.got,
      lost: report.lost,
      lossReasons: report.lossReasons,
      wrong: report.wrong,
      publisherCpu: cpuOf(before.publisher, after.publisher),
      subscriberCpu: cpuOf(before.subscriber, after.subscriber),
      brokerCpu: (brokerSeconds * 1e5) / (after.brokerAtMs - before.brokerAtMs),
      ...(delivered > 0 && { brokerUs: (brokerSeconds * 1e6) / delivered, ...wireOf(before, after, delivered) }),
      ...othersOf(before, after),
      brokerBytes,
      ...latencyOf(report.latency),
    };
  }
}

function rateOf(before: Mark, after: Mark): number {
  return ((after.count - before.count) * 1e6) / (after.atUs - before.atUs);
}

function cpuOf(before: Mark, after: Mark): number {
  return (100 * (after.cpuUs - before.cpuUs)) / (after.atUs - before.atUs);
}

/** What neither the broker nor we have used. The counts of the system are coarse: a few percent may be nobody's. */
function othersOf(before: Look, after: Look): { readonly othersCpu?: number } {
  const cpuUs = (look: Look): number =>
    look.ownCpuUs + look.publisher.cpuUs + look.subscriber.cpuUs + look.brokerCpuSeconds * 1e6;
  const others = (after.machineCpuSeconds - before.machineCpuSeconds) * 1e6 - (cpuUs(after) - cpuUs(before));
  const percent = others / ((after.brokerAtMs - before.brokerAtMs) * 10);
  return Number.isNaN(percent) ? {} : { othersCpu: Math.max(0, percent) };
}

function wireOf(before: Look, after: Look, delivered: number): { readonly wireBytes?: number } {
  const bytes = after.wireBytes - before.wireBytes;
  return Number.isNaN(bytes) ? {} : { wireBytes: bytes / delivered };
}

function latencyOf(latency: Latency | undefined): { readonly latency?: Latency } {
  return latency === undefined ? {} : { latency };
}
