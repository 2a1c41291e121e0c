import { NO_OPTIONS } from '../../../broker/protocol/index.ts';
import type { Fact, FactKind, FactOf } from './history.ts';

const AT = { connection: 1, subscription: 1, mailbox: 'm' } as const;
const CONTENT = { n: 1, publisher: 1, topic: 't', x: 5 } as const;
const LEASE = { id: 1, token: 1, remainingMs: 5_000 } as const;
const SETTLE = { connection: 1, ref: 1, settlement: 'ack', ms: 0, lease: 1, token: 1 } as const;

/** What each fact is where a history does not say otherwise: event 1, of publisher 1, in mailbox `m`, on connection 1. */
const USUAL: { readonly [K in FactKind]: Omit<FactOf<K>, 'kind' | 'atMs'> } = {
  started: { run: 1 },
  ended: { run: 1 },
  opened: { connection: 1 },
  closed: { connection: 1 },
  publish: { ...CONTENT, ...NO_OPTIONS, connection: 2, ref: 1, id: undefined },
  receipt: {
    connection: 2,
    ref: 1,
    n: 1,
    seq: 1,
    matched: 1,
    durable: true,
    unreadable: false,
    repeated: false,
    delayed: false,
  },
  unpublished: { connection: 2, n: 1, code: 'mailbox_full' },
  flushed: { ns: [1] },
  attach: { connection: 1, mailbox: 'm', wanted: { topic: '#', threshold: 3 }, past: false, forgets: false },
  attached: { ...AT, mode: 'push', created: true, seq: 0 },
  detached: AT,
  handed: {
    ...AT,
    n: 1,
    x: 5,
    topic: 't',
    seq: 1,
    attempt: 1,
    lease: LEASE,
    retained: false,
    by: 'push',
    origin: undefined,
  },
  noticed: { ...AT, seq: 1, attempt: 0, retention: LEASE },
  fetch: { ...AT, ref: 1, seq: 1 },
  unfetched: { ...AT, seq: 1, code: 'event_gone' },
  settle: SETTLE,
  settled: { ...SETTLE, remainingMs: 0 },
  unsettled: { ...SETTLE, code: 'lease_expired' },
  gap: { ...AT, reason: 'purged', total: 1 },
  replace: { ...AT, threshold: 3 },
  replaced: { ...AT, threshold: 3, seq: 0 },
  purge: { mailbox: 'm' },
  replay: { mailbox: 'm' },
  replayed: { mailbox: 'm' },
  remove: { mailbox: 'm' },
  purged: { mailbox: 'm', entries: 0 },
  pause: { mailbox: 'm', paused: true },
  paused: { mailbox: 'm', paused: true },
  inspected: { mailbox: 'm', entries: 0, bytes: 0, eventsMax: 10, bytesMax: 1_000 },
  refused: { connection: 1, request: 'publish', code: 'mailbox_full', message: '' },
  disk: { low: true },
  watched: {},
  healed: {},
  over: {},
};

/** One fact, as usual but for what is said. */
export function fact<K extends FactKind>(kind: K, fields: Partial<FactOf<K>> = {}): Fact {
  return { kind, atMs: 0, ...USUAL[kind], ...fields } as Fact;
}

/** A publish, its commit and its receipt. */
export function published(n = 1, fields: Partial<FactOf<'publish'>> = {}): readonly Fact[] {
  const { atMs = 0 } = fields;
  return [
    fact('publish', { n, ref: n, ...fields }),
    fact('flushed', { ns: [n], atMs }),
    fact('receipt', { n, ref: n, seq: n, atMs }),
  ];
}

/** An event handed over with a token of its own. */
export function handed(n: number, fields: Partial<FactOf<'handed'>> = {}, token = n): Fact {
  return fact('handed', { n, seq: n, lease: { ...LEASE, id: n, token }, ...fields });
}

/** A mailbox `m` that wants events from x 3 on. */
export const MADE: readonly Fact[] = [fact('attach'), fact('attached')];
