import { CLOSE, CODES, type Code, DROP_REASONS, type DropReason } from '../protocol/index.ts';

/** Why JSON data could not be read for matching. */
export const UNREADABLE_REASONS = ['not_json', 'too_deep', 'too_many_keys'] as const;
export type UnreadableReason = (typeof UNREADABLE_REASONS)[number];

const CODE_NAMES = Object.keys(CODES) as readonly Code[];
const CLOSE_NAMES = Object.keys(CLOSE) as readonly (keyof typeof CLOSE)[];

/**
 * What the broker counts, as plain numbers that the hot path adds to itself (5 ns; a metrics library takes a hundred
 * times as long). Read by whoever shows them, never written by them. Exact up to 2^53.
 */
export class Counters {
  // Only ever rise.

  /** Events taken from publishers and given a seq. */
  published = 0;
  /** Of these, such as matched at least one subscription, and such as matched none. */
  matched = 0;
  unmatched = 0;
  /** Of these, such as the store keeps: for a mailbox, or as the last value of their topic. */
  stored = 0;
  /** Publishes that were recognised as said before. */
  repeated = 0;
  /** Publishes refused. */
  eventsRefused = zeros(CODE_NAMES);
  /** Events whose data a predicate wanted and could not have. */
  unreadable = zeros(UNREADABLE_REASONS);

  /** Events handed to the transport because of credit, redeliveries included. */
  pushed = 0;
  /** Events handed to the transport because they were asked for. */
  fetched = 0;
  /** Notifications handed to the transport. */
  notices = 0;
  /** Of pushed and fetched, such as were delivered before. */
  redeliveries = 0;
  /** Deliveries that their subscriber declared done. */
  acknowledged = 0;
  /** Matched and not delivered; once for each subscription that lost one. */
  drops = zeros<DropReason>(DROP_REASONS);
  /** Records that told a subscriber of its drops. */
  gaps = 0;
  /** Times a subscription had an event waiting and no credit left. */
  creditStalls = 0;

  framesIn = 0;
  framesOut = 0;
  bytesIn = 0;
  bytesOut = 0;
  /** Control frames, and records other than publishes, refused. */
  framesRefused = zeros(CODE_NAMES);
  connectionsOpened = 0;
  /** Connections that the broker closed, by why. */
  connectionsClosed = zeros(CLOSE_NAMES);

  /** Of the connections, such as speak MQTT and were accepted. */
  mqttConnects = 0;
  /** Events that an MQTT client was not sent because they are larger than the packets it takes. */
  mqttTooLarge = 0;

  /** Answers over HTTP to requests for resources, by the first digit of their status. */
  httpAnswers = { '2xx': 0, '4xx': 0, '5xx': 0 };
  /** Events sent to URLs, by how that went. */
  sinkPosts = { sent: 0, failed: 0 };

  // Rise and fall.

  /** Who waits for events over HTTP. */
  httpWaiting = { stream: 0, poll: 0 };

  connectionsOpen = 0;
  /** Sessions with a connection, and such as wait for theirs to come back. */
  sessionsAttached = 0;
  sessionsDetached = 0;
  subscriptionsPush = 0;
  subscriptionsPull = 0;
}

function zeros<K extends string>(keys: readonly K[]): Record<K, number> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;
}
