import { Matcher } from '../matcher/index.ts';
import { type Config, completeConfig } from './config/index.ts';
import { HeldEvents } from './delivery/held-events.ts';
import { Wakeups } from './delivery/wakeups.ts';
import { type Chance, realChance } from './kernel/chance.ts';
import { realTime, type Time } from './kernel/time.ts';
import { Turns } from './kernel/turns.ts';
import { LeaseTable, type LeaseTermsByKind } from './leases/index.ts';
import { Counters } from './observe/counters.ts';
import { DurationHistogram } from './observe/histogram.ts';
import type { Host } from './observe/host.ts';
import { type Log, silentLog } from './observe/log.ts';
import { createMetrics } from './observe/metrics.ts';
import { createPages } from './observe/pages.ts';
import { Publish } from './publish/publish.ts';
import { RecentEvents } from './publish/recent.ts';
import { Front } from './session/front.ts';
import { OutboundBudget } from './session/outbound-budget.ts';
import { refusalOf } from './session/refusal.ts';
import { Sessions } from './session/sessions.ts';
import { AskedEvents } from './subscribe/asked-events.ts';
import { Costs } from './subscribe/costs.ts';
import { DryRun } from './subscribe/dry-run.ts';
import { Explain } from './subscribe/explain.ts';
import { FilterCache } from './subscribe/filter-cache.ts';
import { Subscriptions } from './subscribe/subscriptions.ts';
import type { Address, Transport } from './transports/transport.ts';
import { createUwsTransport } from './transports/uws.ts';
import { VERSION } from './version.ts';

export interface BrokerOptions {
  /** What differs from the defaults. */
  readonly config?: Partial<Config>;
  readonly log?: Log;
  readonly time?: Time;
  readonly chance?: Chance;
  /** The process it runs in, for its metrics. */
  readonly host?: Host;
  /** Absent: WebSocket on `config.host` and `config.port`. */
  readonly transport?: Transport;
}

export interface Broker {
  readonly address: Address;
  /**
   * Ends it in order: accepts nobody new, refuses new publishes and subscriptions, lets clients acknowledge what they
   * have for at most `config.drainMs`, sends what is on its way, closes. Idempotent. Never rejects.
   */
  stop(): Promise<void>;
}

/**
 * So many filters are looked at so often, to be moved where the traffic of late finds them more cheaply: half a
 * millisecond at a time, and a hundred thousand filters in five minutes.
 */
const TUNE_MS = 100;
const TUNED_FILTERS = 32;

/** Of one connection. */
const QUESTIONS_WAITING_MAX = 100;

/**
 * The first token is the moment of the boot in units so fine that a broker cannot use them up as fast as they pass: above
 * every token of an earlier start, without a disk. They last until 2093.
 */
const TOKENS_SINCE_MS = Date.UTC(2024, 0, 1);
const TOKENS_A_MS = 4_096;

/**
 * Builds a broker out of its parts, and starts it. The one place that knows all of them; arrows that would point
 * backwards (a lease that ends a session's subscription) are closed here, by handing in a function.
 *
 * Rejects with ConfigError for an option that is unknown or out of its bounds, with TransportError when the address
 * cannot be had.
 */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const { log = silentLog, time = realTime, chance = realChance, host } = options;
  const config = completeConfig(options.config ?? {});
  let draining = false;

  const counters = new Counters();
  const matchSeconds = new DurationHistogram();
  const matcher = new Matcher({ residualMax: config.residualFiltersMax });
  const held = new HeldEvents(config.heldBytesMax);
  const wakeups = new Wakeups(time);
  const recent = new RecentEvents({ events: config.recentEventsMax, bytes: config.recentBytesMax });
  const filters = new FilterCache({
    charactersMax: config.predicateCharactersMax,
    depthMax: config.predicateDepthMax,
    atomsMax: config.predicateAtomsMax,
    literalsMax: config.predicateLiteralsMax,
  });
  const leases = new LeaseTable({
    time,
    chance,
    firstToken: Math.max(1, Math.floor((time.wallMs() - TOKENS_SINCE_MS) * TOKENS_A_MS)),
    terms: leaseTerms(config),
    leasesMax: config.leasesMax,
    leasesPerPrincipalMax: config.leasesPerSessionMax,
  });

  const publish: Publish = new Publish({
    config,
    time,
    matcher,
    recent,
    counters,
    matchSeconds,
    deliver: (event, matches) => subscriptions.deliver(event, matches),
  });
  const lastSeq = () => publish.lastSeq;
  const subscriptions: Subscriptions = new Subscriptions({
    config,
    matcher,
    filters,
    leases,
    held,
    wakeups,
    counters,
    lastSeq,
    expired: (subscription) => sessions.lapsed(subscription),
  });
  const sessions = new Sessions({ chance, counters, leases, subscriptions, sessionsMax: config.sessionsMax });
  const jsonLimits = { depthMax: config.jsonDepthMax, keysMax: config.jsonKeysMax };
  const events = new AskedEvents({ recent, jsonLimits, time, lastSeq });

  const budget = new OutboundBudget(config.outboundBytesMax);
  const front = new Front({
    config,
    time,
    counters,
    version: VERSION,
    sessions,
    questions: {
      explain: new Explain({ filters, subscriptions, events }),
      dryRun: new DryRun({ matcher, subscriptions, events }),
      costs: new Costs({ matcher, filters }),
    },
    turns: new Turns(time, QUESTIONS_WAITING_MAX),
    log,
    budget,
    control: {
      subscriptions,
      subscriptionsPerSessionMax: config.subscriptionsPerSessionMax,
      draining: () => draining,
    },
    records: {
      publish,
      subscriptions,
      leases,
      topicAliasesMax: config.topicAliasesMax,
      fetchesWaitingMax: config.creditEventsMax,
      releaseMsMax: config.deliveryLeaseMsTotalMax,
      draining: () => draining,
      refusal: (error, request) => {
        const refusal = refusalOf(error, log);
        counters[request === 'publish' ? 'eventsRefused' : 'framesRefused'][refusal.code] += 1;
        return refusal;
      },
    },
  });

  const metrics = createMetrics({
    counters,
    leases,
    matcher,
    held,
    matchSeconds,
    version: VERSION,
    host,
    oldestHeldMs: () => (held.oldestArrivedMs === undefined ? 0 : time.monotonicMs() - held.oldestArrivedMs),
    resting: () => wakeups.length,
    unsentBytes: () => budget.bytes,
  });
  let listening = false;
  const page = createPages({ metrics, version: VERSION, node: host?.node, ready: () => listening && !draining });
  const transport =
    options.transport ??
    (await createUwsTransport({
      host: config.host,
      port: config.port,
      frameBytesMax: Math.max(config.dataFrameBytesMax, config.controlFrameBytesMax),
      backpressureBytesMax: 2 * config.outboundHardBytes,
      idleTimeoutMs: config.idleTimeoutMs,
      time,
      onFault: (error) => log.error('a fault in a handler', { error }),
    }));

  const address = await transport.listen({ accept: (connection) => front.accept(connection), page });
  listening = true;
  leases.start();
  wakeups.start();
  front.start();
  const stopTuning = time.every(TUNE_MS, () => void matcher.retune(TUNED_FILTERS));
  log.info('listening', { host: address.host, port: address.port, version: VERSION });

  const stop = async (): Promise<void> => {
    draining = true;
    log.info('draining', { connections: front.connections, drainMs: config.drainMs });
    transport.stopAccepting();
    front.announceClosing(config.drainMs);
    await until(
      time,
      config.drainMs,
      () => front.connections === 0 || (front.isFlushed && leases.counts().live.delivery === 0),
    );
    front.closeAll();
    stopTuning();
    front.stop();
    wakeups.stop();
    leases.stop();
    await transport.close();
    log.info('stopped', { published: counters.published });
  };
  let stopped: Promise<void> | undefined;
  return {
    address,
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** Resolves when `done` is true, looking now and then, or when `ms` are over. */
function until(time: Time, ms: number, done: () => boolean): Promise<void> {
  const endMs = time.monotonicMs() + ms;
  return new Promise((resolve) => {
    const look = (): boolean => {
      if (!done() && time.monotonicMs() < endMs) return false;
      resolve();
      return true;
    };
    if (look()) return;
    const stop = time.every(20, () => {
      if (look()) stop();
    });
  });
}

function leaseTerms(config: Config): LeaseTermsByKind {
  return {
    delivery: {
      defaultMs: config.deliveryLeaseMsDefault,
      minMs: config.deliveryLeaseMsMin,
      maxMs: config.deliveryLeaseMsMax,
      maxTotalMs: config.deliveryLeaseMsTotalMax,
    },
    retention: {
      defaultMs: config.retentionMsDefault,
      minMs: config.retentionMsMin,
      maxMs: config.retentionMsMax,
      maxTotalMs: config.retentionMsTotalMax,
    },
    subscription: {
      defaultMs: config.subscriptionLeaseMsDefault,
      minMs: config.subscriptionLeaseMsMin,
      maxMs: config.subscriptionLeaseMsMax,
      maxTotalMs: Number.POSITIVE_INFINITY,
    },
  };
}
