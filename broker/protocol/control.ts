import { type Code, isCode, ProtocolError } from './codes.ts';
import {
  ACKS,
  AT_ENDS,
  COSTS,
  MODES,
  mailbox,
  OVERFLOWS,
  place,
  RETAINEDS,
  ref,
  subscription,
} from './control-fields.ts';
import { mailboxAnswers, mailboxRequests } from './mailbox-controls.ts';
import { ORDERS } from './order.ts';
import { questionAnswers, questionRequests } from './question-controls.ts';
import { requestAnswers, requestRequests } from './request-controls.ts';
import {
  type Check,
  type Checked,
  flag,
  integer,
  list,
  nullable,
  object,
  oneOf,
  optional,
  shown,
  text,
} from './shape.ts';
import { spaceAnswers, spaceRequests } from './space-controls.ts';

/**
 * Control frames: JSON objects whose `kind` names them, one in a WebSocket text message, or a list of them. Requests carry a `ref` (1 and
 * up, chosen by the client, unique while unanswered; records of data frames draw from the same numbers); the answer, or
 * the refusal, repeats it.
 */

const ms = integer(1, 0xffff_ffff);
const lease = object({ id: integer(0), token: integer(0), remainingMs: integer(0) });

/** One that a newer broker knows and this client does not is still an end or a refusal. */
const code: Check<Code> = (value, where) => {
  const given = text(64)(value, where);
  return isCode(given) ? given : 'internal';
};

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
  ...questionRequests,
  ...mailboxRequests,
  ...requestRequests,
  ...spaceRequests,
  /** Is anybody there? For a client that has heard nothing for long. */
  ping: object({ kind: oneOf(['ping']), ref }),
  /** Ends the session and everything it owns, at once. */
  goodbye: object({ kind: oneOf(['goodbye']), ref }),
} as const;

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
  ...questionAnswers,
  ...mailboxAnswers,
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
