import type { SendOutcome } from './transport.ts';

/** One HTTP request, its body complete. It is the receiver's own: nothing of it dies or changes later. */
export interface HttpRequest {
  /** In upper case. HEAD is to be answered as GET is; the transport leaves the body out. */
  readonly method: string;
  /** As it was sent, `%` and all, without the query. */
  readonly path: string;
  /** What follows the `?`; empty where nothing does. */
  readonly query: string;
  /** By name in lower case. Several of one name are joined by `, `. */
  readonly headers: ReadonlyMap<string, string>;
  /** Address of the peer. */
  readonly remote: string;
  /** Undefined: longer than the transport takes. It was not read, and the connection ends with the answer. */
  readonly body: Uint8Array | undefined;
}

export interface HttpHead {
  readonly status: number;
  /** The transport adds those about length and connection. */
  readonly headers: { readonly [name: string]: string };
}

export interface HttpAnswer extends HttpHead {
  readonly body: string | Uint8Array;
}

/** The way back to whoever asked. Every method is harmless when the peer has gone, or has its answer. */
export interface HttpReply {
  /** The whole answer. */
  send(answer: HttpAnswer): void;
  /** The beginning of an answer whose end nobody knows yet. */
  stream(head: HttpHead): HttpStream;
  /** Calls `then` once if the peer leaves, or is cut off, before it has the whole answer. */
  onGone(then: () => void): void;
}

/** An answer under way. */
export interface HttpStream {
  /**
   * Sends more of the body. A chunk of bytes may be kept until the peer has read it, so it must not be changed any more; it
   * may be given to several streams. `lost`: the peer is gone, or so slow that it was cut off.
   */
  write(chunk: string | Uint8Array): SendOutcome;
  /** Bytes that wait in memory for a slow peer, as far as the transport knows. */
  readonly bufferedBytes: number;
  /** Calls `then` whenever the peer has read what a `write` answered `buffered` for; never from inside a `write`. */
  onWritable(then: () => void): void;
  /** What was written is flushed; then the answer is complete. */
  end(): void;
}

/** Somebody wants a WebSocket. */
export interface UpgradeWish {
  readonly path: string;
  /** The subprotocols that are offered, in order. */
  readonly protocols: readonly string[];
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly remote: string;
}

/** It is let in, and speaks this subprotocol from then on; or it is answered, and not let in. */
export type Admission = { readonly protocol: string } | HttpAnswer;

const NAMES_IN_PLAIN = { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' };

/** An answer for people: one line of text. */
export function plainAnswer(status: number, text: string): HttpAnswer {
  return { status, headers: NAMES_IN_PLAIN, body: `${text}\n` };
}
