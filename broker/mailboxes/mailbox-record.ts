import { ORDERS } from '../protocol/index.ts';
import { type Checked, flag, integer, object, oneOf, optional, text } from '../protocol/shape.ts';

const OVERFLOWS = ['reject', 'drop-oldest', 'dead-letter'] as const;
const AT_ENDS = ['drop', 'dead-letter'] as const;

const shape = object({
  topic: text(512),
  when: optional(text(65_536)),
  terms: object({
    name: text(128),
    events: integer(1),
    bytes: integer(1),
    ageMs: integer(1),
    keepMs: integer(0),
    overflow: oneOf(OVERFLOWS),
    atEnd: oneOf(AT_ENDS),
    attemptsMax: integer(1),
    leaseMs: integer(1),
    order: optional(oneOf(ORDERS)),
    ordered: optional(flag),
  }),
  sinceSeq: integer(0),
  paused: flag,
  /** Of its lease, when this was written. */
  leftMs: integer(0),
  /** Events that were stored before it and are still to be looked through for it; from where, and up to where. */
  filling: optional(object({ from: integer(0), upTo: integer(0), timeMs: integer(0) })),
  /** It is over, and its pages are being freed. */
  ending: flag,
});

/** What the store knows of a mailbox, apart from what is in it. JSON, because people look at it when something is wrong. */
export type MailboxRecord = Checked<typeof shape>;

export function encodeMailboxRecord(record: MailboxRecord): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(record));
}

/** Throws ProtocolError or SyntaxError when the bytes are no such record. */
export function decodeMailboxRecord(bytes: Uint8Array): MailboxRecord {
  return shape(JSON.parse(new TextDecoder().decode(bytes)), 'mailbox');
}
