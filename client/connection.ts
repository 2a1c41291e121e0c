import {
  type BrokerControl,
  CLOSE,
  type ClientControl,
  type ControlOf,
  decodeControls,
  ProtocolError,
  readBrokerControl,
  SUBPROTOCOL,
} from '../broker/protocol/index.ts';
import { TellwhenError } from './errors.ts';
import { isThenable } from './thenable.ts';
import type { ClientTime } from './time.ts';
import type { WebSocketFactory, WebSocketLike } from './websocket.ts';

export type Welcome = ControlOf<BrokerControl, 'welcome'>;

/** Called from the socket's events, in the order of the wire. Nothing is called after `lost`. */
export interface ConnectionOwner {
  /** First of all, once. */
  opened(connection: Connection, welcome: Welcome): void;
  control(frame: BrokerControl): void;
  /** Throws ProtocolError or TellwhenError for what it cannot read. */
  data(frame: Uint8Array): void;
  /** The network has taken a frame: there may be room again. Called by some sockets only. */
  sent(): void;
  /** The end, unless the owner closed it. `code` is the WebSocket close code, 1006 where there was none. */
  lost(connection: Connection, error: TellwhenError, code: number): void;
}

export interface ConnectionOptions {
  readonly url: string;
  readonly webSocket: WebSocketFactory;
  readonly hello: ControlOf<ClientControl, 'hello'>;
  /** From now to the welcome. */
  readonly timeoutMs: number;
  readonly time: ClientTime;
  readonly owner: ConnectionOwner;
}

const ABNORMAL = 1006;
/** How long the other side may take to close as well, where the platform's own patience would be longer. */
const CLOSE_MS = 1_000;

/** One socket, from connecting to its end: says hello, waits for the welcome, then passes frames. */
export class Connection {
  readonly #options: ConnectionOptions;
  #socket: WebSocketLike | undefined;
  #welcomed = false;
  #over = false;
  #lastHeardMs = 0;
  readonly #stopTimer: () => void;
  #stopTermination: (() => void) | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { time, timeoutMs, url } = options;
    this.#stopTimer = time.after(timeoutMs, () => {
      this.drop(new TellwhenError('connection_failed', `no welcome from ${url} within ${timeoutMs} ms`));
    });
    void this.#connect();
  }

  /** Bytes the socket has not handed to the network yet. */
  get bufferedBytes(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** When the broker last sent something. */
  get lastHeardMs(): number {
    return this.#lastHeardMs;
  }

  send(frame: string | Uint8Array): void {
    if (!this.#over) this.#socket?.send(frame, this.#sent);
  }

  /** Ends it at the owner's wish: nothing is called any more. */
  close(): void {
    if (this.#end()) this.#closeSocket(1000, '');
  }

  /** Ends it because it is of no use, and tells the owner. */
  drop(error: TellwhenError, closeCode = 1000): void {
    if (!this.#end()) return;
    this.#closeSocket(closeCode, error.code);
    this.#options.owner.lost(this, error, ABNORMAL);
  }

  readonly #sent = (): void => {
    if (!this.#over) this.#options.owner.sent();
  };

  async #connect(): Promise<void> {
    const { webSocket, url } = this.#options;
    try {
      const made = webSocket(url, SUBPROTOCOL);
      // Without a turn in between, where it is no promise: a socket that fails at once tells only who listens already.
      const socket = isThenable(made) ? await made : made;
      this.#socket = socket;
      this.#listen(socket);
      if (this.#over) this.#closeSocket(1000, '');
    } catch (cause) {
      this.drop(this.#notConnected(cause));
    }
  }

  #listen(socket: WebSocketLike): void {
    const { url, hello } = this.#options;
    let opened = false;
    let failure: unknown;
    // The package `ws` gives out views of what it has read, which an ArrayBuffer would be a copy of.
    if (socket.binaryType === 'blob') socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => {
      opened = true;
      this.send(JSON.stringify(hello));
    });
    socket.addEventListener('message', ({ data }) => {
      if (!this.#over) this.#receive(data);
    });
    socket.addEventListener('error', (event) => {
      failure = 'error' in event ? event.error : undefined;
      // Node's own WebSocket tells of a failed handshake by this alone. An open one closes next, with the code.
      if (!opened) this.drop(this.#notConnected(failure));
    });
    socket.addEventListener('close', ({ code, reason }) => {
      this.#stopTermination?.();
      if (!this.#end()) return;
      const why = `${code}${reason === '' ? '' : ` ${reason}`}`;
      const error = this.#welcomed
        ? new TellwhenError('connection_lost', `the connection to ${url} ended (${why})`, { cause: failure })
        : this.#notConnected(failure, ` (${why})`);
      this.#options.owner.lost(this, error, code);
    });
  }

  #receive(data: unknown): void {
    this.#lastHeardMs = this.#options.time.nowMs();
    try {
      if (typeof data === 'string') this.#receiveControls(data);
      else if (!this.#welcomed) throw new TellwhenError('broker_unreadable', 'a data frame before the welcome');
      else this.#options.owner.data(bytesOf(data));
    } catch (error) {
      if (error instanceof TellwhenError) this.drop(error, CLOSE.malformed);
      else if (error instanceof ProtocolError) this.drop(unreadable(error), CLOSE.malformed);
      else throw error;
    }
  }

  #receiveControls(message: string): void {
    for (const { value } of decodeControls(message)) {
      if (this.#over) return;
      this.#receiveControl(readBrokerControl(value));
    }
  }

  #receiveControl(frame: BrokerControl): void {
    const { owner } = this.#options;
    if (this.#welcomed) owner.control(frame);
    else if (frame.kind === 'welcome') {
      this.#welcomed = true;
      this.#stopTimer();
      owner.opened(this, frame);
    } else if (frame.kind === 'refused') this.drop(new TellwhenError(frame.code, frame.message));
    else throw new TellwhenError('broker_unreadable', `${frame.kind} before the welcome`);
  }

  /** False when it was over already. */
  #end(): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#stopTimer();
    return true;
  }

  #notConnected(cause: unknown, why = ''): TellwhenError {
    return new TellwhenError('connection_failed', `cannot connect to ${this.#options.url}${why}`, { cause });
  }

  #closeSocket(code: number, reason: string): void {
    const socket = this.#socket;
    socket?.close(code, reason);
    if (socket?.terminate === undefined) return;
    this.#stopTermination = this.#options.time.after(CLOSE_MS, () => socket.terminate?.());
  }
}

function bytesOf(data: unknown): Uint8Array {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (data instanceof Uint8Array) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  throw new TellwhenError('broker_unreadable', 'a frame that is neither text nor bytes');
}

function unreadable(error: ProtocolError): TellwhenError {
  return new TellwhenError('broker_unreadable', `${error.message} (${error.code})`, { cause: error });
}
