import { type Body, readBody } from './body.ts';
import { ByteReader, type ByteWriter } from './bytes.ts';
import { type Code, isCode, ProtocolError } from './codes.ts';
import { type LeaseGrant, readLease, writeLease } from './lease-grant.ts';
import { type Provenance, readProvenance, writeProvenance } from './order.ts';
import { type ReplyHandler, readReplyRecord } from './request-records.ts';
import { BodyRun, RUN_EVENTS_MAX } from './run.ts';
import { readSpaceAnswer, type SpaceAnswerHandler } from './space-records.ts';

/** Record tags from broker to client. The high bit is set. */
const TOPIC = 0x81;
const RECEIPTS = 0x82;
const EVENT = 0x83;
const NOTICE = 0x84;
const GAP = 0x85;
const FETCHED = 0x86;
const SETTLED = 0x87;
const REFUSED = 0x88;
const EVENTS = 0x89;
const PROVENANCE = 0x8a;

const EVENT_LEASED = 1;
const EVENT_RETAINED = 2;

const RECEIPT_DURABLE = 1;
const RECEIPT_UNREADABLE = 2;
const RECEIPT_REPEATED = 4;
const RECEIPT_DELAYED = 8;

/** Why an event that matched was not delivered. Each is counted, told in a gap, and explainable. */
export const DROP_REASONS = [
  /** The queue was full and its policy is to give up the oldest. */
  'overflow_oldest',
  /** The queue was full and its policy is to refuse the newest. */
  'overflow_newest',
  /** The broker as a whole holds as much as it may. */
  'broker_memory',
  /** Delivered as often as the subscription allows, and never acknowledged. */
  'attempts_exhausted',
  /** Nobody fetched it while it was retained. */
  'retention_ended',
  /** The subscription ended before it was handed over. Counted only: nobody is left to be told. */
  'subscription_ended',
  /** Its time to live was over, or it was older than its mailbox keeps events. */
  'expired',
  /** Somebody emptied the mailbox. */
  'purged',
  /** What the store has of it is damaged. */
  'unreadable',
] as const;
export type DropReason = (typeof DROP_REASONS)[number];

export interface Receipt {
  /** The broker's position of the event. 0 when it is delayed, and has none yet. */
  readonly seq: number;
  /** How many subscriptions it matched. */
  readonly matched: number;
  /** True only when it is on disk. */
  readonly durable: boolean;
  /**
   * A subscription wanted to read the data, it says it is JSON, and it is not (or is too deep or too wide): its fields
   * counted as missing.
   */
  readonly unreadable: boolean;
  /** An event of the same source and id was published before: this is the receipt it got, and nothing else was done. */
  readonly repeated: boolean;
  /** It is kept, and takes its place in the order when its time has come. */
  readonly delayed: boolean;
}

/** One delivered event. */
export interface Delivery {
  readonly seq: number;
  /** Milliseconds since 1970: the publisher's if given, else the broker's at arrival. */
  readonly time: number;
  readonly alias: number;
  /** 1 at first; more when it was delivered before and not acknowledged. 0 when nobody asked for acknowledgement. */
  readonly attempt: number;
  /** Absent with `ack: none`. */
  readonly lease?: LeaseGrant | undefined;
  /** It is the last value of its topic, published before the subscription was made. */
  readonly retained: boolean;
}

/** What the events of a run have in common, and where they begin. */
export interface FirstOfRun {
  readonly alias: number;
  /** When the broker got them. A body that has a time of its own keeps it. */
  readonly time: number;
  readonly seq: number;
}

/** "There is an event for you": all but the body. */
export interface Notice {
  readonly seq: number;
  readonly alias: number;
  /** Bytes of the data. */
  readonly size: number;
  readonly attempt: number;
  /** How long the body stays fetchable; extending this lease prolongs that. */
  readonly retention: LeaseGrant;
}

export interface BrokerRecordHandler {
  /** Takes what concerns requests. Absent: such records are unknown. */
  readonly requests?: ReplyHandler | undefined;
  /** Takes what concerns spaces. Absent: such records are unknown. */
  readonly spaces?: SpaceAnswerHandler | undefined;
  topic(alias: number, text: string): void;
  /** Of what the next record hands over or tells of: of a run, of its first event, and those that follow are counted on. */
  provenance(provenance: Provenance): void;
  /** Of as many publishes as `count` says: refs and seqs both rise by one, the rest is the same for all. */
  receipts(firstRef: number, count: number, first: Receipt): void;
  /** Events that nobody has to acknowledge, of one topic, their seqs rising by one. `run` is valid until it returns. */
  events(subscription: number, first: FirstOfRun, run: BodyRun): void;
  /** One that is under a lease, or retained. `body` is a view into the frame. */
  event(subscription: number, delivery: Delivery, body: Body): void;
  notice(subscription: number, notice: Notice): void;
  /**
   * `total` events of the subscription were not delivered for this reason since it began, the last of them at `seq`. A
   * resumed session is told every total again.
   */
  gap(subscription: number, reason: DropReason, total: number, seq: number): void;
  fetched(ref: number, delivery: Delivery, body: Body): void;
  /** `remainingMs` is 0 after ack and release. */
  settled(ref: number, remainingMs: number): void;
  /** `ref` 0: the refused record carried none. */
  refused(ref: number, code: Code, message: string): void;
}

export const writeBrokerRecord = {
  topic(to: ByteWriter, alias: number, text: string): void {
    to.u8(TOPIC);
    to.varint(alias);
    to.string(text);
  },

  provenance(to: ByteWriter, provenance: Provenance): void {
    to.u8(PROVENANCE);
    writeProvenance(to, provenance);
  },

  receipts(to: ByteWriter, firstRef: number, count: number, first: Receipt): void {
    const { seq, matched, durable, unreadable, repeated, delayed } = first;
    to.u8(RECEIPTS);
    to.varint(firstRef);
    to.varint(count);
    to.varint(seq);
    to.varint(matched);
    to.u8(
      (durable ? RECEIPT_DURABLE : 0) |
        (unreadable ? RECEIPT_UNREADABLE : 0) |
        (repeated ? RECEIPT_REPEATED : 0) |
        (delayed ? RECEIPT_DELAYED : 0),
    );
  },

  /** `bodies`: as many as `count` says, each as its publisher sent it. At most `RUN_EVENTS_MAX`. */
  events(to: ByteWriter, subscription: number, first: FirstOfRun, count: number, bodies: Uint8Array): void {
    to.u8(EVENTS);
    to.varint(subscription);
    to.varint(first.alias);
    to.varint(first.time);
    to.varint(first.seq);
    to.u16(count);
    to.u32(bodies.length);
    to.raw(bodies);
  },

  /** `bodyBytes`: the encoded body as the publisher sent it, see body.ts. */
  event(to: ByteWriter, subscription: number, delivery: Delivery, bodyBytes: Uint8Array): void {
    to.u8(EVENT);
    to.varint(subscription);
    writeDelivery(to, delivery);
    to.raw(bodyBytes);
  },

  notice(to: ByteWriter, subscription: number, { seq, alias, size, attempt, retention }: Notice): void {
    to.u8(NOTICE);
    to.varint(subscription);
    to.varint(seq);
    to.varint(alias);
    to.varint(size);
    to.varint(attempt);
    writeLease(to, retention);
  },

  gap(to: ByteWriter, subscription: number, reason: DropReason, total: number, seq: number): void {
    to.u8(GAP);
    to.varint(subscription);
    to.u8(DROP_REASONS.indexOf(reason));
    to.varint(total);
    to.varint(seq);
  },

  fetched(to: ByteWriter, ref: number, delivery: Delivery, bodyBytes: Uint8Array): void {
    to.u8(FETCHED);
    to.varint(ref);
    writeDelivery(to, delivery);
    to.raw(bodyBytes);
  },

  settled(to: ByteWriter, ref: number, remainingMs: number): void {
    to.u8(SETTLED);
    to.varint(ref);
    to.varint(remainingMs);
  },

  refused(to: ByteWriter, ref: number, code: Code, message: string): void {
    to.u8(REFUSED);
    to.varint(ref);
    to.string(code);
    to.string(message);
  },
};

/** Reads a frame to its end. Throws ProtocolError at the first fault. */
export function readBrokerRecords(frame: Uint8Array, handler: BrokerRecordHandler): void {
  const from = new ByteReader(frame);
  const run = new BodyRun();
  while (!from.done) {
    const at = from.at;
    const tag = from.u8();
    switch (tag) {
      case TOPIC:
        handler.topic(from.varint(), from.string());
        break;
      case PROVENANCE:
        handler.provenance(readProvenance(from));
        break;
      case RECEIPTS:
        handler.receipts(from.varint(), readCount(from), readReceipt(from));
        break;
      case EVENTS: {
        const subscription = from.varint();
        const first = { alias: from.varint(), time: from.varint(), seq: from.varint() };
        run.read(from, from.u16(), from.u32());
        handler.events(subscription, first, run);
        break;
      }
      case EVENT:
        handler.event(from.varint(), readDelivery(from), readBody(from));
        break;
      case NOTICE:
        handler.notice(from.varint(), {
          seq: from.varint(),
          alias: from.varint(),
          size: from.varint(),
          attempt: from.varint(),
          retention: readLease(from),
        });
        break;
      case GAP:
        handler.gap(from.varint(), readDropReason(from), from.varint(), from.varint());
        break;
      case FETCHED:
        handler.fetched(from.varint(), readDelivery(from), readBody(from));
        break;
      case SETTLED:
        handler.settled(from.varint(), from.varint());
        break;
      case REFUSED:
        handler.refused(from.varint(), readCode(from), from.string());
        break;
      default:
        if (handler.requests !== undefined && readReplyRecord(tag, from, handler.requests)) break;
        if (handler.spaces !== undefined && readSpaceAnswer(tag, from, handler.spaces)) break;
        throw new ProtocolError('frame_unknown', `a record of unknown kind ${tag}`, at);
    }
  }
}

function writeDelivery(to: ByteWriter, { seq, time, alias, attempt, lease, retained }: Delivery): void {
  to.u8((lease === undefined ? 0 : EVENT_LEASED) | (retained ? EVENT_RETAINED : 0));
  to.varint(seq);
  to.varint(time);
  to.varint(alias);
  if (lease === undefined) return;
  to.varint(attempt);
  writeLease(to, lease);
}

function readDelivery(from: ByteReader): Delivery {
  const flags = from.u8();
  const seq = from.varint();
  const time = from.varint();
  const alias = from.varint();
  const retained = (flags & EVENT_RETAINED) !== 0;
  if ((flags & EVENT_LEASED) === 0) return { seq, time, alias, attempt: 0, lease: undefined, retained };
  return { seq, time, alias, attempt: from.varint(), lease: readLease(from), retained };
}

function readCount(from: ByteReader): number {
  const at = from.at;
  const count = from.varint();
  if (count >= 1 && count <= RUN_EVENTS_MAX) return count;
  throw new ProtocolError('frame_malformed', `receipts of ${count} publishes; 1 to ${RUN_EVENTS_MAX}`, at);
}

function readReceipt(from: ByteReader): Receipt {
  const seq = from.varint();
  const matched = from.varint();
  const flags = from.u8();
  return {
    seq,
    matched,
    durable: (flags & RECEIPT_DURABLE) !== 0,
    unreadable: (flags & RECEIPT_UNREADABLE) !== 0,
    repeated: (flags & RECEIPT_REPEATED) !== 0,
    delayed: (flags & RECEIPT_DELAYED) !== 0,
  };
}

function readDropReason(from: ByteReader): DropReason {
  const at = from.at;
  const reason = DROP_REASONS[from.u8()];
  if (reason === undefined) throw new ProtocolError('frame_malformed', 'a drop reason of unknown kind', at);
  return reason;
}

/** A code that a newer broker knows and this client does not is still a refusal. */
function readCode(from: ByteReader): Code {
  const text = from.string();
  return isCode(text) ? text : 'internal';
}
