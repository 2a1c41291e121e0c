import {
  type BodyToWrite,
  ByteWriter,
  type ClientControl,
  encodeReply,
  type FindWish,
  NO_OPTIONS,
  type OutOptions,
  type PublishOptions,
  type ReplyError,
  type ReplyKind,
  type RequestWish,
  RUN_EVENTS_MAX,
  type Settlement,
  writeBody,
  writeClientRecord,
  writeRequestRecord,
  writeSpaceRequest,
} from '../broker/protocol/index.ts';
import { TellwhenError } from './errors.ts';
import type { PlainPublication } from './plain-publication.ts';
import type { Standing } from './standing.ts';
import type { ClientTime } from './time.ts';
import { OutgoingTopics } from './topics.ts';

export interface OutboxLimits {
  readonly controlFrameBytes: number;
  readonly dataFrameBytes: number;
  readonly eventBytes: number;
  readonly topicAliases: number;
  /** So long the broker knows an id again. Absent: it does not. */
  readonly dedupMs?: number | undefined;
  /** Requests that may be unanswered. */
  readonly requests: number;
  /** So long the broker knows what it has answered. Absent: it does not. */
  readonly answersMs?: number | undefined;
}

/** An event on its way out. */
export interface Outgoing extends BodyToWrite {
  readonly topic: string;
  readonly options: PublishOptions;
  /** Where this client counts its events: which it is, from when it is written the first time. */
  number?: number;
}

/** A frame leaves within the turn when it has become so long: its reader can begin, and nobody holds megabytes. */
const FRAME_BYTES = 65_536;
/** What each of the two buffers may keep for the next frame, once it was needed. */
const FRAME_KEEP_BYTES = 2 * FRAME_BYTES;

/**
 * Gathers what one turn sends, so that it leaves in as few messages as the broker's limits allow. The order of calls is
 * the order on the wire, control frames included.
 */
export class Outbox {
  readonly #limits: OutboxLimits;
  readonly #time: ClientTime;

  readonly #send: (frame: string | Uint8Array) => void;
  readonly #standing: Standing | undefined;
  readonly #writer = new ByteWriter(FRAME_KEEP_BYTES);
  /** Of the run that is open, to which the next publish is added if it is of the same kind. */
  readonly #bodies = new ByteWriter(FRAME_KEEP_BYTES);
  #count = 0;
  #firstRef = 0;
  #alias = 0;
  #topic = '';
  #options: PublishOptions = NO_OPTIONS;
  /** The publisher's numbers of the run that is open; 0 where it has none. */
  #firstNumber = 0;
  #past = 0;
  /** What the run that is open was begun by, if it was a quiet publish that said nothing more. */
  #plain: PlainPublication | undefined;
  /** Up to so many bytes of bodies, its next data included, nothing is near a limit. */
  #plainBytesMax = 0;
  readonly #topics: OutgoingTopics;
  /** Control frames in a row, with commas. While there are any, nothing else is gathered, and the reverse. */
  #controls = '';
  #isList = false;
  #flushDue = false;

  /** `standing`: where events are to be counted. */
  constructor(limits: OutboxLimits, time: ClientTime, send: (frame: string | Uint8Array) => void, standing?: Standing) {
    this.#limits = limits;
    this.#time = time;
    this.#send = send;
    this.#standing = standing;
    this.#topics = new OutgoingTopics(limits.topicAliases);
  }

  /** Bytes gathered and not yet given to the socket. */
  get gatheredBytes(): number {
    return this.#writer.length + this.#bodies.length + this.#controls.length;
  }

  /** Throws TellwhenError `event_too_large`, with nothing sent. */
  publish(ref: number, event: Outgoing): void {
    const { data, topic, options } = event;
    if (!fits(data, this.#limits.eventBytes)) throw this.#tooLarge(data);
    this.#flushControls();
    const number = this.#numberOf(event, ref);
    if (!this.#continues(ref, topic, options, number)) this.#beginRun(ref, topic, options, number);
    const start = this.#bodies.length;
    writeBody(this.#bodies, event);
    this.#count += 1;
    this.#flushLater();
    if (!this.#runFits()) {
      const taken = this.#moveLast(start, ref);
      if (!taken) throw this.#tooLarge(data);
    }
    if (this.gatheredBytes >= FRAME_BYTES) this.flush();
  }

  /**
   * Without a receipt, of an event that says no more than `plain`; of one that follows another of the same, only the size
   * is looked at. The data is copied. Throws TellwhenError `event_too_large`, with nothing sent.
   */
  publishQuietly(plain: PlainPublication, data: Uint8Array): void {
    const bodies = this.#bodies;
    const size = data.length;
    if (plain !== this.#plain || bodies.length + size > this.#plainBytesMax || size > this.#limits.eventBytes) {
      this.#publishFirst(plain, data);
      return;
    }
    bodies.raw(plain.head);
    bodies.varint(size);
    bodies.raw(data);
    this.#count += 1;
  }

  /** An event that may have come to the broker so long ago would be known there, if it is sent again now. */
  knownAgain(sinceMs: number): boolean {
    const { dedupMs = 0 } = this.#limits;
    return this.#time.nowMs() - sinceMs < dedupMs * DEDUP_SHARE;
  }

  /** Requests that the broker lets this connection have unanswered. */
  get requestsMax(): number {
    return this.#limits.requests;
  }

  /** A request that may have come to the broker so long ago would be known there, if it is sent again now. */
  knowsAnswersSince(sinceMs: number): boolean {
    const { answersMs = 0 } = this.#limits;
    return this.#time.nowMs() - sinceMs < answersMs * DEDUP_SHARE;
  }

  /** Throws TellwhenError `event_too_large`, with nothing sent. */
  request(ref: number, request: BodyToWrite & { readonly topic: string }, wish: RequestWish): void {
    const { data, topic } = request;
    if (!fits(data, this.#limits.eventBytes)) throw this.#tooLarge(data);
    const alias = this.#topics.alias(topic, this.#defineTopic);
    const start = this.#beginRecord();
    writeRequestRecord.request(this.#writer, ref, alias, wish, request);
    if (!this.#recordWritten(start)) throw this.#tooLarge(data);
    if (this.gatheredBytes >= FRAME_BYTES) this.flush();
  }

  cancelRequest(ref: number): void {
    const start = this.#beginRecord();
    writeRequestRecord.cancelRequest(this.#writer, ref);
    this.#recordWritten(start);
  }

  wantParts(ref: number, parts: number): void {
    const start = this.#beginRecord();
    writeRequestRecord.wantParts(this.#writer, ref, parts);
    this.#recordWritten(start);
  }

  /** Throws TellwhenError `event_too_large`, with nothing sent. */
  reply(call: number, kind: ReplyKind, body?: BodyToWrite, error?: ReplyError): void {
    const bytes = body === undefined ? undefined : encodeReply(body, error);
    if (bytes !== undefined && bytes.length > this.#limits.eventBytes) throw this.#tooLarge(bytes);
    const start = this.#beginRecord();
    writeRequestRecord.reply(this.#writer, call, kind, bytes);
    this.#recordWritten(start);
    if (this.gatheredBytes >= FRAME_BYTES) this.flush();
  }

  credit(subscription: number, events: number, bytes: number): void {
    const start = this.#beginRecord();
    writeClientRecord.credit(this.#writer, subscription, events, bytes);
    this.#recordWritten(start);
  }

  fetch(ref: number, subscription: number, seq: number, leaseMs: number): void {
    const start = this.#beginRecord();
    writeClientRecord.fetch(this.#writer, ref, subscription, seq, leaseMs);
    this.#recordWritten(start);
  }

  settle(
    ref: number,
    settlement: Settlement,
    ms: number,
    lease: { readonly id: number; readonly token: number },
  ): void {
    const start = this.#beginRecord();
    writeClientRecord.settle(this.#writer, ref, settlement, ms, lease.id, lease.token);
    this.#recordWritten(start);
  }

  /** Throws TellwhenError `frame_too_large`, with nothing sent. */
  out(ref: number, space: number, options: OutOptions, tuple: string): void {
    const start = this.#beginRecord();
    writeSpaceRequest.out(this.#writer, ref, space, options, tuple);
    this.#spaceRecordWritten(start, tuple);
  }

  /** Throws TellwhenError `frame_too_large`, with nothing sent. */
  find(ref: number, space: number, wish: FindWish, template: string): void {
    const start = this.#beginRecord();
    writeSpaceRequest.find(this.#writer, ref, space, wish, template);
    this.#spaceRecordWritten(start, template);
  }

  cancelFind(ref: number): void {
    const start = this.#beginRecord();
    writeSpaceRequest.cancel(this.#writer, ref);
    this.#recordWritten(start);
  }

  begin(ref: number, leaseMs: number): void {
    const start = this.#beginRecord();
    writeSpaceRequest.begin(this.#writer, ref, leaseMs);
    this.#recordWritten(start);
  }

  /** `leaseMs` 0: the tuple is removed. */
  renewTuple(ref: number, space: number, tuple: number, leaseMs: number): void {
    const start = this.#beginRecord();
    writeSpaceRequest.renew(this.#writer, ref, space, tuple, leaseMs);
    this.#recordWritten(start);
  }

  /**
   * In its place among the records: a subscribe after a publish must not overtake it. Throws TellwhenError
   * `frame_too_large`, with nothing sent: the broker would close the connection.
   */
  control(frame: ClientControl): void {
    const text = JSON.stringify(frame);
    const { controlFrameBytes } = this.#limits;
    if (!fits(text, controlFrameBytes)) {
      const message = `the frame ${frame.kind} would be longer than ${controlFrameBytes} bytes, the most the broker takes`;
      throw new TellwhenError('frame_too_large', message);
    }
    this.#flushRecords();
    if (this.#controls === '') this.#controls = text;
    else if ((this.#controls.length + text.length + LIST_CHARACTERS) * UTF8_BYTES_MAX <= controlFrameBytes) {
      this.#controls = `${this.#controls},${text}`;
      this.#isList = true;
    } else {
      this.#flushControls();
      this.#controls = text;
    }
    this.#flushLater();
  }

  flush(): void {
    this.#flushControls();
    this.#flushRecords();
  }

  #flushControls(): void {
    if (this.#controls === '') return;
    const message = this.#isList ? `[${this.#controls}]` : this.#controls;
    this.#controls = '';
    this.#isList = false;
    this.#send(message);
  }

  #flushRecords(): void {
    this.#endRun();
    if (this.#writer.length === 0) return;
    const frame = this.#writer.written().slice();
    this.#writer.clear();
    this.#send(frame);
  }

  /** What follows it in the same run need not be looked at: that has an end before any limit is reached. */
  #publishFirst(plain: PlainPublication, data: Uint8Array): void {
    const { topic, contentType } = plain;
    this.publish(0, { topic, contentType, data, options: NO_OPTIONS });
    // What is counted is looked at each time.
    if (this.#count === 0 || this.#standing !== undefined) return;
    const frameBytes = Math.min(FRAME_BYTES, this.#limits.dataFrameBytes) - this.#writer.length;
    this.#plain = plain;
    this.#plainBytesMax = frameBytes - RUN_HEAD_BYTES_MAX - plain.head.length - SIZE_BYTES_MAX;
  }

  /** What takes its place later is not counted: others come before it. */
  #numberOf(event: Outgoing, ref: number): number {
    if (this.#standing === undefined || event.options.delayMs !== undefined) return 0;
    event.number ??= this.#standing.next(ref !== 0);
    return event.number;
  }

  #continues(ref: number, topic: string, options: PublishOptions, number: number): boolean {
    if (this.#count === 0 || this.#count === RUN_EVENTS_MAX) return false;
    if (number !== 0 && (number !== this.#firstNumber + this.#count || this.#standing?.past !== this.#past))
      return false;
    const next = this.#firstRef === 0 ? 0 : this.#firstRef + this.#count;
    return ref === next && topic === this.#topic && same(options, this.#options);
  }

  #beginRun(ref: number, topic: string, options: PublishOptions, number: number): void {
    this.#endRun();
    this.#alias = this.#topics.alias(topic, this.#defineTopic);
    this.#firstRef = ref;
    this.#topic = topic;
    this.#options = options;
    this.#firstNumber = number;
    this.#past = this.#standing?.past ?? 0;
  }

  #endRun(): void {
    if (this.#count === 0) return;
    const count = this.#count;
    this.#count = 0;
    this.#plain = undefined;
    writeClientRecord.publishRun(
      this.#writer,
      this.#firstRef,
      this.#alias,
      this.#optionsToWrite,
      count,
      this.#bodies.written(),
    );
    this.#bodies.clear();
  }

  /** With what is to be said of the order, where events are counted. */
  get #optionsToWrite(): PublishOptions {
    const number = this.#firstNumber;
    if (number === 0 || this.#standing === undefined) return this.#options;
    const since = Math.min(number, this.#standing.since);
    return { ...this.#options, order: { number, since, past: this.#past } };
  }

  /** Whether the frame, with the run that is open, is one that the broker takes. */
  #runFits(): boolean {
    const max = this.#limits.dataFrameBytes;
    const length = this.#writer.length + this.#bodies.length;
    if (length + RUN_HEAD_BYTES_MAX <= max) return true;
    const options = this.#options === NO_OPTIONS && this.#standing === undefined ? 1 : OPTIONS_BYTES_MAX;
    const numbers = [this.#firstRef, this.#alias, this.#count, this.#bodies.length];
    return length + 1 + options + numbers.reduce((sum, number) => sum + varintBytes(number), 0) <= max;
  }

  /** The last event of the run starts the next frame. False, and it is taken back, if it fits into none. */
  #moveLast(start: number, ref: number): boolean {
    const body = this.#bodies.written().slice(start);
    const number = this.#firstNumber === 0 ? 0 : this.#firstNumber + this.#count - 1;
    this.#bodies.truncate(start);
    this.#count -= 1;
    this.flush();
    this.#firstNumber = number;
    this.#firstRef = ref;
    this.#bodies.raw(body);
    this.#count = 1;
    if (this.#runFits()) return true;
    this.#bodies.clear();
    this.#count = 0;
    return false;
  }

  /** Where the next record begins, which is not a publish. */
  #beginRecord(): number {
    this.#flushControls();
    this.#endRun();
    return this.#writer.length;
  }

  #flushLater(): void {
    if (this.#flushDue) return;
    this.#flushDue = true;
    this.#time.endOfTurn(this.#endTurn);
  }

  readonly #defineTopic = (alias: number, topic: string): void => {
    const start = this.#beginRecord();
    writeClientRecord.topic(this.#writer, alias, topic);
    this.#recordWritten(start);
  };

  readonly #endTurn = (): void => {
    this.#flushDue = false;
    this.flush();
  };

  /** A record that does not fit any more starts the next frame. False, and it is taken back, if it fits into none. */
  #recordWritten(start: number): boolean {
    this.#flushLater();
    const { length } = this.#writer;
    if (length <= this.#limits.dataFrameBytes) return true;
    const written = this.#writer.written();
    const record = written.slice(start);
    const before = written.slice(0, start);
    const takes = record.length <= this.#limits.dataFrameBytes;
    this.#writer.clear();
    if (takes) this.#writer.raw(record);
    if (start > 0) this.#send(before);
    return takes;
  }

  #spaceRecordWritten(start: number, text: string): void {
    if (!this.#recordWritten(start)) {
      const { dataFrameBytes } = this.#limits;
      const what = `a tuple or template of ${text.length} characters; a frame that the broker takes has ${dataFrameBytes} bytes`;
      throw new TellwhenError('frame_too_large', what);
    }
    if (this.gatheredBytes >= FRAME_BYTES) this.flush();
  }

  #tooLarge(data: string | Uint8Array): TellwhenError {
    const { eventBytes } = this.#limits;
    const bytes = typeof data === 'string' ? encoder.encode(data).length : data.length;
    return new TellwhenError('event_too_large', `an event of ${bytes} bytes of data; the broker takes ${eventBytes}`);
  }
}

/** The options of a publish: flags, two times, and three numbers of its order. */
const OPTIONS_BYTES_MAX = 35;
/** More than what stands before the bodies of a run. */
const RUN_HEAD_BYTES_MAX = 64;
/** What stands between the head of an event and its data. */
const SIZE_BYTES_MAX = 8;

/** Of the time that the broker remembers, what is left for the way there. */
const DEDUP_SHARE = 0.9;

/** A comma and the two brackets of a list. */
const LIST_CHARACTERS = 3;

const encoder = new TextEncoder();
/** A UTF-16 code unit becomes three bytes at most. */
const UTF8_BYTES_MAX = 3;

function fits(text: string | Uint8Array, bytesMax: number): boolean {
  if (typeof text !== 'string') return text.length <= bytesMax;
  return text.length * UTF8_BYTES_MAX <= bytesMax || encoder.encode(text).length <= bytesMax;
}

function same(one: PublishOptions, other: PublishOptions): boolean {
  if (one === other) return true;
  if (one.durable !== other.durable || one.mandatory !== other.mandatory || one.retain !== other.retain) return false;
  return one.ttlMs === other.ttlMs && one.delayMs === other.delayMs;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) bytes += 1;
  return bytes;
}
