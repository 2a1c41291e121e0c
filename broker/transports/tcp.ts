import { createServer, type Server } from 'node:net';
import { Slices } from '../kernel/slices.ts';
import type { Time } from '../kernel/time.ts';
import type { OnFault } from './guard.ts';
import { TcpConnection } from './tcp-connection.ts';
import { type Address, type Door, type Transport, TransportError } from './transport.ts';

export interface TcpOptions {
  /** A name or an address. Empty: every interface. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** What is spoken there, for the door to know. */
  readonly protocol: string;
  /** With more than so much waiting for a peer, a send is `lost`. */
  readonly backpressureBytesMax: number;
  readonly time: Time;
  readonly onFault: OnFault;
}

/** Of each turn of the event loop, what reading may take of it, of all connections together: others have work there too. */
const SLICE_MS = 4;

/** Closed by the broker because it is going away, as on a WebSocket. */
const GOING_AWAY = 1001;

/** Plain TCP: bytes, in pieces as the network makes them. No HTTP, and `onText` is never called. */
export class TcpTransport implements Transport {
  readonly name = 'tcp';
  readonly #options: TcpOptions;
  readonly #server: Server;
  readonly #open = new Set<TcpConnection>();
  #door: Door | undefined;
  #accepting = true;
  #whenEmpty = (): void => {};
  #closed: Promise<void> | undefined;

  constructor(options: TcpOptions) {
    this.#options = options;
    const { time, protocol, backpressureBytesMax, onFault } = options;
    const slices = new Slices(time, SLICE_MS);
    this.#server = createServer({ noDelay: true }, (socket) => {
      if (!this.#accepting || this.#door === undefined) {
        socket.destroy();
        return;
      }
      const connection = new TcpConnection({
        socket,
        protocol,
        time,
        slices,
        backpressureBytesMax,
        onFault,
        onGone: () => {
          this.#open.delete(connection);
          if (this.#open.size === 0) this.#whenEmpty();
        },
      });
      this.#open.add(connection);
      connection.enter(this.#door);
    });
  }

  listen(door: Door): Promise<Address> {
    this.#door = door;
    const { host, port } = this.#options;
    return new Promise((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException): void => reject(whyNotListening(error, { host, port }));
      this.#server.once('error', failed);
      this.#server.listen({ port, exclusive: true, ...(host !== '' && { host }) }, () => {
        this.#server.off('error', failed);
        // A socket that could not be accepted, as when the process has too many files open, is nobody else's fault.
        this.#server.on('error', this.#options.onFault);
        const bound = this.#server.address();
        resolve({ host, port: bound === null || typeof bound === 'string' ? port : bound.port });
      });
    });
  }

  stopAccepting(): void {
    this.#accepting = false;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.stopAccepting();
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    if (this.#open.size > 0) {
      await new Promise<void>((resolve) => {
        this.#whenEmpty = resolve;
        for (const connection of this.#open) connection.close(GOING_AWAY, 'the broker is going away');
      });
    }
    await closed;
  }
}

function whyNotListening(error: NodeJS.ErrnoException, { host, port }: Address): TransportError {
  const inUse = error.code === 'EADDRINUSE';
  const words = inUse ? 'the address is in use' : (error.code ?? error.message);
  return new TransportError(
    inUse ? 'address_in_use' : 'address_invalid',
    `cannot listen on ${host} port ${port}: ${words}`,
    'mqtt',
  );
}
