import { type Admission, type HttpReply, type HttpRequest, plainAnswer, type UpgradeWish } from './exchange.ts';
import type { Connection, ConnectionHandler, Door } from './transport.ts';

/** Told of everything that handlers throw. Must not throw itself. */
export type OnFault = (fault: unknown) => void;

const INTERNAL_ERROR = 1011;

const FAILED = plainAnswer(500, 'A fault of the broker; its log says more.');

/**
 * Lets one connection in, behind a wall: whatever its handler throws is reported, ends this connection with 1011, and
 * goes no further.
 */
export function acceptGuarded(door: Door, connection: Connection, onFault: OnFault): ConnectionHandler {
  return new GuardedHandler(door, connection, onFault);
}

/** One object, where five closures would be clearer: there are as many of them as connections. */
class GuardedHandler implements ConnectionHandler {
  readonly #connection: Connection;
  readonly #onFault: OnFault;
  readonly #handler: ConnectionHandler | undefined;

  constructor(door: Door, connection: Connection, onFault: OnFault) {
    this.#connection = connection;
    this.#onFault = onFault;
    try {
      this.#handler = door.accept(connection);
    } catch (fault) {
      this.#failed(fault);
    }
  }

  onText(message: string): void {
    try {
      this.#handler?.onText(message);
    } catch (fault) {
      this.#failed(fault);
    }
  }

  onBinary(message: Uint8Array): void {
    try {
      this.#handler?.onBinary(message);
    } catch (fault) {
      this.#failed(fault);
    }
  }

  onWritable(): void {
    try {
      this.#handler?.onWritable();
    } catch (fault) {
      this.#failed(fault);
    }
  }

  onClose(code: number, reason: string): void {
    try {
      this.#handler?.onClose(code, reason);
    } catch (fault) {
      this.#failed(fault);
    }
  }

  #failed(fault: unknown): void {
    this.#onFault(fault);
    this.#connection.close(INTERNAL_ERROR, 'internal error');
  }
}

/** The door's answer to who wants a WebSocket, or 500. Never throws. */
export function admitGuarded(door: Door, wish: UpgradeWish, onFault: OnFault): Admission {
  try {
    return door.admit(wish);
  } catch (fault) {
    onFault(fault);
    return FAILED;
  }
}

/** Passes a request on. Where the door throws, it is reported, and whoever asked is told that it failed. Never throws. */
export function requestGuarded(
  door: Door,
  request: HttpRequest,
  reply: HttpReply & { abort(): void },
  onFault: OnFault,
): void {
  try {
    door.request(request, reply);
  } catch (fault) {
    onFault(fault);
    reply.send(FAILED);
    // Of an answer that had begun nobody knows the end.
    reply.abort();
  }
}
