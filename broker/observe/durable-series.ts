import { seriesOf } from './part-series.ts';
import type { Series } from './series.ts';

/** What is stored and waits, read at one moment. */
export interface DurableReading {
  readonly commits: { readonly count: number; readonly changes: number; readonly bytes: number };
  readonly storeBytes: number;
  readonly reusableBytes: number;
  readonly diskFreeBytes: number;
  readonly diskState: 'open' | 'low' | 'critical';
  readonly corrupt: number;
  readonly pendingBytes: number;
  readonly mailboxes: MailboxTotals;
  readonly knownIds: number;
  readonly forgottenIds: number;
  readonly retainedTopics: number;
  readonly retainedBytes: number;
  readonly delayed: number;
}

/** Over all mailboxes. */
export interface MailboxTotals {
  readonly count: number;
  readonly consumers: number;
  readonly entries: number;
  readonly bytes: number;
  readonly entered: number;
  readonly settled: number;
  readonly deadLettered: number;
  readonly oldestMs: number;
}

const { counter, gauge } = seriesOf(({ durable }) => durable);

export const DURABLE_SERIES: readonly Series[] = [
  counter('tellwhen_store_commits_total', 'Commits flushed.', ({ commits }) => commits.count),
  counter('tellwhen_store_changes_total', 'Records written or deleted.', ({ commits }) => commits.changes),
  counter('tellwhen_store_written_bytes_total', 'Bytes of keys and values written.', ({ commits }) => commits.bytes),
  gauge('tellwhen_store_bytes', 'Size of the store.', (now) => now.storeBytes),
  gauge('tellwhen_store_reusable_bytes', 'Of these, bytes that are free to be used again.', (now) => now.reusableBytes),
  gauge('tellwhen_store_disk_free_bytes', 'Room on the disk. +Inf where the store is in memory.', (now) => {
    return now.diskFreeBytes;
  }),
  gauge(
    'tellwhen_store_disk_state',
    'Whether what grows the store is taken: 1 for the state that holds.',
    ({ diskState }) => ({ open: 0, low: 0, critical: 0, [diskState]: 1 }),
    'state',
  ),
  counter('tellwhen_store_corrupt_records_total', 'Records found damaged, and kept aside.', (now) => now.corrupt),
  gauge('tellwhen_store_pending_bytes', 'Bytes of events that wait to be flushed.', (now) => now.pendingBytes),
  gauge('tellwhen_mailboxes', 'Mailboxes.', ({ mailboxes }) => mailboxes.count),
  gauge(
    'tellwhen_mailbox_consumers',
    'Subscriptions that take from mailboxes.',
    ({ mailboxes }) => mailboxes.consumers,
  ),
  gauge('tellwhen_mailbox_entries', 'Events in all mailboxes.', ({ mailboxes }) => mailboxes.entries),
  gauge('tellwhen_mailbox_bytes', 'Bytes of events in all mailboxes.', ({ mailboxes }) => mailboxes.bytes),
  counter('tellwhen_mailbox_entered_total', 'Events that went into a mailbox.', ({ mailboxes }) => mailboxes.entered),
  counter('tellwhen_mailbox_settled_total', 'Events that left a mailbox.', ({ mailboxes }) => mailboxes.settled),
  counter('tellwhen_dead_letters_total', 'Events that became dead letters.', ({ mailboxes }) => mailboxes.deadLettered),
  gauge('tellwhen_mailbox_oldest_seconds', 'Age of the oldest event in a mailbox.', ({ mailboxes }) => {
    return mailboxes.oldestMs / 1000;
  }),
  gauge('tellwhen_known_ids', 'Ids by which a repeated event is recognised.', (now) => now.knownIds),
  counter('tellwhen_known_ids_forgotten_total', 'Ids that had to go before their time.', (now) => now.forgottenIds),
  gauge('tellwhen_retained_topics', 'Topics whose last value is kept.', (now) => now.retainedTopics),
  gauge('tellwhen_retained_bytes', 'Bytes of last values.', (now) => now.retainedBytes),
  gauge('tellwhen_delayed_events', 'Events that wait for their time.', (now) => now.delayed),
];
