import type { Time } from '../kernel/time.ts';
import { CLOSE, SUBPROTOCOL } from '../protocol/index.ts';
import { type OnFault, pageGuarded, plainPage } from './guard.ts';
import { MemoryConnection } from './memory-connection.ts';
import { MemoryPeer } from './memory-peer.ts';
import { type Address, type Door, type Page, type Transport, TransportError } from './transport.ts';

export interface MemoryOptions {
  readonly time: Time;
  readonly onFault: OnFault;
  /** Default 1 MiB. */
  readonly frameBytesMax?: number;
  /** With more than so much waiting for a peer, a send is `lost`. Default 1 MiB. */
  readonly backpressureBytesMax?: number;
  /** What a peer that does not read takes all the same. Default 256 KiB. */
  readonly kernelBytes?: number;
  /** Default 1. */
  readonly port?: number;
  /** Ports taken by the transports that share this set. Default: nobody else's. */
  readonly portsTaken?: Set<number>;
}

const KIB = 1024;

/**
 * A transport without a network, for tests and for a broker inside another program. Everything it delivers, it delivers
 * through `time`, so that under a simulated clock a run repeats exactly.
 */
export class MemoryTransport implements Transport {
  readonly name = 'memory';
  readonly #options: Required<MemoryOptions>;
  readonly #connections = new Set<MemoryConnection>();
  #door: Door | undefined;
  #accepting = false;
  #whenEmpty = (): void => {};

  constructor(options: MemoryOptions) {
    this.#options = {
      frameBytesMax: 1024 * KIB,
      backpressureBytesMax: 1024 * KIB,
      kernelBytes: 256 * KIB,
      port: 1,
      portsTaken: new Set(),
      ...options,
    };
  }

  async listen(door: Door): Promise<Address> {
    const { port, portsTaken } = this.#options;
    if (portsTaken.has(port)) throw new TransportError('address_in_use', `port ${port} of the memory is in use`);
    portsTaken.add(port);
    this.#door = door;
    this.#accepting = true;
    return { host: 'memory', port };
  }

  stopAccepting(): void {
    this.#accepting = false;
  }

  async close(): Promise<void> {
    this.stopAccepting();
    if (this.#connections.size > 0) {
      await new Promise<void>((resolve) => {
        this.#whenEmpty = resolve;
        for (const connection of this.#connections) connection.close(CLOSE.goingAway, 'the broker is going away');
      });
    }
    if (this.#door !== undefined) this.#options.portsTaken.delete(this.#options.port);
    this.#door = undefined;
  }

  /** A new client, offering one subprotocol. Opens, or is turned away with 1006, in the next turn. */
  connect(protocol: string = SUBPROTOCOL): MemoryPeer {
    const { time } = this.#options;
    const door = this.#door;
    if (door === undefined || !this.#accepting || protocol !== SUBPROTOCOL) return turnedAway(time);
    const connection = new MemoryConnection({
      ...this.#options,
      onGone: () => {
        this.#connections.delete(connection);
        if (this.#connections.size === 0) this.#whenEmpty();
      },
    });
    this.#connections.add(connection);
    time.afterReads(() => connection.enter(door));
    return connection.peer;
  }

  /** What a GET of `path` is answered. */
  async page(path: string): Promise<Page> {
    if (this.#door === undefined) return plainPage(503, 'Nobody listens.');
    return pageGuarded(this.#door, path, this.#options.onFault);
  }
}

function turnedAway(time: Time): MemoryPeer {
  const nothing = (): void => {};
  const peer = new MemoryPeer({ send: nothing, pause: nothing, resume: nothing, vanish: nothing });
  time.afterReads(() => peer.closed(1006, ''));
  return peer;
}
