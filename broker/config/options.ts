import { DEFAULT_PORT } from '../protocol/index.ts';

/** A whole number within bounds. Its unit is the end of its name, before `Max`, `Min` or `Default`. */
interface IntegerOption {
  readonly type: 'integer';
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly meaning: string;
}

interface WordOption<W extends string> {
  readonly type: 'word';
  readonly default: W;
  readonly words: readonly W[];
  readonly meaning: string;
}

interface TextOption {
  readonly type: 'text';
  readonly default: string;
  readonly charactersMin: number;
  readonly charactersMax: number;
  readonly meaning: string;
}

/** Off where nothing is said. */
interface FlagOption {
  readonly type: 'flag';
  readonly default: boolean;
  readonly meaning: string;
}

export type Option = IntegerOption | WordOption<string> | TextOption | FlagOption;

type Range = readonly [min: number, max: number];

const integer = (byDefault: number, [min, max]: Range, meaning: string): IntegerOption => ({
  type: 'integer',
  default: byDefault,
  min,
  max,
  meaning,
});

const oneOf = <const W extends string>(words: readonly W[], byDefault: NoInfer<W>, meaning: string): WordOption<W> => ({
  type: 'word',
  default: byDefault,
  words,
  meaning,
});

const flag = (meaning: string): FlagOption => ({ type: 'flag', default: false, meaning });

const text = (byDefault: string, charactersMax: number, meaning: string): TextOption => ({
  type: 'text',
  default: byDefault,
  // One that is empty by default means nothing when it is.
  charactersMin: byDefault === '' ? 0 : 1,
  charactersMax,
  meaning,
});

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const COUNT: Range = [1, 1_000_000_000];
const MEMORY: Range = [KIB, 1024 * GIB];
/** Longer times do not fit the 32 bits that a duration has on the wire. */
const LEASE: Range = [1, 0xffff_ffff];

const AGE: Range = [1, 365 * DAY];

/** What the table of running leases can grow to. */
const LEASES = 2_000_000;

const leasesOf = (whose: string): string =>
  `Leases of ${whose}, those included whose event waits to be delivered again.`;

/**
 * Every option there is, in the order in which `config print` shows them. The name in another place follows from the
 * name here: `leasesMax` is `--leases-max` on the command line and `TELLWHEN_LEASES_MAX` in the environment.
 */
export const OPTIONS = {
  host: text('127.0.0.1', 255, 'Address to listen on. 0.0.0.0 or :: for every interface.'),
  port: integer(DEFAULT_PORT, [0, 65_535], 'TCP port to listen on. 0: any free one.'),
  originsAllowed: text(
    '',
    4_096,
    'Origins of web pages that may use the broker, as https://console.example, with commas; * for all. Its own pages always may.',
  ),
  mqttPort: integer(1_883, [0, 65_535], 'TCP port for MQTT. 0: none; MQTT over WebSocket stays, at /mqtt.'),
  transport: oneOf(
    ['auto', 'uws', 'node'],
    'auto',
    'What serves WebSockets and HTTP: uWebSockets.js, or the slower server of Node; auto: the first that there is.',
  ),
  logLevel: oneOf(['debug', 'info', 'warn', 'error', 'silent'], 'info', 'The least that is logged.'),
  logFormat: oneOf(['text', 'json'], 'text', 'Log lines for people, or one JSON object a line.'),

  memory: flag('Keep everything in memory: nothing survives the process, no receipt says durable.'),
  dataDir: text('./tellwhen-data', 4_096, 'Directory of the store. Made if need be; one broker at a time.'),
  diskFreeBytesMin: integer(512 * MIB, [0, 1024 * GIB], 'With less left on the disk, what mailboxes want is refused.'),
  diskFreePercentMin: integer(10, [0, 90], 'The same, in percent of the disk; the larger of the two counts.'),
  ballastBytes: integer(
    64 * MIB,
    [0, 64 * GIB],
    'A file that is given up when the disk is almost full, to end in order.',
  ),
  commitTimeoutMs: integer(5 * SECOND, [100, 10 * MINUTE], 'A disk that has not flushed after so long has failed.'),
  storeLogBytes: integer(
    8 * MIB,
    [64 * KIB, GIB],
    'Each of the two files of the write-ahead log; at most 1/128 of the disk.',
  ),
  storeQueueBytesMax: integer(64 * MIB, MEMORY, 'Bytes of events that may wait to be flushed.'),
  storeCacheBytesMax: integer(32 * MIB, MEMORY, 'Bytes of stored events that are kept in memory, to be handed over.'),

  controlFrameBytesMax: integer(64 * KIB, [KIB, 16 * MIB], 'Longest text frame a client may send.'),
  dataFrameBytesMax: integer(MIB, [KIB, 64 * MIB], 'Longest binary frame, in both directions.'),
  waitingFrameBytesMax: integer(
    64 * MIB,
    MEMORY,
    'Bytes of frames that may wait behind many requests made at once, of all connections; of one, as many as are left for others.',
  ),
  eventBytesMax: integer(256 * KIB, [1, 32 * MIB], 'Largest event: its data, attributes and the rest of its body.'),
  jsonDepthMax: integer(32, [1, 512], 'JSON data nested deeper counts as unreadable.'),
  jsonKeysMax: integer(2_000, COUNT, 'JSON data with more keys counts as unreadable.'),
  topicAliasesMax: integer(4_096, [1, 1_000_000], 'Topic aliases of one connection, in each direction.'),
  publishPerSecondMax: integer(0, [0, 1_000_000_000], 'Events a second one connection may publish. 0: no limit.'),
  publishBurst: integer(1_000, COUNT, 'Events one connection may publish at once, where a rate is set.'),

  predicateCharactersMax: integer(8_192, [1, 16_384], 'Longest predicate, in UTF-16 code units.'),
  predicateDepthMax: integer(64, [1, 256], 'Deepest nesting of a predicate.'),
  predicateAtomsMax: integer(256, [1, 65_536], 'Comparisons in one predicate.'),
  predicateLiteralsMax: integer(1_024, [1, 65_536], 'Literals in one predicate, those of IN lists included.'),

  creditEventsDefault: integer(1_024, COUNT, 'Events a subscription may be sent ahead, where it does not say.'),
  creditEventsMax: integer(65_536, COUNT, 'The most a subscription may say.'),
  creditBytesDefault: integer(MIB, MEMORY, 'Bytes a subscription may be sent ahead, where it does not say.'),
  creditBytesMax: integer(16 * MIB, MEMORY, 'The most a subscription may say.'),
  queueEventsDefault: integer(1_000, COUNT, 'Events that may wait for one subscription, where it does not say.'),
  queueEventsMax: integer(100_000, COUNT, 'The most a subscription may say.'),
  queueBytesDefault: integer(16 * MIB, MEMORY, 'Bytes that may wait for one subscription, where it does not say.'),
  queueBytesMax: integer(64 * MIB, MEMORY, 'The most a subscription may say.'),
  outboundSoftBytes: integer(256 * KIB, MEMORY, 'Unsent bytes of one connection above which nothing more is sent.'),
  outboundHardBytes: integer(MIB, MEMORY, 'Unsent bytes of one connection above which it is closed as too slow.'),
  outboundBytesMax: integer(
    256 * MIB,
    MEMORY,
    'Unsent bytes of all connections together above which the slowest to read are closed.',
  ),
  heldBytesMax: integer(256 * MIB, MEMORY, 'Bytes of events held in memory by the whole broker.'),

  connectionsMax: integer(10_000, COUNT, 'Open connections.'),
  sessionsMax: integer(20_000, COUNT, 'Sessions, connected or waiting to be resumed.'),
  subscriptionsPerSessionMax: integer(10_000, [1, 100_000], 'Subscriptions of one session.'),
  subscriptionsMax: integer(2_000_000, [1, 0x7fff_ffff], 'Subscriptions of the whole broker.'),
  residualFiltersMax: integer(
    1_000,
    [0, 0x7fff_ffff],
    'Distinct filters tested on every event, for want of a key and a topic level; and for want of a key, under each topic filter.',
  ),
  leasesPerSessionMax: integer(10_000, [1, LEASES], leasesOf('one session')),
  leasesMax: integer(1_000_000, [1, LEASES], leasesOf('the whole broker')),

  deliveryLeaseMsDefault: integer(30 * SECOND, LEASE, 'How long a delivery may stay unacknowledged, if not said.'),
  deliveryLeaseMsMin: integer(SECOND, LEASE, 'The least a subscription or fetch may say.'),
  deliveryLeaseMsMax: integer(10 * MINUTE, LEASE, 'The most a subscription, fetch or extension may say.'),
  deliveryLeaseMsTotalMax: integer(12 * HOUR, LEASE, 'How far extensions may prolong one delivery.'),
  retentionMsDefault: integer(5 * MINUTE, LEASE, 'How long a notified event stays fetchable, if not said.'),
  retentionMsMin: integer(SECOND, LEASE, 'The least a subscription may say.'),
  retentionMsMax: integer(7 * DAY, LEASE, 'The most a subscription may say.'),
  retentionMsTotalMax: integer(30 * DAY, LEASE, 'How far extensions may prolong one retention.'),
  subscriptionLeaseMsDefault: integer(24 * HOUR, LEASE, 'How long a lasting subscription outlives its connection.'),
  subscriptionLeaseMsMin: integer(10 * SECOND, LEASE, 'The least a client may ask for.'),
  subscriptionLeaseMsMax: integer(30 * DAY, LEASE, 'The most a client may ask for.'),
  attemptsMaxDefault: integer(5, [1, 100], 'Deliveries of one event before it is given up, if not said.'),

  serversMax: integer(10_000, COUNT, 'Who serve requests, in the whole broker.'),
  serverConcurrencyDefault: integer(
    128,
    [1, 4_096],
    'Requests that one server is handed at a time, if it does not say.',
  ),
  requestsPerConnectionMax: integer(128, COUNT, 'Requests of one connection that may be unanswered.'),
  requestsMax: integer(100_000, COUNT, 'Requests of the whole broker that may be unanswered.'),
  requestsWaitingMax: integer(1_000, COUNT, 'Requests that may wait for one server that has as many as it takes.'),
  requestBytesMax: integer(
    64 * MIB,
    MEMORY,
    'Bytes of requests that wait or may be handed to another server, and of replies to who does not read; an eighth of one.',
  ),
  requestTimeoutMsMax: integer(HOUR, LEASE, 'How long a request may take at most.'),
  answerWindowMs: integer(
    2 * MINUTE,
    [0, DAY],
    'For so long a request with the same source and id gets the answer that the first one got.',
  ),
  answersMax: integer(100_000, COUNT, 'Answers that are kept for that; the oldest go first.'),
  answerBytesMax: integer(64 * MIB, MEMORY, 'Bytes of them.'),

  mailboxesMax: integer(
    1_000,
    COUNT,
    'Mailboxes of the whole broker. An event that all of them want is written to each.',
  ),
  mailboxConsumersMax: integer(1_000, COUNT, 'Subscriptions that take from one mailbox.'),
  mailboxEventsDefault: integer(100_000, COUNT, 'Events that one mailbox may hold, where it does not say.'),
  mailboxEventsMax: integer(100_000_000, COUNT, 'The most a mailbox may say.'),
  mailboxBytesDefault: integer(256 * MIB, MEMORY, 'Bytes that one mailbox may hold, where it does not say.'),
  mailboxBytesMax: integer(256 * GIB, MEMORY, 'The most a mailbox may say.'),
  mailboxAgeMsDefault: integer(7 * DAY, AGE, 'How long an event may stay in a mailbox, where it does not say.'),
  mailboxAgeMsMax: integer(365 * DAY, AGE, 'The most a mailbox may say.'),
  mailboxLoadedMax: integer(
    10_000,
    COUNT,
    'Events of one mailbox that consumers have, that rest, or that wait in memory to be handed over.',
  ),
  dedupWindowMs: integer(2 * MINUTE, [0, DAY], 'For so long an event with the same source and id is recognised.'),
  dedupIdsMax: integer(100_000, COUNT, 'Ids that are remembered for that; the oldest go first.'),
  retainedTopicsMax: integer(100_000, [0, 10_000_000], 'Topics whose last value is kept.'),
  retainedBytesMax: integer(64 * MIB, MEMORY, 'Bytes of all last values.'),
  delayedEventsMax: integer(100_000, [0, 10_000_000], 'Events that may wait for their time.'),
  delayMsMax: integer(30 * DAY, AGE, 'How long an event may wait for its time.'),
  unmatchedTopic: text(
    '',
    256,
    'Events that nobody wants are published again below this topic, if that makes no topic too long. Empty: they are not.',
  ),

  spacesMax: integer(1_000, COUNT, 'Spaces of the whole broker.'),
  spacesBytesMax: integer(GIB, MEMORY, 'Memory for the tuples of all spaces, as it is estimated.'),
  spaceTuplesMax: integer(100_000, COUNT, 'Tuples of one space.'),
  spaceBytesMax: integer(256 * MIB, MEMORY, 'Bytes of tuples of one space.'),
  spaceWaitersPerConnectionMax: integer(64, COUNT, 'Finds of one connection that may wait for tuples.'),
  spaceWaitersMax: integer(10_000, COUNT, 'Finds of the whole broker that may wait for tuples.'),
  tupleLeaseMsDefault: integer(HOUR, LEASE, 'How long a tuple stays in its space, if not said.'),
  tupleLeaseMsMin: integer(SECOND, LEASE, 'The least an out may say.'),
  tupleLeaseMsMax: integer(30 * DAY, LEASE, 'The most an out may say.'),
  takeLeaseMsDefault: integer(30 * SECOND, LEASE, 'How long a take or a transaction may stay open, if not said.'),
  takeLeaseMsMin: integer(SECOND, LEASE, 'The least a take or a transaction may say.'),
  takeLeaseMsMax: integer(10 * MINUTE, LEASE, 'The most a take, a transaction or an extension may say.'),
  takeLeaseMsTotalMax: integer(HOUR, LEASE, 'How far extensions may prolong one take or transaction.'),

  recentEventsMax: integer(1_024, [0, 10_000_000], 'Published events that explain remembers.'),
  recentBytesMax: integer(16 * MIB, [0, GIB], 'Bytes of published events that explain remembers.'),

  helloTimeoutMs: integer(10 * SECOND, [100, 10 * MINUTE], 'A connection that says nothing for so long is closed.'),
  idleTimeoutMs: integer(MINUTE, [8 * SECOND, 960 * SECOND], 'A peer that answers no ping for so long is gone.'),
  heartbeatMs: integer(
    15 * SECOND,
    [SECOND, 10 * MINUTE],
    'How often a silent event stream over HTTP gives a sign of life.',
  ),
  pollWaitMsMax: integer(MINUTE, [0, 10 * MINUTE], 'How long a request over HTTP may wait for events.'),
  httpWaitingMax: integer(10_000, COUNT, 'Event streams and waiting requests over HTTP, all together.'),
  webhookTimeoutMs: integer(
    10 * SECOND,
    [100, 10 * MINUTE],
    'How long a URL that events are sent to may take to answer.',
  ),
  webhookOrigin: text('tellwhen', 253, 'The name, as DNS has them, by which URLs are asked whether they take events.'),
  webhookAskedPerMinute: integer(60_000, [1, 100_000_000], 'How many requests a minute a URL is asked to take.'),
  webhookUnaskedPerMinuteMax: integer(
    60,
    [0, 100_000_000],
    'How many a minute are sent to a URL that has not said that it takes events. 0: none.',
  ),
  webhookPrivateAllowed: flag('Events may be sent to URLs of this machine and of private networks.'),
  drainMs: integer(10 * SECOND, [0, 10 * MINUTE], 'How long a stopping broker lets its clients finish.'),
} as const satisfies { readonly [name: string]: Option };

export type OptionName = keyof typeof OPTIONS;

type ValueOf<O extends Option> =
  O extends WordOption<infer W> ? W : O extends IntegerOption ? number : O extends FlagOption ? boolean : string;

export type OptionValue = string | number | boolean;

/** Every option with its value; what the broker is built from. */
export type Config = { readonly [N in OptionName]: ValueOf<(typeof OPTIONS)[N]> };

export const OPTION_NAMES = Object.keys(OPTIONS) as readonly OptionName[];

/** Every option, as it is where nothing is said. */
export const defaultConfig: Config = Object.fromEntries(
  OPTION_NAMES.map((name) => [name, OPTIONS[name].default]),
) as unknown as Config;
