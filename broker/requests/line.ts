import type { Pumped } from '../delivery/outbox.ts';
import type { Code, OverReason, RepliesOverReason, ReplyKind } from '../protocol/index.ts';

/** What a server is handed with a call. */
export interface Handed {
  readonly server: number;
  readonly call: number;
  readonly topic: string;
  readonly remainingMs: number;
  readonly attempt: number;
  readonly parts: number;
}

/** The outgoing side of one connection, as requests need it. What is written within a turn goes out together. */
export interface RequestLine {
  /** False while the peer does not read fast enough. */
  readonly writable: boolean;
  /** Calls `pump` once, when `writable` is true again. */
  pumpWhenWritable(one: Pumped): void;
  /** Ends the connection: its owner does not read what it asked for. */
  disconnectSlow(): void;
  call(handed: Handed, bodyBytes: Uint8Array): void;
  callOver(call: number, reason: OverReason): void;
  wantedParts(call: number, parts: number): void;
  replied(ref: number, repeated: boolean, kind: ReplyKind, bytes: Uint8Array): void;
  repliesOver(ref: number, servers: number, replies: number, reason: RepliesOverReason): void;
  refused(ref: number, code: Code, message: string): void;
}
