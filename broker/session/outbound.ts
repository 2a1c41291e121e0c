import type { Handover, Outbox, Pumped } from '../delivery/outbox.ts';
import type { Time } from '../kernel/time.ts';
import type { Counters } from '../observe/counters.ts';
import {
  type BrokerControl,
  ByteWriter,
  type Code,
  type DropReason,
  type Receipt,
  writeBrokerRecord,
} from '../protocol/index.ts';
import type { PublishedEvent } from '../publish/event.ts';
import type { PublishedRun } from '../publish/published-run.ts';
import type { Connection, SendOutcome } from '../transports/transport.ts';
import { OpenEvents } from './open-events.ts';
import { OpenReceipts } from './open-receipts.ts';
import type { OutboundBudget } from './outbound-budget.ts';
import { OutgoingTopics } from './topics.ts';

export interface OutboundMeans {
  readonly time: Time;
  readonly counters: Counters;
  /** So many bytes are gathered before they are sent within a turn; above so many unsent, `writable` is false. */
  readonly softBytes: number;
  /** Above so many unsent, the peer is too slow to be kept. */
  readonly hardBytes: number;
  /** Shared by all connections. */
  readonly budget: OutboundBudget;
  readonly topicAliasesMax: number;
  /** Ends the connection, which has become too slow. */
  readonly tooSlow: () => void;
}

/**
 * The outgoing side of one connection. Records are gathered and sent once a turn, when what the sockets held has been
 * read: one system call for a hundred events costs a tenth of a hundred calls. Control frames keep their place among
 * them.
 */
export class Outbound implements Outbox {
  readonly takesRuns = true;
  readonly #connection: Connection;
  readonly #means: OutboundMeans;
  readonly #topics: OutgoingTopics;
  readonly #records = new ByteWriter();
  readonly #open = new OpenEvents();
  readonly #receipts = new OpenReceipts();
  readonly #waiting = new Set<Pumped>();
  #flushing = false;
  #stalled = false;
  #over = false;
  #unsentBytes = 0;

  constructor(connection: Connection, means: OutboundMeans) {
    this.#connection = connection;
    this.#means = means;
    this.#topics = new OutgoingTopics(means.topicAliasesMax);
  }

  get writable(): boolean {
    return !this.#stalled && !this.#over;
  }

  /** Nothing is gathered, and nothing waits for the peer to read. */
  get isFlushed(): boolean {
    return this.#records.length === 0 && this.#receipts.count === 0 && this.#connection.bufferedBytes === 0;
  }

  pumpWhenWritable(delivery: Pumped): void {
    this.#waiting.add(delivery);
  }

  /** The peer has read: goes on where `writable` was false. */
  drained(): void {
    this.#measure();
    if (this.#unsentBytes > this.#means.softBytes / 2) return;
    this.#stalled = false;
    this.#means.budget.flowing(this);
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const delivery of waiting) delivery.pump();
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
    this.flush();
    const text = JSON.stringify(frame);
    this.#means.counters.framesOut += 1;
    this.#means.counters.bytesOut += Buffer.byteLength(text);
    this.#sent(this.#connection.sendText(text));
  }

  receipts(firstRef: number, count: number, first: Receipt): void {
    if (this.#receipts.extend(firstRef, count, first)) return;
    this.#receipts.end(this.#records);
    this.#receipts.begin(firstRef, count, first);
    this.#gathered();
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
    writeBrokerRecord.event(this.#records, subscription, this.#delivery(event, handover), event.bytes);
    this.#gathered();
  }

  fetched(ref: number, event: PublishedEvent, handover: Handover): void {
    writeBrokerRecord.fetched(this.#records, ref, this.#delivery(event, handover), event.bytes);
    this.#gathered();
  }

  notice(subscription: number, event: PublishedEvent, { attempt, lease }: Handover): void {
    const alias = this.#topics.alias(event.topic, this.#records);
    const notice = { seq: event.seq, alias, size: event.size, attempt, retention: lease };
    writeBrokerRecord.notice(this.#records, subscription, notice);
    this.#gathered();
  }

  gap(subscription: number, reason: DropReason, count: number, seq: number): void {
    this.#means.counters.gaps += 1;
    writeBrokerRecord.gap(this.#records, subscription, reason, count, seq);
    this.#gathered();
  }

  settled(ref: number, remainingMs: number): void {
    writeBrokerRecord.settled(this.#records, ref, remainingMs);
    this.#gathered();
  }

  refused(ref: number, code: Code, message: string): void {
    writeBrokerRecord.refused(this.#records, ref, code, message);
    this.#gathered();
  }

  disconnectSlow(): void {
    if (this.#over) return;
    this.#finish();
    // Not at once: whoever finds the peer too slow is in the midst of delivering to it, and to others.
    this.#means.time.afterReads(() => this.#means.tooSlow());
  }

  /** The connection is closing: nothing that is written from here on would arrive. */
  end(): void {
    this.flush();
    if (!this.#over) this.#finish();
  }

  #finish(): void {
    const { budget } = this.#means;
    this.#over = true;
    this.#waiting.clear();
    budget.flowing(this);
    const unsentBytes = this.#unsentBytes;
    this.#unsentBytes = 0;
    budget.move(unsentBytes, 0);
  }

  flush(): void {
    this.#receipts.end(this.#records);
    if (this.#over) this.#records.clear();
    if (this.#records.length === 0) return;
    this.#means.counters.framesOut += 1;
    this.#means.counters.bytesOut += this.#records.length;
    const outcome = this.#connection.sendBinary(this.#records.written());
    this.#records.clear();
    this.#open.close();
    this.#sent(outcome);
  }

  /** In the record that stands last, if that is of events which these follow. */
  #pushed(subscription: number, topic: string, time: number, seq: number, count: number, bodies: Uint8Array): void {
    const open = this.#open;
    if (!open.extend(this.#records, subscription, topic, time, seq, count, bodies)) {
      const alias = this.#topics.alias(topic, this.#records);
      writeBrokerRecord.events(this.#records, subscription, { alias, time, seq }, count, bodies);
      open.begin(this.#records, subscription, topic, time, seq, count, bodies.length);
    }
    this.#gathered();
  }

  #delivery(event: PublishedEvent, handover: Handover | undefined) {
    const alias = this.#topics.alias(event.topic, this.#records);
    return {
      seq: event.seq,
      time: event.time,
      alias,
      attempt: handover?.attempt ?? 0,
      lease: handover?.lease,
      retained: event.retained,
    };
  }

  #gathered(): void {
    if (this.#records.length >= this.#means.softBytes) this.flush();
    else if (!this.#flushing) {
      this.#flushing = true;
      this.#means.time.afterReads(() => {
        this.#flushing = false;
        this.flush();
      });
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
