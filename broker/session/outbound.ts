import type { Handover, Outbox, Pumped } from '../delivery/outbox.ts';
import type { Time } from '../kernel/time.ts';
import type { Counters } from '../observe/counters.ts';
import {
  type BrokerControl,
  type ByteWriter,
  type Code,
  type DropReason,
  type FoundTuple,
  type LeaseGrant,
  type NothingReason,
  type OverReason,
  type Provenance,
  type Receipt,
  type RepliesOverReason,
  type ReplyKind,
  type Written,
  writeBrokerRecord,
  writeReplyRecord,
  writeSpaceAnswer,
} from '../protocol/index.ts';
import type { PublishedEvent } from '../publish/event.ts';
import type { PublishedRun } from '../publish/published-run.ts';
import type { Handed, RequestLine } from '../requests/line.ts';
import type { Connection, SendOutcome } from '../transports/transport.ts';
import type { Flushable, Flushes } from './flushes.ts';
import type { Gathering, Gatherings } from './gathering.ts';
import type { OutboundBudget } from './outbound-budget.ts';
import { OutgoingTopics } from './topics.ts';

/** Shared by all connections. */
export interface OutboundMeans {
  readonly time: Time;
  readonly counters: Counters;
  /** So many bytes are gathered before they are sent within a turn; above so many unsent, `writable` is false. */
  readonly softBytes: number;
  /** Above so many unsent, the peer is too slow to be kept. */
  readonly hardBytes: number;
  readonly budget: OutboundBudget;
  readonly flushes: Flushes;
  readonly gatherings: Gatherings;
  readonly topicAliasesMax: number;
}

/**
 * The outgoing side of one connection. Records are gathered and sent once a turn, when what the sockets held has been
 * read: one system call for a hundred events costs a tenth of a hundred calls. Control frames keep their place among
 * them; those of one turn go as a list to a peer that has sent a list itself.
 *
 * Most connections are idle most of the time, so everything is made when it is needed first.
 */
export class Outbound implements Outbox, RequestLine, Flushable {
  readonly #connection: Connection;
  readonly #means: OutboundMeans;
  readonly #tooSlow: () => void;
  #topics: OutgoingTopics | undefined;
  #gathering: Gathering | undefined;
  /** Control frames in a row, with commas. While there are any, no records are gathered, and the reverse. */
  #controls = '';
  #sendsLists = false;
  #waiting: Set<Pumped> | undefined;
  #isDue = false;
  #stalled = false;
  #over = false;
  /** Of what is written next. */
  #provenance: Provenance | undefined;
  #unsentBytes = 0;

  /** `tooSlow` ends the connection. */
  constructor(connection: Connection, means: OutboundMeans, tooSlow: () => void) {
    this.#connection = connection;
    this.#means = means;
    this.#tooSlow = tooSlow;
  }

  get takesRuns(): boolean {
    return true;
  }

  get writable(): boolean {
    return !this.#stalled && !this.#over;
  }

  /** Nothing is gathered, and nothing waits for the peer to read. */
  get isFlushed(): boolean {
    return this.#gathering === undefined && this.#controls === '' && this.#connection.bufferedBytes === 0;
  }

  /** The peer sends lists of control frames, so it reads them. */
  sendLists(): void {
    this.#sendsLists = true;
  }

  pumpWhenWritable(delivery: Pumped): void {
    this.#waiting ??= new Set();
    this.#waiting.add(delivery);
  }

  /** The peer has read: goes on where `writable` was false. */
  drained(): void {
    this.#measure();
    if (this.#unsentBytes > this.#means.softBytes / 2) return;
    this.#stalled = false;
    this.#means.budget.flowing(this);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) for (const delivery of waiting) delivery.pump();
  }

  /**
   * To be called now and then: goes on where no event said that it may. What waits and has not become less since the last
   * time is given a push.
   */
  nudge(): void {
    if (this.#over) return;
    const before = this.#unsentBytes;
    this.#measure();
    if (this.#unsentBytes === 0) {
      if (this.#stalled) this.drained();
    } else if (this.#unsentBytes === before) this.#connection.nudge();
  }

  control(frame: BrokerControl): void {
    if (this.#over) return;
    const text = JSON.stringify(frame);
    if (!this.#sendsLists) {
      this.flush();
      this.#sendText(text);
      return;
    }
    this.#flushRecords();
    this.#controls = this.#controls === '' ? text : `${this.#controls},${text}`;
    this.#gathered(this.#controls.length);
  }

  receipts(firstRef: number, count: number, first: Receipt): void {
    const { receipts, records } = this.#gather();
    if (receipts.extend(firstRef, count, first)) return;
    receipts.end(records);
    receipts.begin(firstRef, count, first);
    this.#gathered(records.length);
  }

  provenance(provenance: Provenance): void {
    this.#provenance = provenance;
  }

  events(subscription: number, run: PublishedRun, from: number, count: number): void {
    const { topic, time } = run;
    this.#pushed(subscription, topic, time, run.firstSeq + from, count, run.bodies.slice(from, count));
  }

  event(subscription: number, event: PublishedEvent, handover?: Handover): void {
    if (handover === undefined && !event.retained) {
      this.#pushed(subscription, event.topic, event.time, event.seq, 1, event.bytes);
      return;
    }
    const { records } = this.#gather();
    const delivery = this.#delivery(event, handover, records);
    this.#tellProvenance(records);
    writeBrokerRecord.event(records, subscription, delivery, event.bytes);
    this.#gathered(records.length);
  }

  fetched(ref: number, event: PublishedEvent, handover: Handover): void {
    const { records } = this.#gather();
    writeBrokerRecord.fetched(records, ref, this.#delivery(event, handover, records), event.bytes);
    this.#gathered(records.length);
  }

  notice(subscription: number, event: PublishedEvent, { attempt, lease }: Handover): void {
    const { records } = this.#gather();
    const alias = this.#alias(event.topic, records);
    const notice = { seq: event.seq, alias, size: event.size, attempt, retention: lease };
    this.#tellProvenance(records);
    writeBrokerRecord.notice(records, subscription, notice);
    this.#gathered(records.length);
  }

  gap(subscription: number, reason: DropReason, count: number, seq: number): void {
    this.#means.counters.gaps += 1;
    const { records } = this.#gather();
    writeBrokerRecord.gap(records, subscription, reason, count, seq);
    this.#gathered(records.length);
  }

  settled(ref: number, remainingMs: number): void {
    const { records } = this.#gather();
    writeBrokerRecord.settled(records, ref, remainingMs);
    this.#gathered(records.length);
  }

  written(firstRef: number, count: number, first: Written): void {
    const { written, records } = this.#gather();
    if (written.extend(firstRef, count, first)) return;
    written.end(records);
    written.begin(firstRef, count, first);
    this.#gathered(records.length);
  }

  found(ref: number, lease: LeaseGrant | undefined, next: number, tuples: readonly FoundTuple[]): void {
    const { records } = this.#gather();
    writeSpaceAnswer.found(records, ref, lease, next, tuples);
    this.#gathered(records.length);
  }

  nothing(ref: number, reason: NothingReason): void {
    const { records } = this.#gather();
    writeSpaceAnswer.nothing(records, ref, reason);
    this.#gathered(records.length);
  }

  begun(ref: number, lease: LeaseGrant): void {
    const { records } = this.#gather();
    writeSpaceAnswer.begun(records, ref, lease);
    this.#gathered(records.length);
  }

  refused(ref: number, code: Code, message: string): void {
    const { records } = this.#gather();
    writeBrokerRecord.refused(records, ref, code, message);
    this.#gathered(records.length);
  }

  call({ server, call, topic, remainingMs, attempt, parts }: Handed, bodyBytes: Uint8Array): void {
    const { records } = this.#gather();
    const alias = this.#alias(topic, records);
    writeReplyRecord.call(records, { server, call, alias, remainingMs, attempt, parts }, bodyBytes);
    this.#gathered(records.length);
  }

  callOver(call: number, reason: OverReason): void {
    const { records } = this.#gather();
    writeReplyRecord.callOver(records, call, reason);
    this.#gathered(records.length);
  }

  wantedParts(call: number, parts: number): void {
    const { records } = this.#gather();
    writeReplyRecord.wantedParts(records, call, parts);
    this.#gathered(records.length);
  }

  replied(ref: number, repeated: boolean, kind: ReplyKind, bytes: Uint8Array): void {
    const { records } = this.#gather();
    writeReplyRecord.replied(records, ref, repeated, kind, bytes);
    this.#gathered(records.length);
  }

  repliesOver(ref: number, servers: number, replies: number, reason: RepliesOverReason): void {
    const { records } = this.#gather();
    writeReplyRecord.repliesOver(records, ref, servers, replies, reason);
    this.#gathered(records.length);
  }

  disconnectSlow(): void {
    if (this.#over) return;
    this.#finish();
    // Not at once: whoever finds the peer too slow is in the midst of delivering to it, and to others.
    this.#means.time.afterReads(() => this.#tooSlow());
  }

  /** The connection is closing: nothing that is written from here on would arrive. */
  end(): void {
    this.flush();
    if (!this.#over) this.#finish();
  }

  #finish(): void {
    const { budget } = this.#means;
    this.#over = true;
    this.#waiting = undefined;
    budget.flowing(this);
    const unsentBytes = this.#unsentBytes;
    this.#unsentBytes = 0;
    budget.move(unsentBytes, 0);
  }

  flushDue(): void {
    this.#isDue = false;
    this.flush();
  }

  flush(): void {
    this.#flushControls();
    this.#flushRecords();
  }

  #flushControls(): void {
    if (this.#controls === '') return;
    const text = `[${this.#controls}]`;
    this.#controls = '';
    if (!this.#over) this.#sendText(text);
  }

  #sendText(text: string): void {
    this.#means.counters.framesOut += 1;
    this.#means.counters.bytesOut += Buffer.byteLength(text);
    this.#sent(this.#connection.sendText(text));
  }

  #flushRecords(): void {
    const gathering = this.#gathering;
    if (gathering === undefined) return;
    this.#gathering = undefined;
    const { records, receipts, written } = gathering;
    receipts.end(records);
    written.end(records);
    let outcome: SendOutcome = 'sent';
    if (!this.#over && records.length > 0) {
      this.#means.counters.framesOut += 1;
      this.#means.counters.bytesOut += records.length;
      outcome = this.#connection.sendBinary(records.written());
    }
    this.#means.gatherings.giveBack(gathering);
    this.#sent(outcome);
  }

  /** In the record that stands last, if that is of events which these follow. */
  #pushed(subscription: number, topic: string, time: number, seq: number, count: number, bodies: Uint8Array): void {
    const { records, open } = this.#gather();
    const provenance = this.#provenance;
    if (provenance !== undefined && !open.follows(provenance)) open.close();
    if (!open.extend(records, subscription, topic, time, seq, count, bodies)) {
      const alias = this.#alias(topic, records);
      this.#tellProvenance(records);
      writeBrokerRecord.events(records, subscription, { alias, time, seq }, count, bodies);
      open.begin(records, subscription, topic, time, seq, count, bodies.length, provenance);
    }
    this.#provenance = undefined;
    this.#gathered(records.length);
  }

  /** Of the record that is written next, where its subscriber wants to know. */
  #tellProvenance(to: ByteWriter): void {
    if (this.#provenance === undefined) return;
    writeBrokerRecord.provenance(to, this.#provenance);
    this.#provenance = undefined;
  }

  #delivery(event: PublishedEvent, handover: Handover | undefined, to: ByteWriter) {
    const alias = this.#alias(event.topic, to);
    return {
      seq: event.seq,
      time: event.time,
      alias,
      attempt: handover?.attempt ?? 0,
      lease: handover?.lease,
      retained: event.retained,
    };
  }

  #alias(topic: string, to: ByteWriter): number {
    this.#topics ??= new OutgoingTopics(this.#means.topicAliasesMax);
    return this.#topics.alias(topic, to);
  }

  #gather(): Gathering {
    this.#flushControls();
    this.#gathering ??= this.#means.gatherings.take();
    return this.#gathering;
  }

  #gathered(length: number): void {
    if (length >= this.#means.softBytes) this.flush();
    else if (!this.#isDue) {
      this.#isDue = true;
      this.#means.flushes.add(this);
    }
  }

  #sent(outcome: SendOutcome): void {
    if (outcome === 'sent' || this.#over) return;
    const { softBytes, hardBytes, budget } = this.#means;
    if (!this.#stalled && this.#connection.bufferedBytes > softBytes) {
      this.#stalled = true;
      budget.stalled(this);
    }
    this.#measure();
    if (outcome === 'lost' || this.#unsentBytes > hardBytes) this.disconnectSlow();
  }

  #measure(): void {
    const before = this.#unsentBytes;
    this.#unsentBytes = this.#connection.bufferedBytes;
    this.#means.budget.move(before, this.#unsentBytes);
  }
}
