import type { Admission, HttpReply, HttpRequest, UpgradeWish } from './exchange.ts';

export type { Admission, HttpAnswer, HttpHead, HttpReply, HttpRequest, HttpStream, UpgradeWish } from './exchange.ts';
export { plainAnswer } from './exchange.ts';

/**
 * The seam between the network and the broker. A transport moves messages of WebSockets and HTTP requests with their
 * answers (exchange.ts); it knows no session, no topic, no event.
 *
 * Promised: messages of one connection arrive whole, in order, one at a time; a handler is called from the
 * event loop, never from inside a `send`. After `onClose` nothing more is called. An HTTP request arrives whole, or not at
 * all. Over plain TCP, which has no messages, there are bytes in order, and no HTTP. Not promised: that what was sent arrives; that a peer's silence is noticed before `idleTimeoutMs`; any order among
 * HTTP requests.
 */
export interface Transport {
  readonly name: string;
  /**
   * Starts to accept. Rejects with `TransportError` `address_in_use` or `address_invalid`; never shares a port with
   * another process.
   */
  listen(door: Door): Promise<Address>;
  /** Lets no WebSocket in any more; HTTP requests are still passed on. What is connected stays. */
  stopAccepting(): void;
  /** Ends what is still connected, frees the address. */
  close(): Promise<void>;
}

export interface Address {
  readonly host: string;
  /** The port in fact bound, also where 0 was asked for. */
  readonly port: number;
}

/** Who waits behind the transport. */
export interface Door {
  /** Whether a peer may have the WebSocket that it asks for. A throw becomes a 500. */
  admit(wish: UpgradeWish): Admission;
  /** Called once for each new connection, before any of its messages. */
  accept(connection: Connection): ConnectionHandler;
  /** Answers an HTTP request, at once or later. A throw becomes a 500, or ends an answer that has begun. */
  request(request: HttpRequest, reply: HttpReply): void;
}

export interface ConnectionHandler {
  onText(message: string): void;
  /** `message` is dead memory once this returns: copy what is kept. */
  onBinary(message: Uint8Array): void;
  /** The peer has read: `bufferedBytes` is below where it was when `send` last answered `buffered`. */
  onWritable(): void;
  /** The last call. `code` is the WebSocket close code; 1006 where there was none, and then `reason` is for logs. */
  onClose(code: number, reason: string): void;
}

/**
 * What became of a message: handed to the kernel, waiting in memory, or lost because the connection is closed or its
 * hard limit is passed.
 */
export type SendOutcome = 'sent' | 'buffered' | 'lost';

/** One peer. Every method is harmless on a closed connection. */
export interface Connection {
  /** Address of the peer, for logs. */
  readonly remote: string;
  /** The subprotocol it was admitted with. */
  readonly protocol: string;
  sendText(message: string): SendOutcome;
  /** The bytes are copied before it returns. */
  sendBinary(message: Uint8Array): SendOutcome;
  /** Bytes waiting in memory for a slow peer. 0 when closed. */
  readonly bufferedBytes: number;
  /**
   * Flushes, for at most `LINGER_MS`, then closes with this code. Idempotent. From here on messages of the peer are
   * thrown away and every send is `lost`; `onClose` still comes, later. `reason` is cut to 123 bytes.
   */
  close(code: number, reason: string): void;
  /** Has the network try again to send what waits. To be called now and then while it does not get less. */
  nudge(): void;
}

export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly code: 'address_in_use' | 'address_invalid';
  /** What the port is for. */
  readonly service: 'broker' | 'mqtt';

  constructor(code: TransportError['code'], message: string, service: TransportError['service'] = 'broker') {
    super(message);
    this.code = code;
    this.service = service;
  }
}
