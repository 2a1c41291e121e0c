import type { Explanation } from '../../matcher/index.ts';
import { COSTS, PAGE_MAX, ref, subscription } from './control-fields.ts';
import { type Check, either, finite, integer, json, list, object, oneOf, optional, scalars, text } from './shape.ts';

/** Control frames of questions, which change nothing: why, who, and at what cost. */

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

const fate = object({ kind: oneOf(FATES), text: text(1000) });

/** Requests of a client. */
export const questionRequests = {
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
} as const;

/** Answers of the broker. */
export const questionAnswers = {
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
} as const;
