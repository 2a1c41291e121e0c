import { DEFAULT_RECONNECT, type ReconnectPolicy } from './backoff.ts';
import { TellwhenError } from './errors.ts';
import { type ClientTime, realTime } from './time.ts';
import { platformWebSocket, type WebSocketFactory } from './websocket.ts';

export interface ConnectOptions {
  /** Shown to people in the broker's logs and lists; at most 128 characters. */
  readonly name?: string | undefined;
  /** Gives up the first connecting. Later it means nothing: use `close`. */
  readonly signal?: AbortSignal | undefined;
  /** How sockets are made. Default: the platform's, or the package `ws`. */
  readonly webSocket?: WebSocketFactory | undefined;
  /** `false`: the client closes when its connection is lost. Default: 100 ms to 10 s, for ever. */
  readonly reconnect?: Partial<ReconnectPolicy> | false | undefined;
  /** How long an answer may take, waiting for a connection included. Default 10 s. */
  readonly requestTimeoutMs?: number | undefined;
  /** Publishes awaiting their receipts; more wait their turn, as many again at most. Default 100,000. */
  readonly requestsMax?: number | undefined;
  /** Unsent bytes above which publishing waits. Default 1 MiB. */
  readonly bufferBytesMax?: number | undefined;
  /**
   * Takes what callbacks given to this library throw. Default: thrown again outside of it, for the platform to report as
   * uncaught.
   */
  readonly onCallbackError?: ((error: unknown) => void) | undefined;
  /** Clock, timers and chance, for tests. */
  readonly time?: ClientTime | undefined;
}

/** The options with every default filled in. */
export interface Settings {
  readonly urls: readonly string[];
  readonly name: string;
  readonly webSocket: WebSocketFactory;
  readonly reconnect: ReconnectPolicy | false;
  readonly requestTimeoutMs: number;
  readonly requestsMax: number;
  readonly bufferBytesMax: number;
  readonly onCallbackError: (error: unknown) => void;
  readonly time: ClientTime;
}

const NAME_CHARACTERS_MAX = 128;

/** Throws TellwhenError `invalid_argument`. */
export function settingsOf(url: string | readonly string[], options: ConnectOptions): Settings {
  const urls = typeof url === 'string' ? [url] : [...url];
  if (urls.length === 0) throw new TellwhenError('invalid_argument', 'no address to connect to');
  const name = options.name ?? 'tellwhen client';
  if (name.length > NAME_CHARACTERS_MAX) {
    throw new TellwhenError(
      'invalid_argument',
      `a client name of ${name.length} characters; at most ${NAME_CHARACTERS_MAX}`,
    );
  }
  const time = options.time ?? realTime;
  return {
    urls,
    name,
    webSocket: options.webSocket ?? platformWebSocket,
    reconnect: reconnectOf(options.reconnect),
    requestTimeoutMs: positive('requestTimeoutMs', options.requestTimeoutMs ?? 10_000),
    requestsMax: positive('requestsMax', options.requestsMax ?? 100_000),
    bufferBytesMax: positive('bufferBytesMax', options.bufferBytesMax ?? 1_048_576),
    onCallbackError: options.onCallbackError ?? throwOutside,
    time,
  };
}

function reconnectOf(given: ConnectOptions['reconnect']): ReconnectPolicy | false {
  if (given === false) return false;
  const policy = { ...DEFAULT_RECONNECT, ...given };
  positive('reconnect.minMs', policy.minMs);
  positive('reconnect.maxMs', policy.maxMs);
  positive('reconnect.attemptsMax', policy.attemptsMax);
  return policy;
}

function positive(name: string, value: number): number {
  if (value > 0) return value;
  throw new TellwhenError('invalid_argument', `${name} must be more than 0, not ${value}`);
}

function throwOutside(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
