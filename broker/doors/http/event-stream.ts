import type { Handover } from '../../delivery/outbox.ts';
import type { Time } from '../../kernel/time.ts';
import type { DropReason } from '../../protocol/index.ts';
import type { PublishedEvent } from '../../publish/event.ts';
import type { OutboundBudget, Slow } from '../../session/outbound-budget.ts';
import type { HttpReply, HttpStream } from '../../transports/transport.ts';
import type { EventTexts } from './event-texts.ts';
import type { Reader } from './readers.ts';
import type { Format } from './schemas.ts';

export interface EventStreamMeans {
  readonly time: Time;
  readonly texts: EventTexts;
  readonly format: Format;
  /** With more unsent, it wants no more. */
  readonly softBytes: number;
  /** What it has unsent counts there, with what every connection has. */
  readonly budget: OutboundBudget;
  /** It wants more than before. */
  readonly wantsAgain: () => void;
  /** Whoever read has gone, or was let go. Called once. */
  readonly over: () => void;
}

/** How long a browser waits before it comes again when the stream ends. */
const RETRY_MS = 1_000;

const HEADERS = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-store',
  // A proxy that gathers what it passes on would make events late.
  'X-Accel-Buffering': 'no',
};

const HEARTBEAT = new TextEncoder().encode(':\n\n');

/**
 * Events as Server-Sent Events (WHATWG HTML §9.2): the seq of each as its id, with which a client that comes again says
 * where it was. What is written in one turn goes out together. A client that does not read makes the stream want nothing,
 * and what happens to its events then is the subscription's business.
 */
export class EventStream implements Reader, Slow {
  readonly #means: EventStreamMeans;
  readonly #stream: HttpStream;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #unsentBytes = 0;
  #flushing = false;
  #over = false;

  constructor(reply: HttpReply, means: EventStreamMeans, headers: { readonly [name: string]: string } = {}) {
    this.#means = means;
    this.#stream = reply.stream({ status: 200, headers: { ...HEADERS, ...headers } });
    reply.onGone(() => this.#leave());
    this.#stream.onWritable(() => {
      this.#measure();
      means.wantsAgain();
    });
    this.#write(encoded(`retry: ${RETRY_MS}\n\n`));
  }

  get wants(): boolean {
    return !this.#over && this.#bytes + this.#stream.bufferedBytes <= this.#means.softBytes;
  }

  event(event: PublishedEvent, handover: Handover | undefined): void {
    this.#write(this.#means.texts.message(event, this.#means.format, handover));
  }

  notice({ seq, topic, size }: PublishedEvent, { attempt, lease }: Handover): void {
    const { id, token, remainingMs } = lease;
    this.#tell('notice', { seq, topic, size, attempt, lease: { id, token, remainingMs } });
  }

  gap(reason: DropReason | 'not_remembered', count: number, seq: number): void {
    this.#tell('gap', { reason, count, seq });
  }

  ended(code: string, message: string): void {
    this.#tell('ended', { code, message });
    this.end();
  }

  /** A sign of life: a comment, which clients skip. */
  heartbeat(): void {
    if (!this.#over && this.#bytes + this.#stream.bufferedBytes === 0) this.#stream.write(HEARTBEAT);
  }

  /** Sends what is gathered, and says goodbye. */
  end(): void {
    if (this.#over) return;
    this.#flush();
    this.#stream.end();
    this.#leave();
  }

  #tell(name: string, value: unknown): void {
    this.#write(encoded(`event: ${name}\ndata: ${JSON.stringify(value)}\n\n`));
  }

  #write(piece: Uint8Array): void {
    if (this.#over) return;
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes >= this.#means.softBytes) this.#flush();
    else if (!this.#flushing) {
      this.#flushing = true;
      this.#means.time.afterReads(() => {
        this.#flushing = false;
        this.#flush();
      });
    }
  }

  #flush(): void {
    const pieces = this.#pieces;
    if (this.#over || pieces.length === 0) return;
    this.#pieces = [];
    this.#bytes = 0;
    const [only] = pieces;
    if (pieces.length === 1 && only !== undefined) this.#stream.write(only);
    else this.#stream.write(Buffer.concat(pieces));
    this.#measure();
    // What was gathered made it want nothing, and now there may be room.
    if (this.#stream.bufferedBytes === 0) this.#means.wantsAgain();
  }

  /** All streams and connections together have more unsent than may be, and this one is among the slowest. */
  disconnectSlow(): void {
    // Not at once: somebody is in the midst of delivering, to it or to another.
    this.#means.time.afterReads(() => this.ended('slow_consumer', 'the events were not read fast enough'));
    this.#letGo();
  }

  #measure(): void {
    if (this.#over) return;
    const { budget } = this.#means;
    const before = this.#unsentBytes;
    this.#unsentBytes = this.#stream.bufferedBytes;
    if (this.#unsentBytes === 0) budget.flowing(this);
    else if (before === 0) budget.stalled(this);
    budget.move(before, this.#unsentBytes);
  }

  /** It does not count any more. */
  #letGo(): void {
    const { budget } = this.#means;
    budget.flowing(this);
    const unsentBytes = this.#unsentBytes;
    this.#unsentBytes = 0;
    budget.move(unsentBytes, 0);
  }

  #leave(): void {
    if (this.#over) return;
    this.#over = true;
    this.#letGo();
    this.#pieces = [];
    this.#means.over();
  }
}

function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
