import type { HttpRequest, HttpResponse, us_listen_socket, us_socket_context_t, WebSocket } from 'uWebSockets.js';
import { STATUS_CODES } from 'node:http';
import { createServer } from 'node:net';
import type { Time } from '../kernel/time.ts';
import { CLOSE, type Code, SUBPROTOCOL } from '../protocol/index.ts';
import { type OnFault, pageGuarded, plainPage } from './guard.ts';
import { after } from './linger.ts';
import { type Address, type Door, type Page, type Transport, TransportError } from './transport.ts';
import { UwsConnection } from './uws-connection.ts';

export interface UwsOptions {
  /** A name or an address. Empty: every interface. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** A longer frame closes its connection with 1009; one of more than twice the length is cut off at once, with 1006. */
  readonly frameBytesMax: number;
  /** With more than so much waiting for a peer, a send is `lost`. */
  readonly backpressureBytesMax: number;
  /** A peer that has not answered a ping for so long is gone. Whole seconds count, 8 to 960 of them. */
  readonly idleTimeoutMs: number;
  readonly time: Time;
  readonly onFault: OnFault;
}

type Native = typeof import('uWebSockets.js');
type Socket = WebSocket<{ connection?: UwsConnection }>;

/** The typings of the package leave this form out. */
interface ExclusiveListen {
  listen(host: string, port: number, options: number, then: (socket: us_listen_socket | false) => void): void;
}

/** As LIBUS_LISTEN_EXCLUSIVE_PORT, which the package exports and its typings do not. Without it two brokers share a port. */
const EXCLUSIVE_PORT = 1;

const WEBSOCKET_PATHS = ['/', '/tellwhen'];

/** A peer needs a moment to answer a close frame before its socket is closed; else it sees 1006. */
const FAREWELL_MS = 100;

async function loadNative(): Promise<Native> {
  try {
    return await import('uWebSockets.js');
  } catch (cause) {
    throw new Error(
      'the WebSocket server (uWebSockets.js) did not load: it needs Node 20 or 22, on Linux with glibc, macOS or Windows',
      { cause },
    );
  }
}

/**
 * WebSocket and pages over uWebSockets.js. Rejects where its binary does not load, with a message that says which
 * versions of Node it is for.
 */
export async function createUwsTransport(options: UwsOptions): Promise<Transport> {
  return new UwsTransport(await loadNative(), options);
}

class UwsTransport implements Transport {
  readonly name = 'uws';
  readonly #native: Native;
  readonly #options: UwsOptions;
  readonly #app: ReturnType<Native['App']>;
  readonly #open = new Set<UwsConnection>();
  #accepting = true;
  /** When a connection last ended. */
  #lastGoneMs = Number.NEGATIVE_INFINITY;
  #whenEmpty = (): void => {};
  #closed: Promise<void> | undefined;

  constructor(native: Native, options: UwsOptions) {
    this.#native = native;
    this.#options = options;
    this.#app = native.App();
  }

  async listen(door: Door): Promise<Address> {
    for (const path of WEBSOCKET_PATHS) this.#openWebSocketDoor(path, door);
    this.#openPageDoor(door);
    const { host, port } = this.#options;
    const socket = await new Promise<us_listen_socket | false>((resolve) => {
      (this.#app as unknown as ExclusiveListen).listen(host, port, EXCLUSIVE_PORT, resolve);
    });
    if (socket === false) throw await whyNotListening({ host, port });
    return { host, port: this.#native.us_socket_local_port(socket) };
  }

  stopAccepting(): void {
    this.#accepting = false;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** The listening socket stays to the end: it keeps the process alive while the others are flushed. */
  async #close(): Promise<void> {
    this.stopAccepting();
    if (this.#open.size > 0) {
      await new Promise<void>((resolve) => {
        this.#whenEmpty = resolve;
        for (const connection of this.#open) connection.close(CLOSE.goingAway, 'the broker is going away');
      });
    }
    const { time } = this.#options;
    if (time.monotonicMs() - this.#lastGoneMs < FAREWELL_MS) {
      await new Promise<void>((resolve) => void after(time, FAREWELL_MS, resolve));
    }
    this.#app.close();
  }

  #openWebSocketDoor(path: string, door: Door): void {
    const { frameBytesMax, backpressureBytesMax, idleTimeoutMs, time, onFault } = this.#options;
    this.#app.ws<{ connection?: UwsConnection }>(path, {
      // uWS cuts a longer frame off without a word, so its own limit leaves room for ours to say why.
      maxPayloadLength: 2 * frameBytesMax,
      maxBackpressure: backpressureBytesMax,
      idleTimeout: Math.ceil(idleTimeoutMs / 1000),
      sendPingsAutomatically: true,
      upgrade: (response, request, context) => this.#upgrade(response, request, context),
      open: (socket: Socket) => {
        const connection = new UwsConnection({ socket, time, frameBytesMax, onFault });
        socket.getUserData().connection = connection;
        this.#open.add(connection);
        connection.enter(door);
      },
      message: (socket, message, isBinary) => socket.getUserData().connection?.received(message, isBinary),
      drain: (socket) => socket.getUserData().connection?.drained(),
      close: (socket, code, reason) => {
        const { connection } = socket.getUserData();
        if (connection === undefined) return;
        this.#open.delete(connection);
        this.#lastGoneMs = time.monotonicMs();
        connection.closed(code, reason);
        if (this.#open.size === 0) this.#whenEmpty();
      },
    });
  }

  #upgrade(response: HttpResponse, request: HttpRequest, context: us_socket_context_t): void {
    const offered = request.getHeader('sec-websocket-protocol');
    if (!this.#accepting) {
      answer(response, plainPage(503, 'The broker is shutting down.'));
    } else if (!offered.split(',').some((name) => name.trim() === SUBPROTOCOL)) {
      const given = offered === '' ? 'none was offered' : `offered: ${offered}`;
      const code: Code = 'protocol_unsupported';
      answer(
        response,
        plainPage(400, `${code}: the broker speaks the WebSocket subprotocol ${SUBPROTOCOL}; ${given}.`),
      );
    } else {
      const key = request.getHeader('sec-websocket-key');
      const extensions = request.getHeader('sec-websocket-extensions');
      response.upgrade({}, key, SUBPROTOCOL, extensions, context);
    }
  }

  #openPageDoor(door: Door): void {
    this.#app.any('/*', (response, request) => {
      // First of all: uWS ends the process when a handler returns with neither this nor an answer.
      let aborted = false;
      response.onAborted(() => {
        aborted = true;
      });
      const method = request.getMethod();
      if (method !== 'get' && method !== 'head') {
        answer(response, plainPage(405, 'Pages are read with GET or HEAD.'), { allow: 'GET, HEAD' });
        return;
      }
      const bodyWanted = method === 'get';
      void pageGuarded(door, request.getUrl(), this.#options.onFault).then((page) => {
        if (!aborted) response.cork(() => answer(response, page, { bodyWanted }));
      });
    });
  }
}

function answer(
  response: HttpResponse,
  page: Page,
  { bodyWanted = true, allow }: { readonly bodyWanted?: boolean; readonly allow?: string } = {},
): void {
  response.writeStatus(`${page.status} ${STATUS_CODES[page.status] ?? ''}`);
  response.writeHeader('Content-Type', page.contentType);
  response.writeHeader('Cache-Control', 'no-store');
  if (allow !== undefined) response.writeHeader('Allow', allow);
  if (bodyWanted) response.end(page.body);
  else response.endWithoutBody(Buffer.byteLength(page.body));
}

/** uWS says only that it failed; node:net says why. */
function whyNotListening({ host, port }: Address): Promise<TransportError> {
  return new Promise((resolve) => {
    const probe = createServer();
    const conclude = (why: string): void => {
      const inUse = why === 'EADDRINUSE';
      const words = inUse ? 'the address is in use' : why;
      const code = inUse ? 'address_in_use' : 'address_invalid';
      resolve(new TransportError(code, `cannot listen on ${host} port ${port}: ${words}`));
    };
    probe.once('error', (error: NodeJS.ErrnoException) => conclude(error.code ?? error.message));
    // It is free by now: whoever had it has just left.
    probe.once('listening', () => probe.close(() => conclude('EADDRINUSE')));
    probe.listen({ host, port, exclusive: true });
  });
}
