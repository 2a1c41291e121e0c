import { checkNames, checkText, invalid, kindOf } from './arguments.ts';
import { DEFAULT_RECONNECT, type ReconnectPolicy } from './backoff.ts';
import { type ClientTime, realTime } from './time.ts';
import { platformWebSocket, type WebSocketFactory } from './websocket.ts';

export interface ConnectOptions {
  /** Shown to people in the broker's logs and lists; at most 128 characters. */
  readonly name?: string | undefined;
  /** Gives up the first connecting. Later it means nothing: use `close`. */
  readonly signal?: AbortSignal | undefined;
  /** How sockets are made. Default: the browser's own, or the package `ws`. */
  readonly webSocket?: WebSocketFactory | undefined;
  /** `false`: the client closes when its connection is lost. Default: 100 ms to 10 s, for ever. */
  readonly reconnect?: Partial<ReconnectPolicy> | false | undefined;
  /** How long an answer may take, waiting for a connection included. Default 10 s. Of an event with an id: `retryMs`. */
  readonly requestTimeoutMs?: number | undefined;
  /**
   * How long an event with an id is tried for, from the call on: across connections, and refusals that say "not now".
   * No longer than the broker would know it again. Default 30 s.
   */
  readonly retryMs?: number | undefined;
  /**
   * Count what is published, and say what was delivered before it, so that subscribers to whom order matters know: see
   * `order` of `subscribe`. Then events that are sent again keep their order too: behind one that the broker refused for now,
   * it refuses those that follow until that one has come again. Default: false.
   */
  readonly countPublishes?: boolean | undefined;
  /**
   * How long the broker may say nothing before it is asked whether it is there; without an answer within
   * `requestTimeoutMs` the connection counts as lost. Default 20 s.
   */
  readonly silenceMs?: number | undefined;
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
  readonly retryMs: number;
  readonly countPublishes: boolean;
  readonly silenceMs: number;
  readonly requestsMax: number;
  readonly bufferBytesMax: number;
  readonly onCallbackError: (error: unknown) => void;
  readonly time: ClientTime;
}

const NAME_CHARACTERS_MAX = 128;
const NAMES: ReadonlySet<string> = new Set([
  'name',
  'signal',
  'webSocket',
  'reconnect',
  'requestTimeoutMs',
  'retryMs',
  'countPublishes',
  'silenceMs',
  'requestsMax',
  'bufferBytesMax',
  'onCallbackError',
  'time',
] satisfies (keyof ConnectOptions)[]);
const RECONNECT_NAMES: ReadonlySet<string> = new Set(Object.keys(DEFAULT_RECONNECT));

/** Throws TellwhenError `invalid_argument`. */
export function settingsOf(url: string | readonly string[], options: ConnectOptions): Settings {
  checkNames('the options of connect', options, NAMES);
  return {
    urls: urlsOf(url),
    name: nameOf(options.name),
    webSocket: callable('webSocket', options.webSocket ?? platformWebSocket),
    reconnect: reconnectOf(options.reconnect),
    requestTimeoutMs: positive('requestTimeoutMs', options.requestTimeoutMs ?? 10_000),
    retryMs: positive('retryMs', options.retryMs ?? 30_000),
    countPublishes: flag('countPublishes', options.countPublishes ?? false),
    silenceMs: positive('silenceMs', options.silenceMs ?? 20_000),
    requestsMax: positive('requestsMax', options.requestsMax ?? 100_000),
    bufferBytesMax: positive('bufferBytesMax', options.bufferBytesMax ?? 1_048_576),
    onCallbackError: callable('onCallbackError', options.onCallbackError ?? throwOutside),
    time: options.time ?? realTime,
  };
}

function urlsOf(url: string | readonly string[]): readonly string[] {
  const urls: readonly unknown[] = Array.isArray(url) ? [...url] : [url];
  if (urls.length === 0) throw invalid('no address to connect to');
  return urls.map(addressOf);
}

function addressOf(url: unknown): string {
  if (typeof url !== 'string') throw invalid(`the address of a broker must be a text, not ${kindOf(url)}`);
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (protocol === 'ws:' || protocol === 'wss:') return url;
  throw invalid(`the address of a broker begins with ws:// or wss://; not "${url}"`);
}

function nameOf(name = 'tellwhen client'): string {
  checkText('a client name', name);
  if (name.length <= NAME_CHARACTERS_MAX) return name;
  throw invalid(`a client name of ${name.length} characters; at most ${NAME_CHARACTERS_MAX}`);
}

function reconnectOf(given: ConnectOptions['reconnect']): ReconnectPolicy | false {
  if (given === false) return false;
  if (given !== undefined) checkNames('reconnect', given, RECONNECT_NAMES);
  const policy = { ...DEFAULT_RECONNECT, ...given };
  positive('reconnect.minMs', policy.minMs);
  positive('reconnect.maxMs', policy.maxMs);
  positive('reconnect.attemptsMax', policy.attemptsMax);
  return policy;
}

function positive(name: string, value: number): number {
  if (typeof value === 'number' && value > 0) return value;
  throw invalid(`${name} must be a number above 0, not ${typeof value === 'number' ? value : kindOf(value)}`);
}

function flag(name: string, value: boolean): boolean {
  if (typeof value === 'boolean') return value;
  throw invalid(`${name} must be true or false, not ${kindOf(value)}`);
}

function callable<F extends (...args: never[]) => unknown>(name: string, value: F): F {
  if (typeof value === 'function') return value;
  throw invalid(`${name} must be a function, not ${kindOf(value)}`);
}

function throwOutside(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
