import { type Checked, either, integer, object, oneOf, text } from './shape.ts';

/** What control frames of several kinds have in common. */

export const ref = integer(1);
export const subscription = integer(0, 0x7fff_ffff);
export const mailbox = text(128);

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
/** What a filter costs the broker: found by an index, partly so, or tested on every event its topic allows. */
export const COSTS = ['indexed', 'partly', 'residual'] as const;

/** The most that one page of an answer lists. */
export const PAGE_MAX = 100;

/** Where to begin among the events that are stored. */
export const place = either(
  object({ seq: integer(0) }),
  either(object({ time: integer(0) }), oneOf(['beginning', 'now']), (value) => 'time' in value),
  (value) => 'seq' in value,
);
/** The first event that is wanted: the next one, the oldest there is, one with this position or this time, or the next after it. */
export type From = Checked<typeof place>;
