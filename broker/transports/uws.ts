import type { HttpRequest, HttpResponse, us_listen_socket, us_socket_context_t, WebSocket } from 'uWebSockets.js';
import { createServer } from 'node:net';
import { CLOSE } from '../protocol/index.ts';
import { BodyGathering } from './body-gathering.ts';
import { plainAnswer } from './exchange.ts';
import { admitGuarded, requestGuarded } from './guard.ts';
import { after } from './linger.ts';
import type { NetworkOptions } from './network-options.ts';
import { offeredProtocols } from './request-framing.ts';
import { type Address, type Door, type Transport, TransportError } from './transport.ts';
import { UwsConnection } from './uws-connection.ts';
import { UwsReply } from './uws-reply.ts';
import { type RequestHead, readHead } from './uws-request.ts';

type Native = typeof import('uWebSockets.js');
interface UserData {
  readonly protocol: string;
  connection?: UwsConnection;
}
type Socket = WebSocket<UserData>;

/** The typings of the package leave this form out. */
interface ExclusiveListen {
  listen(host: string, port: number, options: number, then: (socket: us_listen_socket | false) => void): void;
}

/** As LIBUS_LISTEN_EXCLUSIVE_PORT, which the package exports and its typings do not. Without it two brokers share a port. */
const EXCLUSIVE_PORT = 1;

/** A peer needs a moment to answer a close frame before its socket is closed; else it sees 1006. */
const FAREWELL_MS = 100;

const decoder = new TextDecoder();

/**
 * WebSocket and HTTP over uWebSockets.js. Undefined where its binary does not load: it is for Node 18 to 22, on Linux with
 * glibc, macOS and Windows.
 */
export async function createUwsTransport(options: NetworkOptions): Promise<Transport | undefined> {
  const native: Native | undefined = await import('uWebSockets.js').catch(() => undefined);
  return native === undefined ? undefined : new UwsTransport(native, options);
}

class UwsTransport implements Transport {
  readonly name = 'uws';
  readonly #native: Native;
  readonly #options: NetworkOptions;
  readonly #app: ReturnType<Native['App']>;
  readonly #open = new Set<UwsConnection>();
  #accepting = true;
  /** When a connection last ended. */
  #lastGoneMs = Number.NEGATIVE_INFINITY;
  #whenEmpty = (): void => {};
  #closed: Promise<void> | undefined;

  constructor(native: Native, options: NetworkOptions) {
    this.#native = native;
    this.#options = options;
    this.#app = native.App();
  }

  async listen(door: Door): Promise<Address> {
    this.#openWebSocketDoor(door);
    this.#openRequestDoor(door);
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

  #openWebSocketDoor(door: Door): void {
    const { frameBytesMax, backpressureBytesMax, idleTimeoutMs, time, onFault } = this.#options;
    // Whoever asks for no WebSocket is passed on to the next one.
    this.#app.ws<UserData>('/*', {
      // uWS cuts a longer frame off without a word, so its own limit leaves room for ours to say why.
      maxPayloadLength: 2 * frameBytesMax,
      maxBackpressure: backpressureBytesMax,
      idleTimeout: Math.ceil(idleTimeoutMs / 1000),
      sendPingsAutomatically: true,
      upgrade: (response, request, context) => this.#upgrade(door, response, request, context),
      open: (socket: Socket) => {
        const userData = socket.getUserData();
        const { protocol } = userData;
        const connection = new UwsConnection({ socket, protocol, time, frameBytesMax, onFault });
        userData.connection = connection;
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

  #upgrade(door: Door, response: HttpResponse, request: HttpRequest, context: us_socket_context_t): void {
    const { path, headers, remote } = readHead(request, remoteOf(response));
    const protocols = offeredProtocols(headers);
    const admission = this.#accepting
      ? admitGuarded(door, { path, protocols, headers, remote }, this.#options.onFault)
      : plainAnswer(503, 'The broker is shutting down.');
    if ('status' in admission) {
      this.#replyTo(response, false).send(admission);
      return;
    }
    const key = headers.get('sec-websocket-key') ?? '';
    const extensions = headers.get('sec-websocket-extensions') ?? '';
    response.upgrade<UserData>({ protocol: admission.protocol }, key, admission.protocol, extensions, context);
  }

  #openRequestDoor(door: Door): void {
    const { bodyBytesMax, onFault } = this.#options;
    this.#app.any('/*', (response, request) => {
      const reply = this.#replyTo(response, request.getMethod() === 'head');
      const head = readHead(request, remoteOf(response));
      const pass = (body: Uint8Array | undefined): void => {
        if (!reply.isOver) requestGuarded(door, { ...head, body }, reply, onFault);
      };
      const fault = head.framingFault;
      if (fault !== undefined) {
        reply.closeAfterwards();
        reply.send(plainAnswer(400, `Where the body ends is not clear: ${fault}.`));
      } else if (hasNoBody(head)) pass(new Uint8Array(0));
      else if ((head.bodyBytes ?? 0) > bodyBytesMax) {
        reply.closeAfterwards();
        pass(undefined);
      } else gather(response, bodyBytesMax, reply, pass);
    });
  }

  #replyTo(response: HttpResponse, isHead: boolean): UwsReply {
    const { backpressureBytesMax, time, onFault } = this.#options;
    return new UwsReply({ response, isHead, backpressureBytesMax, time, onFault });
  }
}

function hasNoBody({ bodyBytes, headers }: RequestHead): boolean {
  return (bodyBytes ?? 0) === 0 && !headers.has('transfer-encoding');
}

/** Calls `then` with the whole body, or with nothing as soon as it is too long. Ends the connection of one in too many pieces. */
function gather(
  response: HttpResponse,
  bytesMax: number,
  reply: UwsReply,
  then: (body: Uint8Array | undefined) => void,
): void {
  const gathering = new BodyGathering(bytesMax);
  let isOver = false;
  response.onData((piece, isLast) => {
    if (isOver) return;
    const fits = gathering.add(new Uint8Array(piece));
    isOver = isLast || !fits;
    if (gathering.isScattered) {
      response.close();
      return;
    }
    if (!fits) reply.closeAfterwards();
    if (isOver) then(fits ? gathering.whole() : undefined);
  });
}

function remoteOf(response: HttpResponse): string {
  return decoder.decode(response.getRemoteAddressAsText());
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
