import {
  type BodyToWrite,
  ByteWriter,
  type ClientControl,
  type PublishOptions,
  type Settlement,
  writeClientRecord,
} from '../broker/protocol/index.ts';
import { TellwhenError } from './errors.ts';
import type { ClientTime } from './time.ts';
import { OutgoingTopics } from './topics.ts';

export interface OutboxLimits {
  readonly controlFrameBytes: number;
  readonly dataFrameBytes: number;
  readonly eventBytes: number;
  readonly topicAliases: number;
  /** So long the broker knows an id again. Absent: it does not. */
  readonly dedupMs?: number | undefined;
}

/**
 * Gathers what one turn sends, so that it leaves in as few frames as the broker's limit allows. The order of calls is
 * the order on the wire, control frames included.
 */
export class Outbox {
  readonly #limits: OutboxLimits;
  readonly #time: ClientTime;
  readonly #send: (frame: string | Uint8Array) => void;
  readonly #writer = new ByteWriter(262_144);
  readonly #topics: OutgoingTopics;
  #flushDue = false;

  constructor(limits: OutboxLimits, time: ClientTime, send: (frame: string | Uint8Array) => void) {
    this.#limits = limits;
    this.#time = time;
    this.#send = send;
    this.#topics = new OutgoingTopics(limits.topicAliases);
  }

  /** Bytes gathered and not yet given to the socket. */
  get gatheredBytes(): number {
    return this.#writer.length;
  }

  /** Throws TellwhenError `event_too_large`, with nothing sent. */
  publish(ref: number, event: BodyToWrite & { readonly topic: string; readonly options: PublishOptions }): void {
    const { data, topic, options } = event;
    if (!fits(data, this.#limits.eventBytes)) throw this.#tooLarge(data);
    const alias = this.#topics.alias(topic, this.#defineTopic);
    const start = this.#writer.length;
    writeClientRecord.publish(this.#writer, ref, alias, event, options);
    if (!this.#recordWritten(start)) throw this.#tooLarge(data);
  }

  /** An event that may have come to the broker so long ago would be known there, if it is sent again now. */
  knownAgain(sinceMs: number): boolean {
    const { dedupMs = 0 } = this.#limits;
    return this.#time.nowMs() - sinceMs < dedupMs * DEDUP_SHARE;
  }

  credit(subscription: number, events: number, bytes: number): void {
    const start = this.#writer.length;
    writeClientRecord.credit(this.#writer, subscription, events, bytes);
    this.#recordWritten(start);
  }

  fetch(ref: number, subscription: number, seq: number, leaseMs: number): void {
    const start = this.#writer.length;
    writeClientRecord.fetch(this.#writer, ref, subscription, seq, leaseMs);
    this.#recordWritten(start);
  }

  settle(
    ref: number,
    settlement: Settlement,
    ms: number,
    lease: { readonly id: number; readonly token: number },
  ): void {
    const start = this.#writer.length;
    writeClientRecord.settle(this.#writer, ref, settlement, ms, lease.id, lease.token);
    this.#recordWritten(start);
  }

  /**
   * What was gathered goes first: a subscribe after a publish must not overtake it. Throws TellwhenError
   * `frame_too_large`, with nothing sent: the broker would close the connection.
   */
  control(frame: ClientControl): void {
    const text = JSON.stringify(frame);
    const { controlFrameBytes } = this.#limits;
    if (!fits(text, controlFrameBytes)) {
      const message = `the frame ${frame.kind} would be longer than ${controlFrameBytes} bytes, the most the broker takes`;
      throw new TellwhenError('frame_too_large', message);
    }
    this.flush();
    this.#send(text);
  }

  flush(): void {
    if (this.#writer.length === 0) return;
    const frame = this.#writer.written().slice();
    this.#writer.clear();
    this.#send(frame);
  }

  readonly #defineTopic = (alias: number, topic: string): void => {
    const start = this.#writer.length;
    writeClientRecord.topic(this.#writer, alias, topic);
    this.#recordWritten(start);
  };

  readonly #endTurn = (): void => {
    this.#flushDue = false;
    this.flush();
  };

  /** A record that does not fit any more starts the next frame. False, and it is taken back, if it fits into none. */
  #recordWritten(start: number): boolean {
    if (!this.#flushDue) {
      this.#flushDue = true;
      this.#time.endOfTurn(this.#endTurn);
    }
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

  #tooLarge(data: string | Uint8Array): TellwhenError {
    const { eventBytes } = this.#limits;
    const bytes = typeof data === 'string' ? encoder.encode(data).length : data.length;
    return new TellwhenError('event_too_large', `an event of ${bytes} bytes of data; the broker takes ${eventBytes}`);
  }
}

/** Of the time that the broker remembers, what is left for the way there. */
const DEDUP_SHARE = 0.9;

const encoder = new TextEncoder();
/** A UTF-16 code unit becomes three bytes at most. */
const UTF8_BYTES_MAX = 3;

function fits(text: string | Uint8Array, bytesMax: number): boolean {
  if (typeof text !== 'string') return text.length <= bytesMax;
  return text.length * UTF8_BYTES_MAX <= bytesMax || encoder.encode(text).length <= bytesMax;
}
