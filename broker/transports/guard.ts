import type { Connection, ConnectionHandler, Door, Page } from './transport.ts';

/** Told of everything that handlers throw. Must not throw itself. */
export type OnFault = (fault: unknown) => void;

const INTERNAL_ERROR = 1011;

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

/** The page at `path`, or one that says it is not there, or that it failed. Never rejects. */
export async function pageGuarded(door: Door, path: string, onFault: OnFault): Promise<Page> {
  try {
    return (await door.page(path)) ?? plainPage(404, 'No such page. / says which there are.');
  } catch (fault) {
    onFault(fault);
    return plainPage(500, 'The broker could not make this page; its log says why.');
  }
}

export function plainPage(status: number, text: string): Page {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${text}\n` };
}
