import { ByteReader, ByteWriter, ORDERS } from '../../protocol/index.ts';
import { type Checked, flag, integer, list, object, oneOf, optional, text } from '../../protocol/shape.ts';

const subscription = object({
  number: integer(0),
  /** As the client wrote it. */
  filter: text(70_000),
  when: optional(text(65_536)),
  order: optional(oneOf(ORDERS)),
  ordered: optional(flag),
  qos: integer(0, 2),
  noLocal: flag,
  retainAsPublished: flag,
  /** 0: none. */
  id: integer(0),
  /** Absent: QoS 0, of which nothing is kept. */
  mailbox: optional(text(128)),
});

const shape = object({
  number: integer(1),
  /** Infinity is not in JSON. Absent: for ever. */
  expiryMs: optional(integer(0)),
  /** On the wall clock. Absent: it was connected. */
  goneMs: optional(integer(0)),
  nextSubscription: integer(0),
  subscriptions: list(subscription, 100_000),
  will: optional(
    object({
      topic: text(70_000),
      delayMs: integer(0),
      retain: flag,
      ttlMs: optional(integer(0)),
      body: text(1_000_000),
    }),
  ),
});

/** What the store knows of a session that outlives its connections. JSON, because people look at it when something is wrong. */
export type SessionRecord = Checked<typeof shape>;
export type SubscriptionRecord = SessionRecord['subscriptions'][number];

export function encodeSessionRecord(record: SessionRecord): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(record));
}

/** Throws ProtocolError or SyntaxError when the bytes are no such record. */
export function decodeSessionRecord(bytes: Uint8Array): SessionRecord {
  return shape(JSON.parse(new TextDecoder().decode(bytes)), 'session');
}

/** The packet identifiers of messages with QoS 2 that are under way: of these an end of the broker must forget none. */
export interface PacketIds {
  /** Of messages from the client that it has not released yet. */
  readonly received: Iterable<number>;
  /** Towards the client: whether it said that it has it, and if not, where it came from. */
  readonly sent: Iterable<{
    readonly packetId: number;
    readonly origin: { readonly subscription: number; readonly seq: number } | undefined;
  }>;
}

/** More identifiers than this are a bit each, so that however many a client does not release, a record is small. */
const LISTED_MAX = 1_000;
const BITMAP_BYTES = 0x1_0000 / 8;

/** count · each received, or a bit for each that there is · then each sent: packetId · 0, or 1 + subscription and seq. All varints. */
export function encodePacketIds({ received, sent }: PacketIds): Uint8Array {
  const to = new ByteWriter(256);
  const ids = [...received];
  to.varint(ids.length);
  if (ids.length <= LISTED_MAX) for (const id of ids) to.varint(id);
  else to.raw(bitmapOf(ids));
  for (const { packetId, origin } of sent) {
    to.varint(packetId);
    to.varint(origin === undefined ? 0 : 1 + origin.subscription);
    if (origin !== undefined) to.varint(origin.seq);
  }
  return to.written().slice();
}

/** Throws ProtocolError when the bytes are no such record. */
export function decodePacketIds(bytes: Uint8Array): PacketIds {
  const from = new ByteReader(bytes);
  const count = from.varint();
  const received = count <= LISTED_MAX ? Array.from({ length: count }, () => from.varint()) : idsIn(from);
  const sent: { packetId: number; origin: { subscription: number; seq: number } | undefined }[] = [];
  while (!from.done) {
    const packetId = from.varint();
    const subscription = from.varint();
    sent.push({
      packetId,
      origin: subscription === 0 ? undefined : { subscription: subscription - 1, seq: from.varint() },
    });
  }
  return { received, sent };
}

function bitmapOf(ids: readonly number[]): Uint8Array {
  const bitmap = new Uint8Array(BITMAP_BYTES);
  for (const id of ids) bitmap[id >> 3] = (bitmap[id >> 3] ?? 0) | (1 << (id & 7));
  return bitmap;
}

function idsIn(from: ByteReader): number[] {
  const bitmap = from.raw(BITMAP_BYTES);
  const ids: number[] = [];
  for (let id = 0; id < 8 * BITMAP_BYTES; id++) if (((bitmap[id >> 3] ?? 0) & (1 << (id & 7))) !== 0) ids.push(id);
  return ids;
}
