import { Ring } from '../kernel/ring.ts';
import { CONCURRENCY_MAX, type ReplyKind } from '../protocol/index.ts';
import type { Asker } from './ask.ts';
import type { Call } from './call.ts';
import type { RequestLine } from './line.ts';
import type { Server } from './server.ts';
import type { Share } from './share.ts';

/** Requests that one connection has in hand at most, those included that nobody waits for any more. */
const CALLS_MAX = CONCURRENCY_MAX;

/** More than a connection can have asked for. */
const BACKLOG_MAX = 1_000_000;

interface Late {
  readonly bytes: number;
  readonly write: () => void;
}

/** One connection, as it asks and serves. */
export class Party {
  readonly line: RequestLine;
  /** Of memory: for what it asks, and for answers that wait until it reads. */
  readonly share: Share;
  /** What it has asked, by its ref. */
  readonly asks = new Map<number, Asker>();
  readonly servers = new Map<number, Server>();
  /** What was handed to it, by its number: until it replies. */
  readonly calls = new Map<number, Call>();
  /** Servers that had room of their own when the connection had as many calls as it may. */
  readonly crowdedOut = new Set<Server>();
  readonly #roomAgain: (party: Party) => void;
  /** Answers that wait for the peer to read. */
  readonly #backlog = new Ring<Late>(BACKLOG_MAX);
  #lastCall = 0;
  #listening = false;
  over = false;

  constructor(line: RequestLine, share: Share, roomAgain: (party: Party) => void) {
    this.line = line;
    this.share = share;
    this.#roomAgain = roomAgain;
  }

  freshCall(): number {
    this.#lastCall += 1;
    return this.#lastCall;
  }

  /** It has as many calls as it may. */
  get isCrowded(): boolean {
    return this.calls.size >= CALLS_MAX;
  }

  /** Whether it may be handed a request for this server now; if not, that is asked again when it reads, or has replied. */
  takesCall(server: Server): boolean {
    if (this.isCrowded) {
      this.crowdedOut.add(server);
      return false;
    }
    if (this.line.writable) return true;
    this.#listen();
    return false;
  }

  /** Passes a reply on, now or when the peer reads again. */
  replied(ref: number, repeated: boolean, kind: ReplyKind, bytes: Uint8Array): void {
    if (this.#isFree) {
      this.line.replied(ref, repeated, kind, bytes);
      return;
    }
    const own = bytes.slice();
    this.#later(own.length, () => this.line.replied(ref, repeated, kind, own));
  }

  repliesOver(...over: Parameters<RequestLine['repliesOver']>): void {
    if (this.#isFree) this.line.repliesOver(...over);
    else this.#later(0, () => this.line.repliesOver(...over));
  }

  refused(...refusal: Parameters<RequestLine['refused']>): void {
    if (this.#isFree) this.line.refused(...refusal);
    else this.#later(0, () => this.line.refused(...refusal));
  }

  pump(): void {
    this.#listening = false;
    while (this.line.writable) {
      const late = this.#backlog.shift();
      if (late === undefined) break;
      this.share.give(late.bytes);
      late.write();
    }
    if (this.#backlog.length > 0) this.#listen();
    this.#roomAgain(this);
  }

  end(): void {
    this.over = true;
    for (const { bytes } of this.#backlog) this.share.give(bytes);
    this.#backlog.clear();
  }

  get #isFree(): boolean {
    return this.#backlog.length === 0 && this.line.writable;
  }

  #later(bytes: number, write: () => void): void {
    if (this.over) return;
    if (this.share.take(bytes) && this.#backlog.push({ bytes, write })) this.#listen();
    else this.line.disconnectSlow();
  }

  #listen(): void {
    if (this.#listening || this.over) return;
    this.#listening = true;
    this.line.pumpWhenWritable(this);
  }
}
