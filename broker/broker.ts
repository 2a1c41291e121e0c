import { Matcher } from '../matcher/index.ts';
import { type Config, completeConfig } from './config/index.ts';
import { leaseTerms, spaceTerms } from './config/lease-terms.ts';
import { HeldEvents } from './delivery/held-events.ts';
import { Wakeups } from './delivery/wakeups.ts';
import { createAdmission } from './doors/admission.ts';
import { HttpDoor } from './doors/http/door.ts';
import { createPost, type Post } from './doors/http/webhooks/post.ts';
import { asLastValue } from './doors/mqtt/event-properties.ts';
import { MqttFront } from './doors/mqtt/front.ts';
import { MQTT_PROTOCOL } from './doors/mqtt/packets.ts';
import { PublishPackets } from './doors/mqtt/publish-packets.ts';
import { MqttSessions } from './doors/mqtt/sessions.ts';
import { Subscribing } from './doors/mqtt/subscribing.ts';
import { Origins } from './doors/origins.ts';
import { type Chance, realChance } from './kernel/chance.ts';
import { Chores } from './kernel/chores.ts';
import { Slices } from './kernel/slices.ts';
import { realTime, type Time } from './kernel/time.ts';
import { Turns } from './kernel/turns.ts';
import { until } from './kernel/until.ts';
import { LeaseTable } from './leases/index.ts';
import { EventLog } from './log/event-log.ts';
import { bodyOfLetter, DEAD_LETTERS } from './mailboxes/dead-letters.ts';
import { MailboxAnswers } from './mailboxes/mailbox-answers.ts';
import { Mailboxes } from './mailboxes/mailboxes.ts';
import { StoredEvents } from './mailboxes/stored-events.ts';
import { Counters } from './observe/counters.ts';
import { DurationHistogram } from './observe/histogram.ts';
import type { Host } from './observe/host.ts';
import { type Log, silentLog } from './observe/log.ts';
import { createMetrics } from './observe/metrics.ts';
import { createPages } from './observe/pages.ts';
import {
  type Body,
  type BodyToWrite,
  ByteReader,
  ByteWriter,
  NO_OPTIONS,
  ProtocolError,
  readBody,
  SUBPROTOCOL,
  writeBody,
} from './protocol/index.ts';
import { Delayed } from './publish/delayed.ts';
import type { PublishedEvent } from './publish/event.ts';
import { KnownIds } from './publish/known-ids.ts';
import { Publish, type Publisher, type ReceiptTaker } from './publish/publish.ts';
import { TokenBucket } from './publish/rate.ts';
import { RecentEvents } from './publish/recent.ts';
import { Retained } from './publish/retained.ts';
import { Requests } from './requests/requests.ts';
import type { ControlMeans } from './session/control-requests.ts';
import { Front } from './session/front.ts';
import { OutboundBudget } from './session/outbound-budget.ts';
import { type Refusal, refusalOf } from './session/refusal.ts';
import { Sessions } from './session/sessions.ts';
import { WaitingFrameBytes } from './session/waiting-frames.ts';
import { Spaces } from './spaces/spaces.ts';
import { Watched } from './spaces/watched.ts';
import { openStorage, type Storage } from './storage.ts';
import type { OwnProcess } from './store/lock-file.ts';
import { Reservation } from './store/reservation.ts';
import type { Store, StoreError } from './store/store.ts';
import { AskedEvents } from './subscribe/asked-events.ts';
import { Costs } from './subscribe/costs.ts';
import { DryRun } from './subscribe/dry-run.ts';
import { Explain } from './subscribe/explain.ts';
import { FilterCache } from './subscribe/filter-cache.ts';
import { Registrations } from './subscribe/registrations.ts';
import { Subscriptions } from './subscribe/subscriptions.ts';
import { createNetworkTransport } from './transports/network.ts';
import { TcpTransport } from './transports/tcp.ts';
import type { Address, Door, Transport } from './transports/transport.ts';
import { VERSION } from './version.ts';

export interface BrokerOptions {
  /** What differs from the defaults. */
  readonly config?: Partial<Config>;
  readonly log?: Log;
  readonly time?: Time;
  readonly chance?: Chance;
  /** The process it runs in, for its metrics. */
  readonly host?: Host;
  /** Absent: WebSocket on `config.host` and `config.port`, and MQTT over TCP on `config.mqttPort`. */
  readonly transport?: Transport;
  /** Absent: in `config.dataDir`, or in memory if `config.memory`. The broker closes it. */
  readonly store?: Store;
  /** How events are sent to URLs. Absent: over the network. */
  readonly post?: Post;
  /** Who claims the data directory; needed where there is one. */
  readonly process?: OwnProcess;
  /**
   * The store failed, and nothing is acknowledged any more; or, without a fault, the disk is as good as full. The process
   * should end, by `stop` in the second case. Called once.
   */
  readonly failed?: (fault: StoreError | undefined) => void;
}

export interface Broker {
  readonly address: Address;
  /** Where MQTT is spoken over plain TCP. Absent: nowhere. */
  readonly mqttAddress: Address | undefined;
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

/** A mailbox that is busy is ended so much later. */
const END_AGAIN_MS = 1_000;

/** Who publishes what a client left to be published, and who is told of it. */
const NO_PUBLISHER: Publisher = { rate: new TokenBucket({ perSecond: 0, burst: 1 }, 0) };
const NOBODY: ReceiptTaker = { receipts() {} };

/** Of one connection. */
const QUESTIONS_WAITING_MAX = 100;

/** Where the clock has to give the first token, it gives four for each microsecond since then. They last until 2093. */
const TOKENS_SINCE_MS = Date.UTC(2024, 0, 1);
const TOKENS_A_MS = 4_096;

/** Seqs and tokens are reserved so many at a time: more than are used while one commit is under way. */
const RESERVED = 2 ** 24;

/**
 * Builds a broker out of its parts, and starts it. The one place that knows all of them; arrows that would point
 * backwards (a lease that ends a session's subscription) are closed here, by handing in a function.
 *
 * Rejects with ConfigError for an option that is unknown or out of its bounds, with StoreError when the data directory
 * cannot be used, with TransportError when the address cannot be had.
 */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const { log = silentLog, time = realTime } = options;
  const config = completeConfig(options.config ?? {});
  let failing = false;
  const storage = await openStorage({
    config,
    time,
    log,
    store: options.store,
    process: options.process,
    failed(fault) {
      if (!failing) options.failed?.(fault);
      failing = true;
    },
  });
  try {
    return await compose(options, config, storage);
  } catch (error) {
    await storage.close();
    throw error;
  }
}

async function compose(options: BrokerOptions, config: Config, storage: Storage): Promise<Broker> {
  const { log = silentLog, time = realTime, chance = realChance, host } = options;
  let draining = false;
  const { journal } = storage;
  const wallMs = (): number => time.wallMs();
  /** One that is used and not reserved could be used again after a crash. */
  const mustBeReserved = (isReserved: boolean): void => {
    if (storage.isDurable && !isReserved) throw new Error(`over ${RESERVED / 2} numbers were used within one commit`);
  };
  const seqs = new Reservation(journal, 'seq', RESERVED);
  const tokens = new Reservation(journal, 'token', RESERVED);
  const tuples = new Reservation(journal, 'tuple', RESERVED);
  const eventLog = new EventLog(journal, { cacheBytesMax: config.storeCacheBytesMax, wallMs });

  const counters = new Counters();
  const matchSeconds = new DurationHistogram();
  const matcher = new Matcher({ residualMax: config.residualFiltersMax });
  const held = new HeldEvents(config.heldBytesMax);
  const wakeups = new Wakeups(time);
  const recent = new RecentEvents({ events: config.recentEventsMax, bytes: config.recentBytesMax });
  const limits = {
    charactersMax: config.predicateCharactersMax,
    depthMax: config.predicateDepthMax,
    atomsMax: config.predicateAtomsMax,
    literalsMax: config.predicateLiteralsMax,
  };
  const filters = new FilterCache(limits);
  const leases = new LeaseTable({
    time,
    chance,
    // Without a disk the clock has to do, so finely read that it passes faster than tokens are used.
    firstToken: storage.isDurable
      ? tokens.first
      : Math.max(tokens.first, Math.floor((wallMs() - TOKENS_SINCE_MS) * TOKENS_A_MS)),
    reserve: (token) => mustBeReserved(tokens.use(token)),
    terms: leaseTerms(config),
    leasesMax: config.leasesMax,
    leasesPerPrincipalMax: config.leasesPerSessionMax,
  });

  const jsonLimits = { depthMax: config.jsonDepthMax, keysMax: config.jsonKeysMax };
  const { dedupWindowMs: windowMs, dedupIdsMax: idsMax } = config;
  const known = new KnownIds({ journal, wallMs, windowMs, idsMax });
  const retained = new Retained({
    journal,
    wallMs,
    jsonLimits,
    topicsMax: config.retainedTopicsMax,
    bytesMax: config.retainedBytesMax,
  });
  const delayed: Delayed = new Delayed({
    journal,
    time,
    eventsMax: config.delayedEventsMax,
    delayMsMax: config.delayMsMax,
    publish: (publication) => publish.release(publication),
  });
  const isBusy = (): boolean =>
    eventLog.pendingBytes + delayed.pendingBytes + spaces.pendingBytes >= config.storeQueueBytesMax;
  const mayStore = (): boolean => storage.diskState() === 'open' && !isBusy();
  const admit = (): void => {
    if (storage.diskState() !== 'open') throw new ProtocolError('store_full', 'too little room is left on the disk');
    if (isBusy()) throw new ProtocolError('store_busy', 'too much waits to be written to the disk');
  };

  const publish: Publish = new Publish({
    config,
    time,
    matcher,
    recent,
    journal,
    log: eventLog,
    known,
    retained,
    delayed,
    counters,
    matchSeconds,
    firstSeq: seqs.first,
    reserve: (seq) => mustBeReserved(seqs.use(seq)),
    mustAsk: (events, bytes) => mailboxes.mayRefuse(events, bytes) || !mayStore(),
    admit,
    ask: (event, matches) => registrations.admit(event, matches),
    deliver: (event, matches) => registrations.deliver(event, matches),
    deliverRun: (run, from, count, matches) => registrations.deliverRun(run, from, count, matches),
  });
  const requests = new Requests({ config, time, filters });
  const lastSeq = () => publish.lastSeq;
  const registrations = new Registrations({ matcher, filters, registrationsMax: config.subscriptionsMax, lastSeq });
  const subscriptions: Subscriptions = new Subscriptions({
    config,
    registrations,
    leases,
    held,
    wakeups,
    counters,
    wallMs,
    lastSeq,
    expired: (subscription) => sessions.lapsed(subscription),
  });
  const storedEvents = new StoredEvents(eventLog, jsonLimits);
  const mailboxes: Mailboxes = new Mailboxes({
    config,
    time,
    journal,
    log: eventLog,
    events: storedEvents,
    registrations,
    leases,
    wakeups,
    counters,
    lastSeq,
    admit,
    mayStore,
    deadLetter(letter) {
      mailboxes.expectDeadLetters();
      publish.derive(`${DEAD_LETTERS}/${letter.mailbox}`, bodyOfLetter(letter));
    },
    ended(subscription, mailbox) {
      sessions.mailboxEnded(subscription);
      mqttSessions.mailboxEnded(subscription.owner, mailbox);
    },
  });
  // After those whose pages refer to its blocks.
  journal.addWriter((batch) => eventLog.write(batch));
  const chores = new Chores(time, (then) => journal.afterFlush(then));
  const watched = new Watched({
    version: () => matcher.version,
    isWanted: (topic) => matcher.reads(topic) || matcher.dryRun({ topic }).count > 0,
  });
  let lastTuple = tuples.first - 1;
  const spaces: Spaces = new Spaces({
    terms: spaceTerms(config),
    time,
    journal,
    leases,
    wakeups,
    chores,
    limits,
    residualMax: config.residualFiltersMax,
    admit,
    nextNumber() {
      lastTuple += 1;
      mustBeReserved(tuples.use(lastTuple));
      return lastTuple;
    },
    told(tuple) {
      const topic = watched.topicOf(tuple);
      if (topic === undefined) return;
      publish.derive(topic, encodedBody({ data: tuple.text, attributes: { tuple: tuple.number } }));
    },
  });
  const sessions = new Sessions({ chance, counters, leases, sessionsMax: config.sessionsMax });
  const events = new AskedEvents({ recent, jsonLimits, time, lastSeq });

  const refusal = (error: unknown, request: 'publish' | 'other'): Refusal => {
    const refused = refusalOf(error, log);
    counters[request === 'publish' ? 'eventsRefused' : 'framesRefused'][refused.code] += 1;
    return refused;
  };
  const subscribing = new Subscribing({
    config,
    subscriptions,
    mailboxes,
    offerRetained(subscription, live) {
      if (retained.topics === 0) return;
      const { mailbox } = subscription;
      const { filters, recipient } = live.registration;
      const first = mailbox === undefined && live.terms.order !== undefined;
      if (first) live.delivery.retainedFirst?.(true);
      const isThere = (): boolean => subscription.live === live;
      const offer = (event: PublishedEvent): void => {
        if (!isThere()) return;
        // A mailbox takes events in their order: this one comes once more, for it alone.
        if (mailbox === undefined) recipient.offer(event);
        else {
          const ttlMs = event.expiresMs === 0 ? undefined : Math.max(1, event.expiresMs - wallMs());
          publish.hand(event.topic, encodedBody(asLastValue(event)), recipient, ttlMs);
        }
      };
      chores.run(
        retained.offer({ filter: registrations.compile(filters.present), sinceSeq: publish.lastSeq, isThere }, offer),
        () => {
          if (first && isThere()) live.delivery.retainedFirst?.(false);
        },
      );
    },
    endLater: (mailbox) => void wakeups.after(END_AGAIN_MS, { wake: () => subscribing.endMailbox(mailbox) }),
  });
  const mqttSessions: MqttSessions = new MqttSessions({
    journal,
    wakeups,
    counters,
    leases,
    subscribing,
    wallMs,
    sessionsMax: config.sessionsMax,
    afterFlush: (then) => journal.afterFlush(then),
    later: (then) => time.afterReads(then),
    tooLarge: () => {
      counters.mqttTooLarge += 1;
    },
    publishWill({ topic, body, retain, ttlMs }) {
      try {
        publish.publish(NO_PUBLISHER, { topic, body, options: { ...NO_OPTIONS, retain, ttlMs } }, NOBODY, 0);
      } catch (error) {
        // Its client is gone; the refusal is counted.
        refusal(error, 'publish');
      }
    },
  });

  // Nothing that is reserved may be used before that is flushed, nor a lease be granted again.
  await journal.settled();
  known.restore();
  retained.restore();
  delayed.restore();
  mailboxes.restore();
  spaces.restore();
  mqttSessions.restore();

  const mailboxAnswers = new MailboxAnswers({ mailboxes, events: storedEvents, leases, time });
  const budget = new OutboundBudget(config.outboundBytesMax);
  const questions = {
    explain: new Explain({ filters, registrations, events }),
    dryRun: new DryRun({ matcher, registrations, events }),
    costs: new Costs({ matcher, filters }),
    mailboxes: mailboxAnswers,
  };
  const turns = new Turns(time, QUESTIONS_WAITING_MAX);
  const waitingFrames = new WaitingFrameBytes(config.waitingFrameBytesMax);
  const control: ControlMeans = {
    subscriptions,
    mailboxes,
    mailboxAnswers,
    redrive: (wish, done) =>
      chores.run(
        mailboxes.redrive(wish, (topic, body, to) => publish.hand(topic, body, to)),
        done,
      ),
    offerRetained(subscription, isThere) {
      const { filters, sinceSeq, recipient } = subscription.registration;
      const offer = (event: PublishedEvent): void => {
        if (isThere()) recipient.offer(event);
      };
      if (retained.topics === 0) return;
      const { delivery, terms } = subscription;
      const first = terms.order !== undefined || terms.ordered === true;
      if (first) delivery.retainedFirst?.(true);
      chores.run(retained.offer({ filter: registrations.compile(filters.present), sinceSeq, isThere }, offer), () => {
        if (first && isThere()) delivery.retainedFirst?.(false);
      });
    },
    afterFlush: (then) => journal.afterFlush(then),
    subscriptionsPerSessionMax: config.subscriptionsPerSessionMax,
    draining: () => draining,
  };
  const front = new Front({
    config,
    time,
    counters,
    version: VERSION,
    sessions,
    idsReachMs: () => known.reachMs,
    questions,
    spaces: { spaces, turns, findsWaitingMax: config.creditEventsMax, draining: () => draining },
    turns,
    waiting: { slices: new Slices(time), bytes: waitingFrames },
    log,
    budget,
    control,
    records: {
      publish,
      requests,
      leases,
      topicAliasesMax: config.topicAliasesMax,
      fetchesWaitingMax: config.creditEventsMax,
      releaseMsMax: config.deliveryLeaseMsTotalMax,
      draining: () => draining,
      afterFlush: (then) => journal.afterFlush(then),
      refusal,
    },
  });
  const mqttFront = new MqttFront({
    config,
    time,
    chance,
    log,
    counters,
    budget,
    publish,
    publishPackets: new PublishPackets(wallMs),
    sessions: mqttSessions,
    subscribing,
    afterFlush: (then) => journal.afterFlush(then),
    refusal,
    draining: () => draining,
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
    commitSeconds: storage.commitSeconds,
    durable: () => ({
      ...storage.space(),
      commits: storage.commits,
      diskState: storage.diskState(),
      corrupt: storage.corrupt(),
      pendingBytes: eventLog.pendingBytes + delayed.pendingBytes + spaces.pendingBytes,
      mailboxes: mailboxes.totals(),
      knownIds: known.count,
      forgottenIds: known.forgotten,
      retainedTopics: retained.topics,
      retainedBytes: retained.bytes,
      delayed: delayed.count,
    }),
    unsentBytes: () => budget.bytes,
    spaces: () => ({ counters: spaces.counters, totals: spaces.totals(), templates: spaces.waiters.groups }),
    waitingFrameBytes: () => waitingFrames.sum,
    requests: () => requests.reading(),
    requestSeconds: requests.counts.seconds,
  });
  let listening = false;
  let transport: Transport | undefined;
  const page = createPages({
    metrics,
    version: VERSION,
    node: host?.node,
    transport: () => transport?.name,
    ready: () => listening && !draining,
  });
  const onFault = (error: unknown): void => log.error('a fault in a handler', { error });
  const origins = new Origins(config.originsAllowed);
  const post =
    options.post ??
    createPost({ time, privateAllowed: config.webhookPrivateAllowed, timeoutMs: config.webhookTimeoutMs });
  const http = new HttpDoor({
    config,
    version: VERSION,
    time,
    log,
    counters,
    budget,
    turns,
    origins,
    publish,
    recent,
    filters,
    sessions,
    journal,
    post,
    leases,
    releaseMsMax: config.deliveryLeaseMsTotalMax,
    control,
    questions,
    page,
  });
  http.restore();
  const admission = createAdmission({
    doors: [
      { protocol: SUBPROTOCOL, paths: ['/', '/tellwhen'] },
      { protocol: MQTT_PROTOCOL, paths: ['/mqtt'] },
    ],
    origins,
  });
  transport =
    options.transport ??
    (await createNetworkTransport(config.transport, {
      host: config.host,
      port: config.port,
      frameBytesMax: Math.max(config.dataFrameBytesMax, config.controlFrameBytesMax),
      bodyBytesMax: config.dataFrameBytesMax,
      backpressureBytesMax: 2 * config.outboundHardBytes,
      idleTimeoutMs: config.idleTimeoutMs,
      time,
      onFault,
    }));

  const door: Door = {
    admit: admission,
    accept: (connection) => (connection.protocol === MQTT_PROTOCOL ? mqttFront : front).accept(connection),
    request: (request, reply) => http.request(request, reply),
  };
  const address = await transport.listen(door);
  const tcp = options.transport === undefined && config.mqttPort > 0 ? tcpTransport(config, time, log) : undefined;
  const mqttAddress = await tcp?.listen(door).catch(async (error: unknown) => {
    await transport.close();
    throw error;
  });
  listening = true;
  leases.start();
  wakeups.start();
  mailboxes.start();
  delayed.start();
  requests.start();
  spaces.start();
  front.start();
  http.start();
  mqttFront.start();
  const stopTuning = time.every(TUNE_MS, () => {
    matcher.retune(TUNED_FILTERS);
    spaces.waiters.retune(TUNED_FILTERS);
  });
  if (transport.name === 'node' && config.transport === 'auto') {
    log.warn('uWebSockets.js has no binary for this Node: the slower server of Node takes its place', {
      node: host?.node,
    });
  }
  log.info('listening', {
    host: address.host,
    port: address.port,
    ...(mqttAddress !== undefined && { mqttPort: mqttAddress.port }),
    version: VERSION,
  });

  const stop = async (): Promise<void> => {
    draining = true;
    log.info('draining', { connections: front.connections + mqttFront.connections, drainMs: config.drainMs });
    transport.stopAccepting();
    tcp?.stopAccepting();
    front.announceClosing(config.drainMs);
    http.stop();
    await until(
      time,
      config.drainMs,
      () =>
        front.connections + mqttFront.connections === 0 ||
        (front.isFlushed && mqttFront.isFlushed && leases.counts().live.delivery === 0 && requests.open === 0),
    );
    delayed.stop();
    mailboxes.stop();
    spaces.stop();
    await journal.settled();
    front.closeAll();
    mqttFront.closeAll();
    // What their sessions say of themselves now.
    await journal.settled();
    stopTuning();
    requests.stop();
    front.stop();
    mqttFront.stop();
    wakeups.stop();
    leases.stop();
    await Promise.all([transport.close(), tcp?.close()]);
    await storage.close();
    log.info('stopped', { published: counters.published });
  };
  let stopped: Promise<void> | undefined;
  return {
    address,
    mqttAddress,
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

function tcpTransport({ host, mqttPort: port, outboundHardBytes }: Config, time: Time, log: Log): Transport {
  return new TcpTransport({
    host,
    port,
    protocol: MQTT_PROTOCOL,
    backpressureBytesMax: 2 * outboundHardBytes,
    time,
    onFault: (error) => log.error('a fault in a handler', { error }),
  });
}

function encodedBody(body: BodyToWrite): Body {
  const to = new ByteWriter();
  writeBody(to, body);
  return readBody(new ByteReader(to.written()));
}
