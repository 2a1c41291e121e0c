import { type BodyToWrite, writeBody } from './body.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { ProtocolError } from './codes.ts';
import type { PublishOrder } from './order.ts';
import { type RequestHandler, readRequestRecord } from './request-records.ts';
import { BodyRun, RUN_EVENTS_MAX } from './run.ts';
import { readSpaceRequest, type SpaceRequestHandler } from './space-records.ts';

/** Record tags from client to broker. The high bit is clear. */
const TOPIC = 0x01;
const PUBLISH = 0x02;
const CREDIT = 0x03;
const FETCH = 0x04;
const SETTLE = 0x05;

/** How a client ends or prolongs a delivery: done, give back (after a delay), keep for longer. */
export type Settlement = 'ack' | 'release' | 'extend';
const SETTLEMENTS: readonly Settlement[] = ['ack', 'release', 'extend'];

/** What a publisher wants beyond at once and at best. Every one is absent or false where nothing is said. */
export interface PublishOptions {
  /** The receipt must mean that it is on disk, where a mailbox keeps it. */
  readonly durable: boolean;
  /** Somebody must want it. */
  readonly mandatory: boolean;
  /** It is kept as the topic's last value, for subscribers to come. */
  readonly retain: boolean;
  /** After so many milliseconds nobody is given it any more. */
  readonly ttlMs: number | undefined;
  /** It takes its place in the order after so many milliseconds. */
  readonly delayMs: number | undefined;
  /** Where its publisher says that it stands. Absent: nothing is said of that. */
  readonly order?: PublishOrder | undefined;
}

export const NO_OPTIONS: PublishOptions = {
  durable: false,
  mandatory: false,
  retain: false,
  ttlMs: undefined,
  delayMs: undefined,
  order: undefined,
};

const DURABLE = 1;
const MANDATORY = 2;
const RETAIN = 4;
const HAS_TTL = 8;
const HAS_DELAY = 16;
const HAS_ORDER = 32;
const KNOWN_OPTIONS = 63;

/**
 * Takes the records of one frame, in their order. A method that throws ends the reading of the frame; the run of
 * `publish` is valid until it returns.
 */
export interface ClientRecordHandler {
  /** Takes what concerns requests. Absent: such records are unknown. */
  readonly requests?: RequestHandler | undefined;
  /** Takes what concerns spaces. Absent: such records are unknown. */
  readonly spaces?: SpaceRequestHandler | undefined;
  /** From now on `alias` means this topic, on this connection and in this direction. */
  topic(alias: number, text: string): void;
  /**
   * Events of one topic. The n-th has the n-th ref from `firstRef` on; with `firstRef` 0 no receipt is wanted, only a
   * refusal.
   */
  publish(firstRef: number, alias: number, run: BodyRun, options: PublishOptions): void;
  /** Adds to the credit of a subscription. */
  credit(subscription: number, events: number, bytes: number): void;
  /** Asks for a notified event under a delivery lease. `leaseMs` 0: the subscription's own. */
  fetch(ref: number, subscription: number, seq: number, leaseMs: number): void;
  /** `ms`: the delay before redelivery of a release; the new time of an extend; 0 for an ack. */
  settle(ref: number, settlement: Settlement, ms: number, leaseId: number, token: number): void;
}

/** Where a body is written to find its length. */
const single = new ByteWriter();

export const writeClientRecord = {
  topic(to: ByteWriter, alias: number, text: string): void {
    to.u8(TOPIC);
    to.varint(alias);
    to.string(text);
  },

  /** A run of one. */
  publish(to: ByteWriter, ref: number, alias: number, body: BodyToWrite, options: PublishOptions = NO_OPTIONS): void {
    single.clear();
    writeBody(single, body);
    writeClientRecord.publishRun(to, ref, alias, options, 1, single.written());
  },

  /** `bodies`: as many as `count` says, each written by `writeBody`. At most `RUN_EVENTS_MAX`. */
  publishRun(
    to: ByteWriter,
    firstRef: number,
    alias: number,
    options: PublishOptions,
    count: number,
    bodies: Uint8Array,
  ): void {
    to.u8(PUBLISH);
    to.varint(firstRef);
    to.varint(alias);
    writeOptions(to, flagsOf(options), options);
    to.varint(count);
    to.varint(bodies.length);
    to.raw(bodies);
  },

  credit(to: ByteWriter, subscription: number, events: number, bytes: number): void {
    to.u8(CREDIT);
    to.varint(subscription);
    to.varint(events);
    to.varint(bytes);
  },

  fetch(to: ByteWriter, ref: number, subscription: number, seq: number, leaseMs: number): void {
    to.u8(FETCH);
    to.varint(ref);
    to.varint(subscription);
    to.varint(seq);
    to.varint(leaseMs);
  },

  settle(to: ByteWriter, ref: number, settlement: Settlement, ms: number, leaseId: number, token: number): void {
    to.u8(SETTLE);
    to.varint(ref);
    to.u8(SETTLEMENTS.indexOf(settlement));
    to.varint(ms);
    to.varint(leaseId);
    to.varint(token);
  },
};

/** Reads a frame to its end. Throws ProtocolError at the first fault; what came before it has taken effect. */
export function readClientRecords(frame: Uint8Array, handler: ClientRecordHandler): void {
  const from = new ByteReader(frame);
  const run = new BodyRun();
  while (!from.done) {
    const at = from.at;
    const tag = from.u8();
    switch (tag) {
      case TOPIC:
        handler.topic(from.varint(), from.string());
        break;
      case PUBLISH: {
        const firstRef = from.varint();
        const alias = from.varint();
        const options = readOptions(from);
        run.read(from, from.varint(), from.varint());
        handler.publish(firstRef, alias, run, options);
        break;
      }
      case CREDIT:
        handler.credit(from.varint(), from.varint(), from.varint());
        break;
      case FETCH:
        handler.fetch(from.varint(), from.varint(), from.varint(), from.varint());
        break;
      case SETTLE:
        handler.settle(from.varint(), readSettlement(from), from.varint(), from.varint(), from.varint());
        break;
      default:
        if (handler.requests !== undefined && readRequestRecord(tag, from, handler.requests)) break;
        if (handler.spaces !== undefined && readSpaceRequest(tag, from, handler.spaces)) break;
        throw new ProtocolError('frame_unknown', `a record of unknown kind ${tag}`, at);
    }
  }
}

function flagsOf({ durable, mandatory, retain, ttlMs, delayMs, order }: PublishOptions): number {
  return (
    (durable ? DURABLE : 0) |
    (mandatory ? MANDATORY : 0) |
    (retain ? RETAIN : 0) |
    (ttlMs === undefined ? 0 : HAS_TTL) |
    (delayMs === undefined ? 0 : HAS_DELAY) |
    (order === undefined ? 0 : HAS_ORDER)
  );
}

function writeOptions(to: ByteWriter, flags: number, { ttlMs, delayMs, order }: PublishOptions): void {
  to.varint(flags);
  if (ttlMs !== undefined) to.varint(ttlMs);
  if (delayMs !== undefined) to.varint(delayMs);
  if (order === undefined) return;
  to.varint(order.number);
  // Most often nothing before it is under way, or little.
  to.varint(order.number - order.since);
  to.varint(order.past);
}

function readOptions(from: ByteReader): PublishOptions {
  const at = from.at;
  const flags = from.varint();
  if (flags === 0) return NO_OPTIONS;
  if (flags > KNOWN_OPTIONS) throw new ProtocolError('frame_malformed', `unknown options ${flags} of a publish`, at);
  return {
    durable: (flags & DURABLE) !== 0,
    mandatory: (flags & MANDATORY) !== 0,
    retain: (flags & RETAIN) !== 0,
    ttlMs: (flags & HAS_TTL) !== 0 ? from.varint() : undefined,
    delayMs: (flags & HAS_DELAY) !== 0 ? from.varint() : undefined,
    order: (flags & HAS_ORDER) !== 0 ? readOrder(from) : undefined,
  };
}

function readOrder(from: ByteReader): PublishOrder {
  const at = from.at;
  const number = from.varint();
  const since = number - from.varint();
  const past = from.varint();
  if (since < 1 || number > Number.MAX_SAFE_INTEGER - RUN_EVENTS_MAX) {
    throw new ProtocolError('frame_malformed', 'a publisher counts its events from 1', at);
  }
  // A provenance has one more than this, which has to be a number that can be read again.
  if (past >= Number.MAX_SAFE_INTEGER) throw new ProtocolError('frame_malformed', 'a past beyond every seq', at);
  return { number, since, past };
}

function readSettlement(from: ByteReader): Settlement {
  const at = from.at;
  const settlement = SETTLEMENTS[from.u8()];
  if (settlement === undefined) throw new ProtocolError('frame_malformed', 'a settlement of unknown kind', at);
  return settlement;
}
