import type { MatcherStats } from '../../matcher/index.ts';
import type { LeaseCounts } from '../leases/index.ts';
import type { Counters } from './counters.ts';
import { DURABLE_SERIES, type DurableReading } from './durable-series.ts';
import type { HostReading } from './host.ts';
import { REQUEST_SERIES, type RequestReading } from './request-series.ts';
import { SPACE_SERIES, type SpacesReading } from './space-series.ts';

/** Everything that is shown, read at one moment. What an embedding does not supply is absent, and so are its series. */
export interface Snapshot {
  readonly counters: Counters;
  readonly matcher: MatcherStats;
  readonly leases: LeaseCounts;
  readonly held: { readonly events: number; readonly bytes: number };
  readonly version?: string | undefined;
  readonly oldestHeldMs?: number | undefined;
  readonly resting?: number | undefined;
  readonly unsentBytes?: number | undefined;
  readonly waitingFrameBytes?: number | undefined;
  readonly host?: HostReading | undefined;
  readonly durable?: DurableReading | undefined;
  readonly requests?: RequestReading | undefined;
  readonly spaces?: SpacesReading | undefined;
}

/**
 * One metric: a number, or one number for each value of its only label. The values of a label come from a closed set,
 * never from clients, topics or subscriptions: ten thousand series make a scrape that stops the event loop for 70 ms.
 */
export interface Series {
  readonly type: 'counter' | 'gauge';
  readonly name: string;
  readonly help: string;
  readonly label?: string;
  readonly read: (now: Snapshot) => number | Readonly<Record<string, number>> | undefined;
}

type Read = Series['read'];

const counter = (name: string, help: string, read: Read): Series => ({ type: 'counter', name, help, read });
const gauge = (name: string, help: string, read: Read): Series => ({ type: 'gauge', name, help, read });
const by = (label: string, series: Series): Series => ({ ...series, label });

const events: readonly Series[] = [
  counter('tellwhen_events_published_total', 'Events accepted and sequenced.', (now) => now.counters.published),
  counter('tellwhen_events_matched_total', 'Events that matched a subscription.', (now) => now.counters.matched),
  counter('tellwhen_events_unmatched_total', 'Events that matched none.', (now) => now.counters.unmatched),
  by(
    'code',
    counter('tellwhen_events_refused_total', 'Publishes refused.', (now) => now.counters.eventsRefused),
  ),
  by(
    'reason',
    counter('tellwhen_events_unreadable_total', 'Events whose data a predicate could not read.', (now) => {
      return now.counters.unreadable;
    }),
  ),
  counter('tellwhen_events_stored_total', 'Events that the store keeps.', (now) => now.counters.stored),
  counter('tellwhen_events_repeated_total', 'Publishes recognised as said before.', (now) => now.counters.repeated),
  gauge('tellwhen_held_events', 'Events in memory for some subscription.', (now) => now.held.events),
  gauge('tellwhen_held_bytes', 'Memory they take.', (now) => now.held.bytes),
];

const deliveries: readonly Series[] = [
  by(
    'kind',
    counter('tellwhen_deliveries_total', 'Events handed to a connection.', ({ counters: { pushed, fetched } }) => {
      return { pushed, fetched };
    }),
  ),
  counter('tellwhen_notices_total', 'Notifications handed to a connection.', (now) => now.counters.notices),
  counter('tellwhen_redeliveries_total', 'Deliveries that were not the first.', (now) => now.counters.redeliveries),
  counter('tellwhen_acknowledged_total', 'Deliveries declared done.', (now) => now.counters.acknowledged),
  by(
    'reason',
    counter('tellwhen_drops_total', 'Matched and not delivered.', (now) => now.counters.drops),
  ),
  counter('tellwhen_gaps_told_total', 'Records telling a subscriber of drops.', (now) => now.counters.gaps),
  counter('tellwhen_credit_stalls_total', 'Times an event met no credit.', (now) => now.counters.creditStalls),
  gauge('tellwhen_oldest_held_seconds', 'Age of the oldest event waiting or unacknowledged.', (now) => {
    return now.oldestHeldMs === undefined ? undefined : now.oldestHeldMs / 1000;
  }),
  gauge('tellwhen_resting_events', 'Events that rest before they are delivered again.', (now) => now.resting),
];

const connections: readonly Series[] = [
  gauge('tellwhen_connections', 'Open connections.', (now) => now.counters.connectionsOpen),
  counter('tellwhen_connections_opened_total', 'Connections let in.', (now) => now.counters.connectionsOpened),
  by(
    'why',
    counter('tellwhen_connections_closed_total', 'Connections closed by the broker.', (now) => {
      return now.counters.connectionsClosed;
    }),
  ),
  counter(
    'tellwhen_mqtt_connects_total',
    'Connections over MQTT that were accepted.',
    (now) => now.counters.mqttConnects,
  ),
  counter(
    'tellwhen_mqtt_too_large_total',
    'Events left out because an MQTT client takes no packet so large.',
    (now) => {
      return now.counters.mqttTooLarge;
    },
  ),
  gauge('tellwhen_unsent_bytes', 'Bytes in memory for peers that do not read.', (now) => now.unsentBytes),
  gauge('tellwhen_waiting_frame_bytes', 'Bytes of frames that wait for their slice of a turn.', (now) => {
    return now.waitingFrameBytes;
  }),
  by(
    'state',
    gauge('tellwhen_sessions', 'Sessions, with their connection or waiting for it.', ({ counters }) => {
      return { attached: counters.sessionsAttached, detached: counters.sessionsDetached };
    }),
  ),
  by(
    'mode',
    gauge('tellwhen_subscriptions', 'Subscriptions.', ({ counters }) => {
      return { push: counters.subscriptionsPush, pull: counters.subscriptionsPull };
    }),
  ),
  by(
    'direction',
    counter('tellwhen_frames_total', 'WebSocket messages.', ({ counters }) => {
      return { in: counters.framesIn, out: counters.framesOut };
    }),
  ),
  by(
    'direction',
    counter('tellwhen_frame_bytes_total', 'Bytes of WebSocket messages.', ({ counters }) => {
      return { in: counters.bytesIn, out: counters.bytesOut };
    }),
  ),
  by(
    'code',
    counter('tellwhen_requests_refused_total', 'Requests refused.', (now) => now.counters.framesRefused),
  ),
];

const http: readonly Series[] = [
  by(
    'status',
    counter('tellwhen_http_answers_total', 'Answers over HTTP about resources.', (now) => now.counters.httpAnswers),
  ),
  by(
    'kind',
    gauge('tellwhen_http_waiting', 'Requests over HTTP that wait for events.', (now) => now.counters.httpWaiting),
  ),
  by(
    'outcome',
    counter('tellwhen_sink_posts_total', 'Events sent to URLs.', (now) => now.counters.sinkPosts),
  ),
];

const matching: readonly Series[] = [
  counter('tellwhen_matches_total', 'Subscriptions matched, over all events.', (now) => now.matcher.matches),
  counter('tellwhen_match_candidates_total', 'Entries where an index led.', (now) => now.matcher.candidates),
  counter(
    'tellwhen_match_tests_total',
    'Tests evaluated on candidates left open.',
    (now) => now.matcher.testsEvaluated,
  ),
  by(
    'key',
    counter('tellwhen_match_hits_total', 'Filters matched, by what found them.', ({ matcher }) => {
      const { hitsByEquality: equality, hitsByRange: range, hitsByPair: pair, hitsByTopic: topic } = matcher;
      return { equality, range, pair, topic };
    }),
  ),
  by(
    'cost',
    gauge('tellwhen_filters', 'Distinct filters, by what they cost.', ({ matcher: { indexed, partly, residual } }) => {
      return { indexed, partly, residual };
    }),
  ),
  counter('tellwhen_index_filters_reviewed_total', 'Filters whose place in the index was chosen again.', (now) => {
    return now.matcher.filtersLookedAt;
  }),
  counter('tellwhen_index_filters_moved_total', 'Of these, such as were moved to a cheaper place.', (now) => {
    return now.matcher.filtersMoved;
  }),
  gauge('tellwhen_index_postings', 'Records in the index.', (now) => now.matcher.postings),
  gauge('tellwhen_index_topic_filters', 'Distinct topic filters.', (now) => now.matcher.topicFilters),
  gauge('tellwhen_index_references', 'Distinct fields and attributes that filters read.', (now) => now.matcher.slots),
  gauge('tellwhen_index_symbols', 'Distinct constants compared for equality.', (now) => now.matcher.symbols),
  gauge(
    'tellwhen_index_pairings',
    'Pairs of fields that filters are found by together.',
    (now) => now.matcher.pairings,
  ),
  gauge('tellwhen_index_opaque_atoms', 'Distinct conditions no index serves.', (now) => now.matcher.opaqueAtoms),
  by(
    'structure',
    gauge('tellwhen_index_bytes', 'Memory of the index.', (now) => now.matcher.bytes),
  ),
];

const leases: readonly Series[] = [
  counter('tellwhen_leases_granted_total', 'Leases granted.', (now) => now.leases.granted),
  counter('tellwhen_leases_renewed_total', 'Leases extended.', (now) => now.leases.renewed),
  counter('tellwhen_leases_revived_total', 'Leases back within their grace.', (now) => now.leases.revived),
  by(
    'cause',
    counter('tellwhen_leases_ended_total', 'Leases ended.', (now) => now.leases.ended),
  ),
  by(
    'code',
    counter('tellwhen_leases_refused_total', 'Lease requests refused.', (now) => now.leases.refused),
  ),
  by(
    'kind',
    gauge('tellwhen_leases', 'Leases running.', (now) => now.leases.live),
  ),
  gauge('tellwhen_leases_allocated', 'Lease ids in use, running or not.', (now) => now.leases.allocated),
  counter('tellwhen_lease_clock_stalls_total', 'Times the lease clock was put back.', (now) => now.leases.stalls),
  counter('tellwhen_lease_clock_shifted_seconds_total', 'By how much in all.', (now) => now.leases.shiftedMs / 1000),
];

const machine: readonly Series[] = [
  by(
    'version',
    gauge('tellwhen_build_info', 'Always 1.', ({ version }) => (version === undefined ? undefined : { [version]: 1 })),
  ),
  by(
    'stat',
    gauge('tellwhen_event_loop_lag_seconds', 'Lateness of the event loop since the last scrape.', ({ host }) => {
      const lag = host?.lag;
      return lag && { p50: lag.p50Seconds, p99: lag.p99Seconds, max: lag.maxSeconds };
    }),
  ),
  gauge('tellwhen_process_resident_memory_bytes', 'Resident memory.', (now) => now.host?.residentBytes),
  gauge('tellwhen_process_heap_used_bytes', 'JavaScript heap in use.', (now) => now.host?.heapUsedBytes),
  counter('tellwhen_process_cpu_seconds_total', 'CPU time, user and system.', (now) => now.host?.cpuSeconds),
];

/** Every metric but the histograms. */
export const SERIES: readonly Series[] = [
  ...events,
  ...deliveries,
  ...connections,
  ...http,
  ...matching,
  ...leases,
  ...DURABLE_SERIES,
  ...REQUEST_SERIES,
  ...SPACE_SERIES,
  ...machine,
];
