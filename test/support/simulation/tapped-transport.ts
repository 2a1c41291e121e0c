import type {
  Address,
  Connection,
  ConnectionHandler,
  Door,
  SendOutcome,
  Transport,
} from '../../../broker/transports/transport.ts';

/** Sees what passes between the broker and its transport, at the moment when the broker sends or is given it. */
export interface Tap {
  opened(connection: number): void;
  sentText(connection: number, text: string): void;
  sentBinary(connection: number, frame: Uint8Array): void;
  gotText(connection: number, text: string): void;
  gotBinary(connection: number, frame: Uint8Array): void;
  /** By either side; nothing that is sent from here on arrives. */
  closed(connection: number): void;
}

/** A transport with a tap between it and the broker. Connections have numbers, 1 and up, in the order of their opening. */
export class TappedTransport implements Transport {
  readonly name: string;
  readonly #inner: Transport;
  readonly #tap: Tap;
  readonly #number: () => number;

  constructor(inner: Transport, tap: Tap, nextConnection: () => number) {
    this.name = inner.name;
    this.#inner = inner;
    this.#tap = tap;
    this.#number = nextConnection;
  }

  listen(door: Door): Promise<Address> {
    return this.#inner.listen({
      accept: (connection) => this.#accept(door, connection),
      admit: (wish) => door.admit(wish),
      request: (request, reply) => door.request(request, reply),
    });
  }

  stopAccepting(): void {
    this.#inner.stopAccepting();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #accept(door: Door, connection: Connection): ConnectionHandler {
    const tap = this.#tap;
    const number = this.#number();
    tap.opened(number);
    const handler = door.accept(new TappedConnection(connection, number, tap));
    return {
      onText(text) {
        tap.gotText(number, text);
        handler.onText(text);
      },
      onBinary(frame) {
        tap.gotBinary(number, frame);
        handler.onBinary(frame);
      },
      onWritable: () => handler.onWritable(),
      onClose(code, reason) {
        tap.closed(number);
        handler.onClose(code, reason);
      },
    };
  }
}

class TappedConnection implements Connection {
  readonly #inner: Connection;
  readonly #number: number;
  readonly #tap: Tap;

  constructor(inner: Connection, number: number, tap: Tap) {
    this.#inner = inner;
    this.#number = number;
    this.#tap = tap;
  }

  get remote(): string {
    return this.#inner.remote;
  }

  get protocol(): string {
    return this.#inner.protocol;
  }

  get bufferedBytes(): number {
    return this.#inner.bufferedBytes;
  }

  sendText(text: string): SendOutcome {
    const outcome = this.#inner.sendText(text);
    if (outcome !== 'lost') this.#tap.sentText(this.#number, text);
    return outcome;
  }

  sendBinary(frame: Uint8Array): SendOutcome {
    const outcome = this.#inner.sendBinary(frame);
    if (outcome !== 'lost') this.#tap.sentBinary(this.#number, frame);
    return outcome;
  }

  close(code: number, reason: string): void {
    this.#tap.closed(this.#number);
    this.#inner.close(code, reason);
  }

  nudge(): void {
    this.#inner.nudge();
  }
}
