import type { ByteReader, ByteWriter } from './bytes.ts';
import { ProtocolError } from './codes.ts';
import { type LeaseGrant, readLease, writeLease } from './lease-grant.ts';

/**
 * Records of spaces. Tuples and templates travel as JSON text: a string each. A space is meant by the number that
 * `spaceOpened` gave it, a transaction by the id of its lease.
 */

/** From client to broker. */
export const OUT = 0x20;
export const FIND = 0x21;
export const CANCEL = 0x22;
export const BEGIN = 0x23;
export const RENEW = 0x24;

/** From broker to client. */
export const WRITTEN = 0xa0;
export const FOUND = 0xa1;
export const NOTHING = 0xa2;
export const BEGUN = 0xa3;

/** What a client says of one tuple that it puts into a space. */
export interface OutOptions {
  /** So long it stays, if nobody takes it. Absent: as the broker is configured. */
  readonly leaseMs: number | undefined;
  /** Only this transaction sees it until it commits. */
  readonly transaction: number | undefined;
  /**
   * From 1, rising with each `out` of one source into one space: said again after a lost connection, it is recognised. The
   * source was named by `openSpace`.
   */
  readonly id: number | undefined;
}

export const NO_OUT_OPTIONS: OutOptions = { leaseMs: undefined, transaction: undefined, id: undefined };

/** What a client wants of the tuples that fit its template. */
export interface FindWish {
  /** They leave the space; else they are only read. */
  readonly take: boolean;
  /** Where none fits: wait for one, so many milliseconds, 0 for as long as it takes. Absent: the answer is `nothing`. */
  readonly waitMs: number | undefined;
  readonly transaction: number | undefined;
  /**
   * Of a take without a transaction: so long the tuples are kept for the taker, who commits, aborts or extends by
   * `settle`. Absent: as the broker is configured.
   */
  readonly leaseMs: number | undefined;
  /** Of a take without a transaction: no lease, they are gone with the answer, though the answer may be lost. */
  readonly final: boolean;
  /** More than one: never waits. Absent: one. */
  readonly many: FindMany | undefined;
}

export interface FindMany {
  /** At most so many; the broker may answer with fewer, and say where to go on. */
  readonly max: number;
  /** Only tuples with larger numbers. */
  readonly after: number;
}

/** What becomes of a tuple that was put into a space. */
export interface Written {
  /** Of the tuple in its space, in order of `out`. */
  readonly tuple: number;
  /** Of its lease; 0 in a transaction, at whose commit it begins. */
  readonly remainingMs: number;
  /** It is on disk. */
  readonly durable: boolean;
  /** It was put there before, under this id. It may be gone again. */
  readonly repeated: boolean;
}

export interface FoundTuple {
  readonly tuple: number;
  readonly text: string;
}

/** Why a find found nothing: none fits now; none came in time; it was given up. */
export const NOTHING_REASONS = ['none', 'deadline', 'cancelled'] as const;
export type NothingReason = (typeof NOTHING_REASONS)[number];

const OUT_LEASE = 1;
const OUT_TRANSACTION = 2;
const OUT_ID = 4;
const KNOWN_OUT_FLAGS = 7;

const FIND_TAKE = 1;
const FIND_WAIT = 2;
const FIND_TRANSACTION = 4;
const FIND_LEASE = 8;
const FIND_FINAL = 16;
const FIND_MANY = 32;
const KNOWN_FIND_FLAGS = 63;

const WRITTEN_DURABLE = 1;
const WRITTEN_REPEATED = 2;

/** Takes the records of a client that concern spaces, as `ClientRecordHandler` takes the others. */
export interface SpaceRequestHandler {
  /** `tuple`: a JSON array or object. With `ref` 0 nothing is answered but a refusal. */
  out(ref: number, space: number, options: OutOptions, tuple: string): void;
  find(ref: number, space: number, wish: FindWish, template: string): void;
  /** Gives up the find with this ref, which is answered all the same: by `nothing`, or by what came first. */
  cancel(ref: number): void;
  /** Begins a transaction. `leaseMs` 0: as the broker is configured. */
  begin(ref: number, leaseMs: number): void;
  /** Sets the lease of a tuple; with `leaseMs` 0 the tuple is removed. */
  renew(ref: number, space: number, tuple: number, leaseMs: number): void;
}

export const writeSpaceRequest = {
  out(to: ByteWriter, ref: number, space: number, { leaseMs, transaction, id }: OutOptions, tuple: string): void {
    to.u8(OUT);
    to.varint(ref);
    to.varint(space);
    to.u8(
      (leaseMs === undefined ? 0 : OUT_LEASE) |
        (transaction === undefined ? 0 : OUT_TRANSACTION) |
        (id === undefined ? 0 : OUT_ID),
    );
    if (leaseMs !== undefined) to.varint(leaseMs);
    if (transaction !== undefined) to.varint(transaction);
    if (id !== undefined) to.varint(id);
    to.string(tuple);
  },

  find(to: ByteWriter, ref: number, space: number, wish: FindWish, template: string): void {
    const { take, waitMs, transaction, leaseMs, final, many } = wish;
    to.u8(FIND);
    to.varint(ref);
    to.varint(space);
    to.u8(
      (take ? FIND_TAKE : 0) |
        (waitMs === undefined ? 0 : FIND_WAIT) |
        (transaction === undefined ? 0 : FIND_TRANSACTION) |
        (leaseMs === undefined ? 0 : FIND_LEASE) |
        (final ? FIND_FINAL : 0) |
        (many === undefined ? 0 : FIND_MANY),
    );
    if (waitMs !== undefined) to.varint(waitMs);
    if (transaction !== undefined) to.varint(transaction);
    if (leaseMs !== undefined) to.varint(leaseMs);
    if (many !== undefined) {
      to.varint(many.max);
      to.varint(many.after);
    }
    to.string(template);
  },

  cancel(to: ByteWriter, ref: number): void {
    to.u8(CANCEL);
    to.varint(ref);
  },

  begin(to: ByteWriter, ref: number, leaseMs: number): void {
    to.u8(BEGIN);
    to.varint(ref);
    to.varint(leaseMs);
  },

  renew(to: ByteWriter, ref: number, space: number, tuple: number, leaseMs: number): void {
    to.u8(RENEW);
    to.varint(ref);
    to.varint(space);
    to.varint(tuple);
    to.varint(leaseMs);
  },
};

/** Reads what follows a tag. False, and nothing is read, when the tag is none of a space. */
export function readSpaceRequest(tag: number, from: ByteReader, handler: SpaceRequestHandler): boolean {
  switch (tag) {
    case OUT:
      handler.out(from.varint(), from.varint(), readOutOptions(from), from.string());
      return true;
    case FIND:
      handler.find(from.varint(), from.varint(), readWish(from), from.string());
      return true;
    case CANCEL:
      handler.cancel(from.varint());
      return true;
    case BEGIN:
      handler.begin(from.varint(), from.varint());
      return true;
    case RENEW:
      handler.renew(from.varint(), from.varint(), from.varint(), from.varint());
      return true;
    default:
      return false;
  }
}

function readOutOptions(from: ByteReader): OutOptions {
  const at = from.at;
  const flags = from.u8();
  if (flags === 0) return NO_OUT_OPTIONS;
  if (flags > KNOWN_OUT_FLAGS) throw new ProtocolError('frame_malformed', `unknown flags ${flags} of an out`, at);
  return {
    leaseMs: (flags & OUT_LEASE) !== 0 ? from.varint() : undefined,
    transaction: (flags & OUT_TRANSACTION) !== 0 ? from.varint() : undefined,
    id: (flags & OUT_ID) !== 0 ? from.varint() : undefined,
  };
}

function readWish(from: ByteReader): FindWish {
  const at = from.at;
  const flags = from.u8();
  if (flags > KNOWN_FIND_FLAGS) throw new ProtocolError('frame_malformed', `unknown flags ${flags} of a find`, at);
  return {
    take: (flags & FIND_TAKE) !== 0,
    waitMs: (flags & FIND_WAIT) !== 0 ? from.varint() : undefined,
    transaction: (flags & FIND_TRANSACTION) !== 0 ? from.varint() : undefined,
    leaseMs: (flags & FIND_LEASE) !== 0 ? from.varint() : undefined,
    final: (flags & FIND_FINAL) !== 0,
    many: (flags & FIND_MANY) !== 0 ? { max: from.varint(), after: from.varint() } : undefined,
  };
}

/** Takes the records of a broker that concern spaces, as `BrokerRecordHandler` takes the others. */
export interface SpaceAnswerHandler {
  /** Of as many outs as `count` says: refs and tuples both rise by one, the rest is the same for all. */
  written(firstRef: number, count: number, first: Written): void;
  /**
   * `lease`: of a take that is neither final nor in a transaction, for all of `tuples`. `next`: of a find of many, the
   * number to go on after; 0 when there is no more.
   */
  found(ref: number, lease: LeaseGrant | undefined, next: number, tuples: readonly FoundTuple[]): void;
  nothing(ref: number, reason: NothingReason): void;
  begun(ref: number, lease: LeaseGrant): void;
}

export const writeSpaceAnswer = {
  written(to: ByteWriter, firstRef: number, count: number, first: Written): void {
    const { tuple, remainingMs, durable, repeated } = first;
    to.u8(WRITTEN);
    to.varint(firstRef);
    to.varint(count);
    to.varint(tuple);
    to.varint(remainingMs);
    to.u8((durable ? WRITTEN_DURABLE : 0) | (repeated ? WRITTEN_REPEATED : 0));
  },

  found(to: ByteWriter, ref: number, lease: LeaseGrant | undefined, next: number, tuples: readonly FoundTuple[]): void {
    to.u8(FOUND);
    to.varint(ref);
    to.u8(lease === undefined ? 0 : 1);
    if (lease !== undefined) writeLease(to, lease);
    to.varint(next);
    to.varint(tuples.length);
    for (const { tuple, text } of tuples) {
      to.varint(tuple);
      to.string(text);
    }
  },

  nothing(to: ByteWriter, ref: number, reason: NothingReason): void {
    to.u8(NOTHING);
    to.varint(ref);
    to.u8(NOTHING_REASONS.indexOf(reason));
  },

  begun(to: ByteWriter, ref: number, lease: LeaseGrant): void {
    to.u8(BEGUN);
    to.varint(ref);
    writeLease(to, lease);
  },
};

/** Reads what follows a tag. False, and nothing is read, when the tag is none of a space. */
export function readSpaceAnswer(tag: number, from: ByteReader, handler: SpaceAnswerHandler): boolean {
  switch (tag) {
    case WRITTEN:
      handler.written(from.varint(), readCount(from), readWritten(from));
      return true;
    case FOUND: {
      const ref = from.varint();
      const lease = from.u8() === 0 ? undefined : readLease(from);
      handler.found(ref, lease, from.varint(), readTuples(from));
      return true;
    }
    case NOTHING:
      handler.nothing(from.varint(), NOTHING_REASONS[from.u8()] ?? 'none');
      return true;
    case BEGUN:
      handler.begun(from.varint(), readLease(from));
      return true;
    default:
      return false;
  }
}

/** As many as one `written` may answer. */
export const WRITTEN_MAX = 65_535;

function readCount(from: ByteReader): number {
  const at = from.at;
  const count = from.varint();
  if (count >= 1 && count <= WRITTEN_MAX) return count;
  throw new ProtocolError('frame_malformed', `an answer to ${count} outs; 1 to ${WRITTEN_MAX}`, at);
}

function readWritten(from: ByteReader): Written {
  const tuple = from.varint();
  const remainingMs = from.varint();
  const flags = from.u8();
  return {
    tuple,
    remainingMs,
    durable: (flags & WRITTEN_DURABLE) !== 0,
    repeated: (flags & WRITTEN_REPEATED) !== 0,
  };
}

function readTuples(from: ByteReader): FoundTuple[] {
  const tuples: FoundTuple[] = [];
  for (let left = from.varint(); left > 0; left--) tuples.push({ tuple: from.varint(), text: from.string() });
  return tuples;
}
