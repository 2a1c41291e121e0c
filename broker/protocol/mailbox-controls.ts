import { AT_ENDS, COSTS, mailbox, OVERFLOWS, PAGE_MAX, place, ref } from './control-fields.ts';
import { flag, integer, list, object, oneOf, optional, scalars, text } from './shape.ts';

/** Control frames about mailboxes. Taking events from one is `subscribe`. */

/** Where in a mailbox an entry is. */
export const ENTRY_STATES = ['stored', 'ready', 'notified', 'leased', 'resting'] as const;

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

/** Requests of a client. */
export const mailboxRequests = {
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
} as const;

/** Answers of the broker. */
export const mailboxAnswers = {
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
} as const;
