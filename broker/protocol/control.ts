import type { Explanation } from '../../matcher/index.ts';
import { type Code, isCode, ProtocolError } from './codes.ts';
import { ORDERS } from './order.ts';
import { requestAnswers, requestRequests } from './request-controls.ts';
import {
  type Check,
  type Checked,
  either,
  finite,
  flag,
  integer,
  json,
  list,
  nullable,
  object,
  oneOf,
  optional,
  scalars,
  shown,
  text,
} from './shape.ts';
import { spaceAnswers, spaceRequests } from './space-controls.ts';

/**
 * Control frames: JSON objects whose `kind` names them, one in a WebSocket text message, or a list of them. Requests carry a `ref` (1 and
 * up, chosen by the client, unique while unanswered; records of data frames draw from the same numbers); the answer, or
 * the refusal, repeats it.
 */

const ref = integer(1);
const subscription = integer(0, 0x7fff_ffff);
const ms = integer(1, 0xffff_ffff);
const lease = object({ id: integer(0), token: integer(0), remainingMs: integer(0) });

export const MODES = ['push', 'pull'] as const;
export const ACKS = ['none', 'explicit'] as const;
export const OVERFLOWS = ['drop-oldest', 'drop-newest', 'disconnect', 'reject', 'dead-letter'] as const;
/** The broker sends events as credit allows, or notifications only. */
export type Mode = (typeof MODES)[number];
export type Ack = (typeof ACKS)[number];
/** What becomes of events that a full queue has no room for. The last two are for mailboxes, which cannot `disconnect` or drop the newest. */
export type Overflow = (typeof OVERFLOWS)[number];
/** What becomes of a mailbox's entries when its lease ends. */
export const AT_ENDS = ['drop', 'dead-letter'] as const;
export type AtEnd = (typeof AT_ENDS)[number];
/** Whether a new subscription is first given the last values of the topics it matches. */
export const RETAINEDS = ['send', 'skip'] as const;
export type Retained = (typeof RETAINEDS)[number];
/** Where in a mailbox an entry is. */
export const ENTRY_STATES = ['stored', 'ready', 'notified', 'leased', 'resting'] as const;
/** What a filter costs the broker: found by an index, partly so, or tested on every event its topic allows. */
export const COSTS = ['indexed', 'partly', 'residual'] as const;

/** The most that one page of an answer lists. */
export const PAGE_MAX = 100;

/** An event that was published, or one that is only imagined. */
const anyEvent = either(
  object({ seq: integer(1) }),
  object({
    topic: text(512),
    data: optional(json),
    contentType: optional(text(256)),
    attributes: optional(scalars),
    id: optional(text(256)),
    source: optional(text(256)),
    time: optional(integer(0)),
  }),
  (value) => 'seq' in value,
);

/** Where to begin among the events that are stored. */
const place = either(
  object({ seq: integer(0) }),
  either(object({ time: integer(0) }), oneOf(['beginning', 'now']), (value) => 'time' in value),
  (value) => 'seq' in value,
);
/** The first event that is wanted: the next one, the oldest there is, one with this position or this time, or the next after it. */
export type From = Checked<typeof place>;

const mailbox = text(128);

/** One that a newer broker knows and this client does not is still an end or a refusal. */
const code: Check<Code> = (value, where) => {
  const given = text(64)(value, where);
  return isCode(given) ? given : 'internal';
};

/** What became of an event for a subscription that it matched, or why the question does not arise. */
export const FATES = [
  'delivered',
  'acknowledged',
  'leased',
  'waiting',
  'notified',
  'dropped',
  'before_subscription',
  'not_matched',
  'not_remembered',
] as const;
export type Fate = (typeof FATES)[number];

const clientControls = {
  /** First frame of a connection. `session` resumes one: its subscriptions are still there. */
  hello: object({
    kind: oneOf(['hello']),
    ref,
    /** A name for people: logs, lists. */
    client: text(128),
    session: optional(object({ id: text(64), key: text(64) })),
    /** The same on every connection of one publisher, and nobody else's. Absent: the session is the publisher. */
    publisher: optional(text(128)),
  }),
  subscribe: object({
    kind: oneOf(['subscribe']),
    ref,
    /** May be left out for a mailbox that exists. */
    topic: optional(text(512)),
    when: optional(text(65_536)),
    /** Takes events from this mailbox, which is made if need be. Else the subscription is its session's own. */
    mailbox: optional(mailbox),
    /** Mailbox only, when it is made: which stored events it begins with. */
    from: optional(place),
    /** Mailbox only: older entries are dropped. */
    ageMs: optional(integer(1)),
    /** Mailbox only: so long an entry can be replayed after it was settled. */
    keepMs: optional(integer(0)),
    /** Mailbox only. */
    atEnd: optional(oneOf(AT_ENDS)),
    /** Not for a mailbox. */
    retained: optional(oneOf(RETAINEDS)),
    mode: optional(oneOf(MODES)),
    /** Push only; pull is always explicit. */
    ack: optional(oneOf(ACKS)),
    /** Initial credit; a credit record adds to it. */
    creditEvents: optional(integer(0)),
    creditBytes: optional(integer(0)),
    /** What may wait for credit, acknowledgement or fetching. */
    queueEvents: optional(integer(1)),
    queueBytes: optional(integer(1)),
    overflow: optional(oneOf(OVERFLOWS)),
    deliveryLeaseMs: optional(ms),
    retentionMs: optional(ms),
    attemptsMax: optional(integer(1, 100)),
    /** Absent: `fifo`, and nothing is told of what the order is made of. */
    order: optional(oneOf(ORDERS)),
    /** With acknowledgement only: what follows waits until what came before it, as far as the order goes, is settled. */
    ordered: optional(flag),
    /** Absent: ends with the connection. Else it outlives the connection by so long; a mailbox its last consumer. */
    leaseMs: optional(ms),
  }),
  /** Puts another predicate (`null`: none) on a living subscription. */
  replace: object({
    kind: oneOf(['replace']),
    ref,
    subscription,
    when: nullable(text(65_536)),
  }),
  unsubscribe: object({ kind: oneOf(['unsubscribe']), ref, subscription }),
  /** Sets a new time on the subscription's lease. */
  renew: object({ kind: oneOf(['renew']), ref, subscription, leaseMs: ms }),
  /** Why does, did or would this event match this filter, or not? */
  explain: object({
    kind: oneOf(['explain']),
    ref,
    event: anyEvent,
    filter: either(
      object({ subscription }),
      object({ topic: text(512), when: optional(text(65_536)) }),
      (value) => 'subscription' in value,
    ),
  }),
  /** Which subscriptions does, or would, this event match, and why? A dry run: nothing is delivered or counted. */
  match: object({
    kind: oneOf(['match']),
    ref,
    event: anyEvent,
    limit: optional(integer(1, PAGE_MAX)),
    /** As the page before said: `next`. */
    cursor: optional(integer(0)),
  }),
  /** What does this filter cost, or would it? */
  price: object({ kind: oneOf(['price']), ref, topic: text(512), when: optional(text(65_536)) }),
  /** Which filters cost most? */
  rank: object({
    kind: oneOf(['rank']),
    ref,
    limit: optional(integer(1, PAGE_MAX)),
    cursor: optional(integer(0)),
  }),
  /** Which mailboxes are there? */
  mailboxes: object({
    kind: oneOf(['mailboxes']),
    ref,
    limit: optional(integer(1, PAGE_MAX)),
    cursor: optional(integer(0)),
  }),
  /** How does this mailbox do? */
  inspect: object({ kind: oneOf(['inspect']), ref, mailbox }),
  /** What is in it? Takes nothing. */
  peek: object({
    kind: oneOf(['peek']),
    ref,
    mailbox,
    limit: optional(integer(1, PAGE_MAX)),
    /** A seq: entries after it. */
    cursor: optional(integer(0)),
  }),
  /** Hands nothing over until it is told to go on. */
  pause: object({ kind: oneOf(['pause']), ref, mailbox, paused: flag }),
  /** Drops every entry that nobody has. */
  purge: object({ kind: oneOf(['purge']), ref, mailbox }),
  /** Ends the mailbox, with its entries and its consumers. */
  remove: object({ kind: oneOf(['remove']), ref, mailbox }),
  /** Hands over again what was settled and is still kept. */
  replay: object({ kind: oneOf(['replay']), ref, mailbox, from: place }),
  /** Puts dead letters back where they came from. */
  redrive: object({
    kind: oneOf(['redrive']),
    ref,
    /** Those of this mailbox only. */
    mailbox: optional(mailbox),
    limit: optional(integer(1)),
  }),
  ...requestRequests,
  ...spaceRequests,
  /** Is anybody there? For a client that has heard nothing for long. */
  ping: object({ kind: oneOf(['ping']), ref }),
  /** Ends the session and everything it owns, at once. */
  goodbye: object({ kind: oneOf(['goodbye']), ref }),
} as const;

const filterCost = {
  cost: oneOf(COSTS),
  /** That have this filter, or an equal one. */
  subscriptions: integer(0),
  /** What it is found by, each with the share of events expected to have it; the dearest first, and not more. */
  keys: list(object({ key: text(10_000), share: finite }), 100),
  keysInAll: integer(0),
  offersPerEvent: finite,
  testsPerOffer: finite,
  /** The figure to compare filters by: tests that an event is expected to pay for this one. */
  testsPerEvent: finite,
};

const mailboxStatus = {
  mailbox,
  topic: text(512),
  when: optional(text(65_536)),
  cost: oneOf(COSTS),
  consumers: integer(0),
  paused: flag,
  /** Events in it, those included that consumers have. */
  entries: integer(0),
  bytes: integer(0),
  /** With consumers, or notified to them. */
  leased: integer(0),
  /** Between two attempts. */
  resting: integer(0),
  /** Since the oldest entry was stored. */
  oldestMs: integer(0),
  /** Since the mailbox was made. */
  entered: integer(0),
  settled: integer(0),
  /** Since the broker started. */
  redelivered: integer(0),
  deadLettered: integer(0),
  dropped: integer(0),
  limits: object({ events: integer(1), bytes: integer(1), ageMs: integer(1), keepMs: integer(0) }),
  overflow: oneOf(OVERFLOWS),
  atEnd: oneOf(AT_ENDS),
  attemptsMax: integer(1),
  /** Left, while it has no consumer; else what it will have. */
  leaseMs: integer(0),
};

const fate = object({ kind: oneOf(FATES), text: text(1000) });

const brokerControls = {
  welcome: object({
    kind: oneOf(['welcome']),
    ref,
    version: text(64),
    /** `resumed`: it is the session asked for. `key` is a secret. */
    session: object({ id: text(64), key: text(64), resumed: flag }),
    /** What the resumed session still has. */
    subscriptions: list(subscription, 100_000),
    limits: object({
      controlFrameBytes: integer(1),
      dataFrameBytes: integer(1),
      eventBytes: integer(1),
      topicAliases: integer(1),
      creditEvents: integer(1),
      creditBytes: integer(1),
      /** Every id that was published within so many milliseconds before this frame is known again. Absent: none is. */
      dedupMs: optional(integer(1)),
      /** Requests of one connection that may be unanswered. */
      requests: integer(1),
      /** The same, of requests that were answered: said again, they get the answer they got. */
      answersMs: optional(integer(1)),
    }),
  }),
  /** `seq`: the first event that can match is the next after it. */
  subscribed: object({
    kind: oneOf(['subscribed']),
    ref,
    subscription,
    seq: integer(0),
    cost: oneOf(COSTS),
    /** The credit it starts with, defaults filled in. */
    creditEvents: integer(0),
    creditBytes: integer(0),
    leaseMs: optional(integer(0)),
    /** Where deliveries are acknowledged: how long one is leased, the default filled in. */
    deliveryLeaseMs: optional(integer(0)),
    /** Where events are taken from a mailbox. `created`: by this request. */
    mailbox: optional(
      object({
        name: mailbox,
        created: flag,
        entries: integer(0),
        /** Its filter, for who did not say one. */
        topic: text(512),
        when: optional(text(65_536)),
      }),
    ),
  }),
  replaced: object({ kind: oneOf(['replaced']), ref, subscription, seq: integer(0), cost: oneOf(COSTS) }),
  unsubscribed: object({ kind: oneOf(['unsubscribed']), ref, subscription, seq: integer(0) }),
  renewed: object({ kind: oneOf(['renewed']), ref, lease }),
  explained: object({
    kind: oneOf(['explained']),
    ref,
    /** Clause by clause; see the matcher. */
    explanation: json as Check<Explanation>,
    /** The same, to be read. */
    text: text(1_000_000),
    /** Only for an event that was published and a living subscription. */
    fate: optional(fate),
  }),
  matched: object({
    kind: oneOf(['matched']),
    ref,
    /** Subscriptions that match now. */
    total: integer(0),
    /** Those of this page, by rising number. */
    matches: list(
      object({
        subscription,
        topic: text(512),
        when: optional(text(65_536)),
        cost: oneOf(COSTS),
        /** Why it matches, clause by clause, to be read. */
        text: text(1_000_000),
        /** Only for an event that was published. */
        fate: optional(fate),
      }),
      PAGE_MAX,
    ),
    /** The cursor of the next page; absent after the last one. */
    next: optional(integer(0)),
  }),
  priced: object({ kind: oneOf(['priced']), ref, ...filterCost }),
  ranked: object({
    kind: oneOf(['ranked']),
    ref,
    /** By what an event is expected to pay for them, the most expensive first. */
    filters: list(
      object({
        topic: text(512),
        when: optional(text(65_536)),
        ...filterCost,
      }),
      PAGE_MAX,
    ),
    next: optional(integer(0)),
    /** Filters in the list. */
    listed: integer(0),
    /** Distinct filters that the broker holds. */
    held: integer(0),
    /** How far the sweep has come that makes the list: at `at` of `of`, after `rounds` times through all filters. */
    sweep: object({ at: integer(0), of: integer(0), rounds: integer(0) }),
  }),
  listed: object({
    kind: oneOf(['listed']),
    ref,
    mailboxes: list(object(mailboxStatus), PAGE_MAX),
    next: optional(integer(0)),
  }),
  inspected: object({ kind: oneOf(['inspected']), ref, ...mailboxStatus }),
  peeked: object({
    kind: oneOf(['peeked']),
    ref,
    entries: list(
      object({
        seq: integer(1),
        topic: text(512),
        time: integer(0),
        state: oneOf(ENTRY_STATES),
        attempt: integer(0),
        size: integer(0),
        contentType: optional(text(256)),
        id: optional(text(256)),
        source: optional(text(256)),
        attributes: optional(scalars),
        /** Data that is text; no more than its beginning where it is long. */
        data: optional(text(8_192)),
      }),
      PAGE_MAX,
    ),
    next: optional(integer(0)),
  }),
  paused: object({ kind: oneOf(['paused']), ref, paused: flag }),
  purged: object({ kind: oneOf(['purged']), ref, entries: integer(0) }),
  removed: object({ kind: oneOf(['removed']), ref, entries: integer(0) }),
  replayed: object({ kind: oneOf(['replayed']), ref, entries: integer(0) }),
  /** `left`: dead letters that the request meant and its limit did not reach. */
  redriven: object({ kind: oneOf(['redriven']), ref, entries: integer(0), left: integer(0) }),
  ...requestAnswers,
  ...spaceAnswers,
  /** Unasked: the subscription ended by somebody else's doing, as when its mailbox is removed. The code says why. */
  ended: object({ kind: oneOf(['ended']), subscription, code, message: text(10_000) }),
  pong: object({ kind: oneOf(['pong']), ref }),
  farewell: object({ kind: oneOf(['farewell']), ref }),
  /** A request is refused; `ref` 0 where it could not be read. Nothing was changed. */
  refused: object({
    kind: oneOf(['refused']),
    ref: integer(0),
    code,
    message: text(10_000),
    /** Into the predicate or topic filter, in UTF-16 code units. */
    offset: optional(integer(0)),
  }),
  /** The broker will close this connection within so many milliseconds; finish, and go elsewhere. */
  closing: object({ kind: oneOf(['closing']), drainMs: integer(0) }),
} as const;

type Frame<T extends Record<string, Check<unknown>>> = { [K in keyof T]: Checked<T[K]> }[keyof T];
/** Every control frame a client can send. */
export type ClientControl = Frame<typeof clientControls>;
/** Every control frame a broker can send. */
export type BrokerControl = Frame<typeof brokerControls>;
export type ControlOf<F extends { readonly kind: string }, K extends F['kind']> = Extract<F, { readonly kind: K }>;

/** A control frame whose shape is not yet checked. `ref` is 0 where none could be read: what a refusal repeats. */
export interface RawControl {
  readonly ref: number;
  readonly value: unknown;
}

/** Deeper than anything a client can mean, the data of an event to be explained included. */
const DEPTH_MAX = 600;

/** Whether a text message is a list of control frames, or one of them. Who sends lists reads them as well. */
export function isControlList(message: string): boolean {
  return message.charCodeAt(0) === OPEN_BRACKET;
}

/** Decodes the JSON of a text message: its control frames, in order. Throws ProtocolError `frame_malformed`. */
export function decodeControls(message: string): readonly RawControl[] {
  if (hasManyBrackets(message) && isDeep(message))
    throw new ProtocolError('frame_malformed', `a control frame nested deeper than ${DEPTH_MAX}`);
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    throw new ProtocolError('frame_malformed', 'a control frame must be JSON');
  }
  if (!Array.isArray(value)) return [raw(value)];
  if (value.length === 0) throw new ProtocolError('frame_malformed', 'a list of control frames has at least one');
  return value.map(raw);
}

function raw(value: unknown): RawControl {
  const given = typeof value === 'object' && value !== null && 'ref' in value ? value.ref : 0;
  return { ref: Number.isSafeInteger(given) && (given as number) > 0 ? (given as number) : 0, value };
}

/** Whether there are as many as it takes to be too deep. A search for a few costs next to nothing, whatever is between them. */
function hasManyBrackets(message: string): boolean {
  let count = 0;
  for (const bracket of ['[', '{']) {
    for (let at = message.indexOf(bracket); at >= 0; at = message.indexOf(bracket, at + 1)) {
      count += 1;
      if (count > DEPTH_MAX) return true;
    }
  }
  return false;
}

/** Before JSON.parse, so that nothing behind it has to fear for its stack. Linear; brackets in strings do not count. */
function isDeep(message: string): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < message.length; i++) {
    const unit = message.charCodeAt(i);
    if (inString) {
      if (unit === BACKSLASH) i += 1;
      else if (unit === QUOTE) inString = false;
    } else if (unit === QUOTE) inString = true;
    else if (unit === OPEN_BRACKET || unit === OPEN_BRACE) {
      depth += 1;
      if (depth > DEPTH_MAX) return true;
    } else if (unit === CLOSE_BRACKET || unit === CLOSE_BRACE) depth -= 1;
  }
  return false;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Throws ProtocolError `frame_malformed` with the field at fault, or `frame_unknown`. */
export const readClientControl = reader<ClientControl>(clientControls);
export const readBrokerControl = reader<BrokerControl>(brokerControls);

function reader<F>(table: { readonly [kind: string]: Check<unknown> }): (value: unknown) => F {
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new ProtocolError('frame_malformed', 'a control frame must be a JSON object');
    }
    const kind = 'kind' in value ? value.kind : undefined;
    const check = typeof kind === 'string' && Object.hasOwn(table, kind) ? table[kind] : undefined;
    if (check === undefined) {
      throw new ProtocolError(
        'frame_unknown',
        `no control frame of kind ${shown(kind)}; there are ${Object.keys(table).join(', ')}`,
      );
    }
    return check(value, String(kind)) as F;
  };
}
