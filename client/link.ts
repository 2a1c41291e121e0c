import {
  type Body,
  type BrokerControl,
  type Call,
  CLOSE,
  type Code,
  type OverReason,
  type RepliesOverReason,
  type Reply,
  readBrokerRecords,
} from '../broker/protocol/index.ts';
import { Connection, type ConnectionOwner, type Welcome } from './connection.ts';
import { ControlRequest } from './control-request.ts';
import { abortedBy, TellwhenError } from './errors.ts';
import { Heartbeat } from './heartbeat.ts';
import { type Deliveries, Inbox, mismatch } from './inbox.ts';
import { Listeners } from './listeners.ts';
import type { Settings } from './options.ts';
import { Outbox } from './outbox.ts';
import { Reconnector } from './reconnector.ts';
import type { Request } from './request.ts';
import { clientClosed, Sender } from './sender.ts';
import type { SpaceLine } from './spaces/space-line.ts';
import type { Standing } from './standing.ts';
import { IncomingTopics } from './topics.ts';

/**
 * - `connecting`: the first time.
 * - `open`: requests go out at once.
 * - `reconnecting`: the connection is lost; requests wait for the next.
 * - `closed`: for good.
 */
export type ClientState = 'connecting' | 'open' | 'reconnecting' | 'closed';

export interface StateChange {
  readonly state: ClientState;
  /** Why the connection was lost or the client closed. Absent when all is well, or the caller closed it. */
  readonly error: TellwhenError | undefined;
}

/** Who asks and serves, by the records of the present connection. */
export interface RequestRecords {
  call(topic: string, call: Call, body: Body): void;
  callOver(call: number, reason: OverReason): void;
  wantedParts(call: number, parts: number): void;
  replied(ref: number, repeated: boolean, reply: Reply): void;
  repliesOver(ref: number, servers: number, replies: number, reason: RepliesOverReason): void;
  /** A server came to be after its request was given up. */
  stray(server: number): void;
  /** The broker refuses a request. */
  refused(ref: number, code: Code, message: string): void;
}

/** Who uses the link. All are called while the frame that caused them is read. */
export interface LinkUser {
  readonly deliveries: Deliveries;
  readonly requests: RequestRecords;
  readonly spaces: SpaceLine;
  /** Before anything that waited is sent: the moment to subscribe again. */
  opened(welcome: Welcome): void;
  /** After what was sent has failed. */
  lost(error: TellwhenError): void;
  closed(error: TellwhenError | undefined): void;
  /** The broker ended a subscription that nobody here asked it to end. */
  ended(subscription: number, error: TellwhenError): void;
  /** A subscription came to be after its request was given up. */
  stray(subscription: number): void;
}

/** After these nothing but another program, or nothing at all, should connect again. */
const FINAL_CLOSES: ReadonlySet<number> = new Set([CLOSE.malformed, CLOSE.takenOver]);

/**
 * The line to the broker, across connections: makes the first, passes on what it brings, makes the next.
 *
 *     connecting ──▶ open ◀──▶ reconnecting
 *          │           │             │
 *          └───────────┴──▶ closed ◀─┘
 */
export class Link implements ConnectionOwner {
  readonly states: Listeners<StateChange>;
  /** Refusals of what asked for no answer, as a quiet publish. */
  readonly refusals: Listeners<TellwhenError>;
  readonly sender: Sender;
  readonly #settings: Settings;
  readonly #publisher: string;
  readonly #counting: Standing | undefined;
  readonly #user: LinkUser;
  readonly #reconnector: Reconnector;
  #state: ClientState = 'connecting';
  #connection: Connection | undefined;
  #inbox: Inbox | undefined;
  #heartbeat: Heartbeat | undefined;
  #session: { readonly id: string; readonly key: string } | undefined;

  /** `publisher`: the name under which the broker knows this client again; `counting`: where what is published is to be counted. */
  constructor(settings: Settings, publisher: string, counting: Standing | undefined, user: LinkUser) {
    this.#settings = settings;
    this.#publisher = publisher;
    this.#counting = counting;
    this.#user = user;
    this.states = new Listeners(settings.onCallbackError);
    this.refusals = new Listeners(settings.onCallbackError);
    this.sender = new Sender(settings);
    const { urls, reconnect: policy, time } = settings;
    this.#reconnector = new Reconnector({ urls, policy, time, connect: () => this.#tryNext() });
  }

  get state(): ClientState {
    return this.#state;
  }

  get open(): boolean {
    return this.#state === 'open';
  }

  /** The first time. Resolves when open; rejects, closed, with what was in the way. */
  async connect(signal: AbortSignal | undefined): Promise<void> {
    const abort = (): void => this.close(signal && abortedBy(signal));
    const outcome = new Promise<void>((resolve, reject) => {
      const stop = this.states.add(({ state, error }) => {
        stop();
        if (state === 'open') resolve();
        else reject(error ?? clientClosed());
      });
    });
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) abort();
    else this.#tryNext();
    try {
      await outcome;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  send(request: Request, signal?: AbortSignal): void {
    this.sender.send(request, signal);
  }

  /** For good. With an error everything unanswered fails with it, else with `client_closed`. */
  close(error?: TellwhenError): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#reconnector.stop();
    this.#heartbeat?.stop();
    this.sender.close(error ?? clientClosed());
    this.#connection?.close();
    this.#connection = undefined;
    this.#user.closed(error);
    this.states.tell({ state: 'closed', error });
  }

  opened(connection: Connection, welcome: Welcome): void {
    const { session, limits } = welcome;
    this.#session = { id: session.id, key: session.key };
    const topics = new IncomingTopics(limits.topicAliases);
    const { requests } = this.#user;
    this.#inbox = new Inbox({
      topics,
      requests: {
        call: (call, body) => requests.call(topics.topic(call.alias), call, body),
        callOver: (call, reason) => requests.callOver(call, reason),
        wantedParts: (call, parts) => requests.wantedParts(call, parts),
        replied: (ref, repeated, reply) => requests.replied(ref, repeated, reply),
        repliesOver: (ref, ...over) => requests.repliesOver(ref, ...over),
      },
      take: (ref) => this.sender.take(ref),
      receipts: (firstRef, count, first) => this.sender.receipts(firstRef, count, first),
      refused: (ref, code, message) => {
        if (!this.sender.refused(ref, code, message)) requests.refused(ref, code, message);
      },
      deliveries: this.#user.deliveries,
      spaces: this.#user.spaces,
      refusedUnasked: (error) => this.refusals.tell(error),
    });
    this.#reconnector.opened();
    const outbox = new Outbox(limits, this.#settings.time, (frame) => connection.send(frame), this.#counting);
    this.sender.open({ connection, outbox });
    this.#heartbeat = this.#heartbeatOf(connection);
    this.#state = 'open';
    this.#user.opened(welcome);
    this.sender.admit();
    this.states.tell({ state: 'open', error: undefined });
  }

  control(frame: BrokerControl): void {
    if (frame.kind === 'closing') this.#reconnector.elsewhere();
    else if (frame.kind === 'welcome') throw new TellwhenError('broker_unreadable', 'a second welcome');
    else if (frame.kind === 'ended') this.#user.ended(frame.subscription, new TellwhenError(frame.code, frame.message));
    else this.#answer(frame);
    this.sender.admit();
  }

  sent(): void {
    this.sender.socketDrained();
    this.#user.spaces.socketDrained();
  }

  data(frame: Uint8Array): void {
    if (this.#inbox !== undefined) readBrokerRecords(frame, this.#inbox);
    this.sender.admit();
    this.#user.spaces.admit();
  }

  lost(_connection: Connection, error: TellwhenError, code: number): void {
    const before = this.#state;
    this.#connection = undefined;
    this.#inbox = undefined;
    const final = before === 'connecting' || FINAL_CLOSES.has(code) || !error.retry;
    if (final || !this.#reconnector.retry()) {
      this.close(code === CLOSE.takenOver ? new TellwhenError('session_taken_over', error.message) : error);
      return;
    }
    if (before !== 'open') return;
    this.#state = 'reconnecting';
    this.#heartbeat?.stop();
    this.sender.lost(asLost(error));
    this.#user.lost(asLost(error));
    this.states.tell({ state: 'reconnecting', error });
  }

  #tryNext(): void {
    const { webSocket, name, requestTimeoutMs, time } = this.#settings;
    this.#connection = new Connection({
      url: this.#reconnector.url,
      webSocket,
      hello: {
        kind: 'hello',
        ref: this.sender.freshRef(),
        client: name,
        session: this.#session,
        publisher: this.#publisher,
      },
      timeoutMs: requestTimeoutMs,
      time,
      owner: this,
    });
  }

  #heartbeatOf(connection: Connection): Heartbeat {
    const { time, silenceMs } = this.#settings;
    const ask = (then: () => void): void =>
      this.send(new ControlRequest({ ask: { kind: 'ping' }, answer: 'pong', answered: then, failed: then }));
    return new Heartbeat({ time, silenceMs, lastHeardMs: () => connection.lastHeardMs, ask });
  }

  #answer(frame: Exclude<BrokerControl, { readonly kind: 'closing' | 'ended' | 'welcome' }>): void {
    if (frame.kind === 'refused') {
      const { ref, code, message, offset } = frame;
      if (ref === 0) this.refusals.tell(new TellwhenError(code, message, { offset }));
      else this.sender.refused(ref, code, message, offset);
      return;
    }
    const request = this.sender.take(frame.ref);
    if (request !== undefined) {
      if (!request.control(frame)) throw mismatch(request, frame.kind);
    } else if (frame.kind === 'subscribed') {
      this.#user.stray(frame.subscription);
    } else if (frame.kind === 'serving') {
      this.#user.requests.stray(frame.server);
    }
  }
}

/** What requests in flight are told, whatever it was that ended the connection. */
function asLost(error: TellwhenError): TellwhenError {
  if (error.code === 'connection_lost') return error;
  return new TellwhenError('connection_lost', error.message, { cause: error });
}
