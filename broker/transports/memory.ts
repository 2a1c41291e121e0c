import type { Time } from '../kernel/time.ts';
import { CLOSE, SUBPROTOCOL } from '../protocol/index.ts';
import { type HttpAnswer, type HttpReply, type HttpRequest, type HttpStream, plainAnswer } from './exchange.ts';
import { admitGuarded, type OnFault, requestGuarded } from './guard.ts';
import type { MemoryAnswer } from './memory-answer.ts';
import { MemoryConnection } from './memory-connection.ts';
import { MemoryExchange } from './memory-exchange.ts';
import { MemoryPeer } from './memory-peer.ts';
import { type Address, type Door, type Transport, TransportError } from './transport.ts';

export interface MemoryOptions {
  readonly time: Time;
  readonly onFault: OnFault;
  /** Default 1 MiB. */
  readonly frameBytesMax?: number;
  /** Longest body of an HTTP request. Default 1 MiB. */
  readonly bodyBytesMax?: number;
  /** With more than so much waiting for a peer, a send is `lost`. Default 1 MiB. */
  readonly backpressureBytesMax?: number;
  /** What a peer that does not read takes all the same. Default 256 KiB. */
  readonly kernelBytes?: number;
  /** Default 1. */
  readonly port?: number;
  /** Ports taken by the transports that share this set. Default: nobody else's. */
  readonly portsTaken?: Set<number>;
}

/** A request as a client says it. Default: a GET without headers or body. */
export interface MemoryRequest {
  readonly method?: string;
  /** With what follows the `?`, if anything does. */
  readonly path: string;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string | Uint8Array;
}

/** What a client says besides the subprotocol. */
export interface MemoryWish {
  readonly path?: string;
  readonly headers?: { readonly [name: string]: string };
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
  readonly #exchanges = new Set<MemoryExchange>();
  #door: Door | undefined;
  #accepting = false;
  #whenEmpty = (): void => {};

  constructor(options: MemoryOptions) {
    this.#options = {
      frameBytesMax: 1024 * KIB,
      bodyBytesMax: 1024 * KIB,
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
    for (const exchange of this.#exchanges) exchange.abort();
    if (this.#door !== undefined) this.#options.portsTaken.delete(this.#options.port);
    this.#door = undefined;
  }

  /** A new client, offering one subprotocol. Opens, or is turned away with 1006, in the next turn. */
  connect(protocol: string = SUBPROTOCOL, { path = '/', headers = {} }: MemoryWish = {}): MemoryPeer {
    const { time, onFault } = this.#options;
    const door = this.#door;
    if (door === undefined || !this.#accepting) return turnedAway(time);
    const wish = { path, protocols: [protocol], headers: lowerCased(headers), remote: REMOTE };
    const admission = admitGuarded(door, wish, onFault);
    if ('status' in admission) return turnedAway(time);
    const connection = new MemoryConnection({
      ...this.#options,
      protocol: admission.protocol,
      onGone: () => {
        this.#connections.delete(connection);
        if (this.#connections.size === 0) this.#whenEmpty();
      },
    });
    this.#connections.add(connection);
    time.afterReads(() => connection.enter(door));
    return connection.peer;
  }

  /** A new request. It arrives in the next turn. Without a listener it is cut off. */
  request({ method = 'GET', path, headers = {}, body = '' }: MemoryRequest): MemoryAnswer {
    const [name = '', query = ''] = path.split(/\?(.*)/s);
    const request: HttpRequest = {
      method,
      path: name,
      query,
      headers: lowerCased(headers),
      remote: REMOTE,
      body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
    };
    const exchange = new MemoryExchange(request, {
      ...this.#options,
      onOver: () => void this.#exchanges.delete(exchange),
    });
    this.#exchanges.add(exchange);
    const door = this.#door;
    if (door === undefined) exchange.abort();
    else this.#options.time.afterReads(() => exchange.enter(door));
    return exchange.answer;
  }

  /** What a GET of `path` is answered, past the network and its time. For what is not a stream. */
  page(path: string): Promise<HttpAnswer> {
    const door = this.#door;
    if (door === undefined) return Promise.resolve(plainAnswer(503, 'Nobody listens.'));
    const request = { method: 'GET', path, query: '', headers: new Map(), remote: REMOTE, body: new Uint8Array(0) };
    return new Promise((resolve) => requestGuarded(door, request, replyTo(resolve), this.#options.onFault));
  }
}

/** What is answered whole is there at once; a stream never is. */
function replyTo(then: (answer: HttpAnswer) => void): HttpReply & { abort(): void } {
  const stream: HttpStream = { write: () => 'lost', bufferedBytes: 0, onWritable() {}, end() {} };
  return { send: then, stream: () => stream, onGone() {}, abort() {} };
}

/** Whoever asks has no address. */
const REMOTE = 'memory';

function lowerCased(headers: { readonly [name: string]: string }): ReadonlyMap<string, string> {
  return new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function turnedAway(time: Time): MemoryPeer {
  const nothing = (): void => {};
  const peer = new MemoryPeer({ send: nothing, pause: nothing, resume: nothing, vanish: nothing });
  time.afterReads(() => peer.closed(1006, ''));
  return peer;
}
