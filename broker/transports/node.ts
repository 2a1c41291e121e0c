import { createServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { CLOSE } from '../protocol/index.ts';
import { BodyGathering } from './body-gathering.ts';
import { type HttpAnswer, plainAnswer } from './exchange.ts';
import { admitGuarded, requestGuarded } from './guard.ts';
import type { NetworkOptions } from './network-options.ts';
import { NodeConnection } from './node-connection.ts';
import { NodeReply } from './node-reply.ts';
import { framingFault, offeredProtocols } from './request-framing.ts';
import { type Address, type Door, type Transport, TransportError } from './transport.ts';

/** Longest time for the head of a request, and for all of it. uWebSockets.js has its own, of about the same length. */
const HEAD_MS = 10_000;
const REQUEST_MS = 15_000;
const CHECK_MS = 1_000;
const HEAD_BYTES_MAX = 16 * 1024;
const HEADERS_MAX = 100;

/**
 * WebSocket and HTTP over Node's own server and the package `ws`: for the versions of Node that uWebSockets.js has no binary
 * for. The same promises, a few times as much work for each message.
 */
export class NodeTransport implements Transport {
  readonly name = 'node';
  readonly #options: NetworkOptions;
  readonly #server: Server;
  readonly #webSockets: WebSocketServer;
  readonly #open = new Set<NodeConnection>();
  readonly #replies = new Set<NodeReply>();
  /** What the door let a request speak, for the package, which asks in the midst of its handshake. */
  readonly #admitted = new WeakMap<IncomingMessage, string>();
  #accepting = true;
  #whenEmpty = (): void => {};
  #stopChecking = (): void => {};
  #closed: Promise<void> | undefined;

  constructor(options: NetworkOptions) {
    this.#options = options;
    this.#server = createServer({
      headersTimeout: HEAD_MS,
      requestTimeout: REQUEST_MS,
      connectionsCheckingInterval: CHECK_MS,
      maxHeaderSize: HEAD_BYTES_MAX,
      noDelay: true,
    });
    // Node would leave out what is over it, without a word.
    this.#server.maxHeadersCount = 0;
    this.#webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: 2 * options.frameBytesMax,
      // Decided before, by the door.
      handleProtocols: (_, request) => this.#admitted.get(request) ?? false,
    });
  }

  async listen(door: Door): Promise<Address> {
    this.#server.on('request', (request, response) => {
      const { backpressureBytesMax, time, onFault } = this.#options;
      const isHead = request.method === 'HEAD';
      const reply = new NodeReply({ response, isHead, backpressureBytesMax, time, onFault });
      this.#replies.add(reply);
      response.on('close', () => this.#replies.delete(reply));
      this.#request(door, request, reply);
    });
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(door, request, socket, head));
    // The typings say less of this socket than there is.
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) =>
      refuseRaw(socket as Socket, statusOf(error)),
    );
    const { host, port, time, idleTimeoutMs } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => {
        const inUse = error.code === 'EADDRINUSE';
        const words = inUse ? 'the address is in use' : (error.code ?? error.message);
        const code = inUse ? 'address_in_use' : 'address_invalid';
        reject(new TransportError(code, `cannot listen on ${host} port ${port}: ${words}`));
      });
      this.#server.listen({ port, exclusive: true, ...(host !== '' && { host }) }, resolve);
    });
    this.#stopChecking = time.every(idleTimeoutMs / 2, () => {
      for (const connection of this.#open) connection.checkAlive();
    });
    return { host, port: (this.#server.address() as AddressInfo).port };
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
    if (this.#open.size > 0) {
      await new Promise<void>((resolve) => {
        this.#whenEmpty = resolve;
        for (const connection of this.#open) connection.close(CLOSE.goingAway, 'the broker is going away');
      });
    }
    this.#stopChecking();
    for (const reply of this.#replies) reply.abort();
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #request(door: Door, request: IncomingMessage, reply: NodeReply): void {
    const { bodyBytesMax, onFault } = this.#options;
    const headers = headersOf(request);
    const lengths = request.headersDistinct['content-length']?.length ?? 0;
    if (request.rawHeaders.length > 2 * HEADERS_MAX) {
      reply.closeAfterwards();
      reply.send(plainAnswer(431, `At most ${HEADERS_MAX} headers.`));
      return;
    }
    const fault = framingFault(lengths, headers.get('transfer-encoding'));
    if (fault !== undefined) {
      reply.closeAfterwards();
      reply.send(plainAnswer(400, `Where the body ends is not clear: ${fault}.`));
      return;
    }
    const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/s);
    const head = { method: request.method ?? '', path, query, headers, remote: remoteOf(request) };
    const pass = (body: Uint8Array | undefined): void => {
      if (body === undefined) reply.closeAfterwards();
      if (!reply.isOver) requestGuarded(door, { ...head, body }, reply, onFault);
    };
    if (Number(headers.get('content-length') ?? 0) > bodyBytesMax) pass(undefined);
    else gather(request, bodyBytesMax, pass);
  }

  #upgrade(door: Door, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const headers = headersOf(request);
    const wish = {
      path: (request.url ?? '').split('?', 1)[0] ?? '',
      protocols: offeredProtocols(headers),
      headers,
      remote: remoteOf(request),
    };
    const admission = this.#accepting
      ? admitGuarded(door, wish, this.#options.onFault)
      : plainAnswer(503, 'The broker is shutting down.');
    if ('status' in admission) {
      answerRaw(socket, admission);
      return;
    }
    this.#admitted.set(request, admission.protocol);
    socket.on('error', () => {});
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new NodeConnection({
        ...this.#options,
        socket: webSocket,
        protocol: admission.protocol,
        remote: wish.remote,
      });
      this.#open.add(connection);
      webSocket.on('message', (data: Buffer, isBinary: boolean) => connection.received(data, isBinary));
      webSocket.on('pong', () => connection.heard());
      // A close always follows.
      webSocket.on('error', () => {});
      webSocket.on('close', (code: number, reason: Buffer) => {
        connection.closed(code, reason.toString());
        // After its handler has been told.
        this.#options.time.afterReads(() => {
          this.#open.delete(connection);
          if (this.#open.size === 0) this.#whenEmpty();
        });
      });
      connection.enter(door);
    });
  }
}

function gather(request: IncomingMessage, bytesMax: number, then: (body: Uint8Array | undefined) => void): void {
  const gathering = new BodyGathering(bytesMax);
  let isOver = false;
  request.on('data', (piece: Uint8Array) => {
    if (isOver || gathering.add(piece)) return;
    isOver = true;
    if (gathering.isScattered) request.destroy();
    else then(undefined);
  });
  request.on('end', () => {
    if (!isOver) then(gathering.whole());
  });
  // Whoever leaves amid it has no answer to come.
  request.on('error', () => {});
}

function headersOf({ headersDistinct }: IncomingMessage): ReadonlyMap<string, string> {
  return new Map(Object.entries(headersDistinct).map(([name, values]) => [name, values?.join(', ') ?? '']));
}

function remoteOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? '';
}

function statusOf({ code }: NodeJS.ErrnoException): number {
  if (code === 'HPE_HEADER_OVERFLOW') return 431;
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
}

/** Where something was answered already, nobody would know to what this is the answer. */
function refuseRaw(socket: Socket, status: number): void {
  if (socket.bytesWritten > 0) socket.destroy();
  else answerRaw(socket, plainAnswer(status, STATUS_CODES[status] ?? ''));
}

/** Where Node has no response to write to. */
function answerRaw(socket: Duplex, { status, headers, body }: HttpAnswer): void {
  socket.on('error', () => {});
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const lines = Object.entries({ ...headers, 'Content-Length': String(Buffer.byteLength(body)), Connection: 'close' });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head}\r\n${body}`, () => socket.destroy());
}
