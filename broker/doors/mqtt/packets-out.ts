import type { Pumped } from '../../delivery/outbox.ts';
import type { Time } from '../../kernel/time.ts';
import type { Counters } from '../../observe/counters.ts';
import type { OutboundBudget, Slow } from '../../session/outbound-budget.ts';
import type { Connection } from '../../transports/transport.ts';
import { PacketWriter } from './packet-writer.ts';

export interface PacketsOutMeans {
  readonly time: Time;
  readonly counters: Counters;
  /** So many bytes are gathered before they are sent within a turn; above so many unsent, `writable` is false. */
  readonly softBytes: number;
  /** Above so many unsent, the peer is too slow to be kept. */
  readonly hardBytes: number;
  /** Shared by all connections, of all doors. */
  readonly budget: OutboundBudget;
  /** Ends the connection, which has become too slow. */
  readonly tooSlow: () => void;
}

/** The outgoing side of one connection: packets are gathered and sent once a turn, as `session/outbound.ts` does it. */
export class PacketsOut implements Slow {
  readonly #connection: Connection;
  readonly #means: PacketsOutMeans;
  readonly #packets = new PacketWriter();
  readonly #waiting = new Set<Pumped>();
  /** Where the last packet that `write` appended begins and ends; it ends nowhere once it is sent. */
  #lastStart = 0;
  #lastEnd = -1;
  #flushing = false;
  #stalled = false;
  #over = false;
  #unsentBytes = 0;

  constructor(connection: Connection, means: PacketsOutMeans) {
    this.#connection = connection;
    this.#means = means;
  }

  get writable(): boolean {
    return !this.#stalled && !this.#over;
  }

  get isFlushed(): boolean {
    return this.#packets.length === 0 && this.#connection.bufferedBytes === 0;
  }

  pumpWhenWritable(delivery: Pumped): void {
    if (!this.#over) this.#waiting.add(delivery);
  }

  send(packet: Uint8Array): void {
    if (this.#over) return;
    this.#packets.raw(packet);
    this.#gathered();
  }

  /** `write` appends one packet, and answers how long it is. False, and nothing is sent, where that is over `bytesMax`. */
  write(bytesMax: number, write: (to: PacketWriter) => number): boolean {
    if (this.#over) return true;
    const start = this.#packets.length;
    if (write(this.#packets) > bytesMax) {
      this.#packets.truncate(start);
      return false;
    }
    this.#lastStart = start;
    this.#lastEnd = this.#packets.length;
    this.#gathered();
    return true;
  }

  /**
   * Writes another packet in place of the last one. False, and nothing is changed, where that one is on its way, or
   * something was sent behind it, or the other one is over `bytesMax`.
   */
  rewrite(bytesMax: number, write: (to: PacketWriter) => number): boolean {
    if (this.#over || this.#packets.length !== this.#lastEnd) return false;
    const before = this.#packets.written().slice(this.#lastStart);
    this.#packets.truncate(this.#lastStart);
    const fits = write(this.#packets) <= bytesMax;
    if (!fits) {
      this.#packets.truncate(this.#lastStart);
      this.#packets.raw(before);
    }
    this.#lastEnd = this.#packets.length;
    return fits;
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

  /** To be called now and then: goes on where no event said that it may. */
  nudge(): void {
    if (this.#over) return;
    const before = this.#unsentBytes;
    this.#measure();
    if (this.#unsentBytes === 0) {
      if (this.#stalled) this.drained();
    } else if (this.#unsentBytes === before) this.#connection.nudge();
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

  flush(): void {
    if (this.#over) this.#packets.clear();
    if (this.#packets.length === 0) return;
    const { counters } = this.#means;
    counters.framesOut += 1;
    counters.bytesOut += this.#packets.length;
    const outcome = this.#connection.sendBinary(this.#packets.written());
    this.#packets.clear();
    this.#lastEnd = -1;
    if (outcome === 'sent' || this.#over) return;
    const { softBytes, hardBytes, budget } = this.#means;
    if (!this.#stalled && this.#connection.bufferedBytes > softBytes) {
      this.#stalled = true;
      budget.stalled(this);
    }
    this.#measure();
    if (outcome === 'lost' || this.#unsentBytes > hardBytes) this.disconnectSlow();
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

  #gathered(): void {
    if (this.#packets.length >= this.#means.softBytes) this.flush();
    else if (!this.#flushing) {
      this.#flushing = true;
      this.#means.time.afterReads(() => {
        this.#flushing = false;
        this.flush();
      });
    }
  }

  #measure(): void {
    const before = this.#unsentBytes;
    this.#unsentBytes = this.#connection.bufferedBytes;
    this.#means.budget.move(before, this.#unsentBytes);
  }
}
