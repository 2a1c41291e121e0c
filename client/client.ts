import type { LeaseGrant, Receipt } from '../broker/protocol/index.ts';
import { checkNames, checkText } from './arguments.ts';
import { Consumer, type PullOptions, pullFrame } from './consumer.ts';
import { type AnswerKind, type AnswerOf, type Asked, ControlRequest } from './control-request.ts';
import { Grants } from './credit-return.ts';
import { TellwhenError } from './errors.ts';
import { type Explained, type ExplainOptions, explainFrame, type Matched, type MatchOptions } from './explain.ts';
import type { SignalOption } from './feed.ts';
import type { CostlyFilters, FilterCost, PageOptions } from './filter-costs.ts';
import { Identity } from './identity.ts';
import { HeldLease } from './lease.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { type ClientState, Link, type StateChange } from './link.ts';
import { type Ask, Mailboxes } from './mailboxes.ts';
import type { Settings } from './options.ts';
import type { Outbox } from './outbox.ts';
import { PlainPublication } from './plain-publication.ts';
import {
  eventToPublish,
  PUBLICATION_NAMES,
  PUBLISH_NAMES,
  type Publication,
  type PublishOptions,
  QUIET_NAMES,
} from './publication.ts';
import { type EventToPublish, OneReceipt, PublishRequest } from './publish-request.ts';
import { PullRegistration } from './pull-registration.ts';
import { type EventCallback, type PushMeans, PushRegistration } from './push-registration.ts';
import { Registry } from './registry.ts';
import type { Request } from './request.ts';
import { Asker } from './rpc/asker.ts';
import type { Reply } from './rpc/reply.ts';
import type { ReplySequence } from './rpc/reply-sequence.ts';
import type { RepeatableOptions } from './rpc/request-options.ts';
import { type ManyOptions, Requester, type StreamOptions } from './rpc/requester.ts';
import { type ServeOptions, Server, serveFrame } from './rpc/server.ts';
import { type RequestHandler, Serving } from './rpc/serving.ts';
import { Servings } from './rpc/servings.ts';
import { clientClosed } from './sender.ts';
import { Settler } from './settler.ts';
import { Space, type SpaceMeans } from './spaces/space.ts';
import { SpaceLine } from './spaces/space-line.ts';
import { Spaces } from './spaces/spaces.ts';
import { BeginOperation, Transaction } from './spaces/transaction.ts';
import { Standing } from './standing.ts';
import { type SubscribeOptions, Subscription, subscribeFrame } from './subscription.ts';
import { Work } from './work.ts';

export interface DrainOptions {
  /** At most so long is waited. Default 10 s. */
  readonly timeoutMs?: number | undefined;
  /** Ends the waiting before its time. */
  readonly signal?: AbortSignal | undefined;
}

export interface SpaceOptions {
  readonly durable?: boolean | undefined;
}

export interface TransactionOptions extends SignalOption {
  readonly leaseMs?: number | undefined;
}

const SPACE_NAMES: ReadonlySet<string> = new Set(['durable'] satisfies (keyof SpaceOptions)[]);
const DRAIN_POLL_MS = 10;

/**
 * A client of one broker, over one WebSocket at a time. When the connection is lost it makes another, resumes its
 * session where it can and subscribes again where it cannot; requests wait for that, up to their timeout.
 *
 * Every method that waits rejects with TellwhenError: besides what each names, `timeout`, `connection_lost`, `aborted`
 * (where it takes a signal), `client_closed`, `client_draining`, `overloaded`.
 */
export class Client {
  /** What can be done with mailboxes from outside. */
  readonly mailboxes: Mailboxes;
  /** What can be done with spaces from outside. */
  readonly spaces: Spaces;
  readonly #settings: Settings;
  readonly #link: Link;
  readonly #registry: Registry;
  readonly #keeper: LeaseKeeper;
  readonly #settler: Settler;
  readonly #work = new Work();
  readonly #identity = new Identity();
  readonly #standing = new Standing();
  /** The same, where the broker is to be told. */
  readonly #counting: Standing | undefined;
  readonly #means: PushMeans;
  readonly #asker: Asker;
  readonly #requester: Requester;
  readonly #servings: Servings;
  readonly #spaceLine: SpaceLine;
  readonly #spaceMeans: SpaceMeans;
  #draining = false;
  readonly #outbox = (): Outbox | undefined => this.#link.sender.outbox;
  /** What the last quiet publish said besides its data, if the next need not be checked where it says the same. */
  #plain: PlainPublication | undefined;

  /** Made by `connect` only. */
  constructor(settings: Settings) {
    const { time, onCallbackError: report } = settings;
    const send = (request: Request, signal?: AbortSignal): void => this.#link.send(request, signal);
    this.#settings = settings;
    const ask: Ask = (ask, answer, options) => this.#ask(ask, answer, options);
    this.mailboxes = new Mailboxes(ask);
    this.spaces = new Spaces(ask);
    this.#counting = settings.countPublishes ? this.#standing : undefined;
    this.#registry = new Registry({ time, send, standing: this.#standing });
    this.#spaceLine = new SpaceLine({
      settings,
      source: this.#identity.source,
      outbox: () => this.#link.sender.outbox,
      hasRoom: () => this.#link.sender.hasRoom,
      freshRef: () => this.#link.sender.freshRef(),
      send,
      unclaimed: (lease) => this.#registry.unclaimed(lease),
    });
    const asker = new Asker({
      time,
      outbox: this.#outbox,
      freshRef: () => this.#link.sender.freshRef(),
      waitingMax: settings.requestsMax,
    });
    const servings = new Servings({ time, send, outbox: this.#outbox });
    this.#asker = asker;
    this.#servings = servings;
    this.#requester = new Requester({ asker, time, identity: this.#identity, timeoutMs: settings.requestTimeoutMs });
    this.#link = new Link(settings, this.#identity.source, this.#counting, {
      deliveries: this.#registry,
      spaces: this.#spaceLine,
      requests: {
        call: (topic, call, body) => servings.call(topic, call, body),
        callOver: (call, reason) => servings.callOver(call, reason),
        wantedParts: (call, parts) => servings.wantedParts(call, parts),
        replied: (ref, repeated, reply) => asker.replied(ref, repeated, reply),
        repliesOver: (ref, ...over) => asker.repliesOver(ref, ...over),
        stray: (server) => servings.stray(server),
        refused: (ref, code, message) => asker.refused(ref, code, message),
      },
      opened: (welcome) => {
        this.#registry.opened(welcome);
        this.#spaceLine.opened();
        servings.opened();
        asker.opened();
      },
      lost: (error) => {
        // First what waits, which nobody is told of: it comes again.
        this.#registry.lost();
        this.#settler.connectionLost(error);
        servings.lost(error);
        asker.lost(error);
        this.#spaceLine.lost(error);
      },
      closed: (error) => {
        this.#spaceLine.close(error);
        this.#settler.stop(error ?? clientClosed());
        this.#registry.endAll(error);
        servings.endAll(error ?? clientClosed());
        asker.close(error ?? clientClosed());
      },
      ended: (subscription, error) => this.#registry.ended(subscription, error),
      stray: (subscription) => this.#registry.stray(subscription),
    });
    this.#keeper = new LeaseKeeper(time, this.#link);
    this.#settler = new Settler({ time, keeper: this.#keeper, send });
    this.#spaceMeans = {
      line: this.#spaceLine,
      settler: this.#settler,
      time,
      ask,
      subscribe: (options, onEvent) => this.subscribe(options, onEvent),
      pull: (options) => this.pull(options),
      admit: () => this.#refuseWhileDraining(),
      answerMs: settings.requestTimeoutMs,
      retryMs: settings.retryMs,
    };
    this.#means = {
      time,
      work: this.#work,
      settler: this.#settler,
      grants: new Grants(),
      returnCredit: (id, { events, bytes }) => this.#link.sender.outbox?.credit(id, events, bytes),
      report,
    };
  }

  get state(): ClientState {
    return this.#link.state;
  }

  /** Requests without an answer yet, those included that wait to be sent. */
  get unanswered(): number {
    return this.#link.sender.unanswered + this.#asker.unanswered + this.#spaceLine.unanswered;
  }

  /** Tells of each change of state. Returns what takes the listener off. */
  onState(listener: (change: StateChange) => void): () => void {
    return this.#link.states.add(listener);
  }

  /** Tells of refusals that answer no request: a quiet publish that the broker did not accept. */
  onRefusal(listener: (error: TellwhenError) => void): () => void {
    return this.#link.refusals.add(listener);
  }

  /**
   * Publishes one event; resolves with its receipt. What one turn publishes leaves together, in the order of the calls,
   * and nobody need wait for one receipt before the next call. While much is unanswered or unsent it waits its turn.
   *
   * An event that was under way when the connection was lost: with an `id` (or `retry`) it is sent again on the next, and
   * the broker, which knows it again, lets it in once; so it is too when the broker said "not now", after a rest. What is
   * sent again goes before all that was published later and not sent yet, which waits as long. What was under way together is
   * in the order in which it was let in: events of which the first is refused and the second is not change places.
   * Without an id it rejects with `connection_lost`, and may have arrived or not.
   *
   * Rejects with `topic_invalid`, `event_too_large`, `attributes_invalid`, `rate_limited`, `broker_draining`,
   * `not_durable`, `store_full`, `store_busy`, `mailbox_full`, `no_match`, `retained_limit`, `delayed_limit`,
   * `invalid_argument`.
   */
  publish(topic: string, data: unknown, options?: PublishOptions & SignalOption): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      if (options !== undefined) checkNames('the options of publish', options, PUBLISH_NAMES);
      const event = this.#event(topic, data, options);
      this.#link.send(new PublishRequest([event], new OneReceipt(resolve, reject), this.#counting), options?.signal);
    });
  }

  /**
   * Publishes many, in order, as `publish` does one. Resolves with one receipt or error each, in the same order; rejects only
   * when no more answers can come: the connection ended, or `signal` fired. A fault in an argument rejects before anything is
   * sent. More events than `requestsMax` lets under way go out as receipts come, and what is published meanwhile by other
   * calls comes after them. A batch is sent again only if each of its events may be.
   */
  async publishBatch(
    events: readonly Publication[],
    { signal }: SignalOption = {},
  ): Promise<(Receipt | TellwhenError)[]> {
    if (events.length === 0) return [];
    const batch = events.map((event) => {
      checkNames('an event of a batch', event, PUBLICATION_NAMES);
      return this.#event(event.topic, event.data, event);
    });
    return await new Promise((done, fail) =>
      this.#link.send(new PublishRequest(batch, { batch: true, done, fail }, this.#counting), signal),
    );
  }

  /**
   * Publishes without a receipt: nothing is allocated for an answer, nothing is known of the outcome but refusals, see
   * `onRefusal`. Returns false, and has not taken the event, when not connected or the socket does not keep up; then
   * `await client.writable()` and call again:
   *
   *     while (!client.publishQuietly(topic, data)) await client.writable();
   *
   * Throws TellwhenError `client_closed`, `client_draining`, `invalid_argument`, `event_too_large`.
   */
  publishQuietly(topic: string, data: unknown, options?: PublishOptions): boolean {
    const plain = this.#plain;
    if (plain?.isSaidBy(topic, options) === true && data instanceof Uint8Array) {
      const outbox = this.#outboxWithRoom;
      outbox?.publishQuietly(plain, data);
      return outbox !== undefined;
    }
    if (options !== undefined) checkNames('the options of publishQuietly', options, QUIET_NAMES);
    const event = this.#event(topic, data, options);
    const outbox = this.#outboxWithRoom;
    if (outbox === undefined) return false;
    outbox.publish(0, event);
    if (data instanceof Uint8Array) this.#plain = PlainPublication.of(event, options);
    return true;
  }

  /** Resolves when `publishQuietly` would take an event; rejects with `timeout` when that takes too long. */
  async writable({ signal }: SignalOption = {}): Promise<void> {
    await this.#link.sender.untilWritable(signal);
  }

  /**
   * Subscribes. Events go to `onEvent` if it is given, else they are taken by iterating over the subscription. With
   * `mailbox` they are taken from there, one consumer among all that do, and acknowledged. Rejects with `topic_filter_invalid` or a `predicate_…` code, both with `offset` and `caret`; `subscription_limit`,
   * `credit_limit`, `lease_ttl_range`, `frame_malformed` for an option out of its range; of a mailbox
   * `mailbox_unknown`, `mailbox_differs`, `mailbox_limit`, `mailbox_name_invalid`.
   */
  async subscribe(options: SubscribeOptions, onEvent?: EventCallback): Promise<Subscription> {
    this.#refuseWhileDraining();
    const registration = new PushRegistration(subscribeFrame(options), this.#means, onEvent);
    await this.#registry.subscribe(registration, options.signal);
    return new Subscription(registration, this.#registry);
  }

  /** Subscribes for notices; the events are fetched. Rejects as `subscribe` does. */
  async pull(options: PullOptions): Promise<Consumer> {
    this.#refuseWhileDraining();
    const send = (request: Request, signal?: AbortSignal): void => this.#link.send(request, signal);
    const registration = new PullRegistration(pullFrame(options), { ...this.#means, send });
    await this.#registry.subscribe(registration, options.signal);
    const means = { settler: this.#settler, work: this.#work, report: this.#means.report };
    return new Consumer(registration, this.#registry, means);
  }

  /**
   * Asks whoever serves the topic, and resolves with the reply. One server is asked, of those whose filter matches this
   * request, attributes and data included. With an `idempotencyKey` it is safe to say again, and is: see there.
   *
   * Rejects with what the server threw, a ServiceError; or with TellwhenError: `no_responders` at once where nobody serves it,
   * `servers_busy`, `server_lost`, `deadline_exceeded`, `connection_lost`, `aborted`, `reply_streamed`, `reply_too_large`,
   * `request_differs`, `event_too_large`, `rate_limited`, `broker_draining`, `topic_invalid`, `overloaded`,
   * `invalid_argument`.
   */
  request(topic: string, data?: unknown, options?: RepeatableOptions): Promise<Reply> {
    return this.#draining ? Promise.reject(clientDraining()) : this.#requester.request(topic, data, options);
  }

  /**
   * Asks one server of each group, and gives their replies as they come, until `replies` of them have come, all have
   * replied, or time is over; `end` of the sequence then says which. A reply may be an `error`. Leaving the loop gives the
   * request up. Throws as `request` rejects; also in the loop.
   *
   *     for await (const offer of client.requestMany('offers/flights', wish, { timeoutMs: 500 })) …
   */
  requestMany(topic: string, data?: unknown, options?: ManyOptions): ReplySequence {
    this.#refuseWhileDraining();
    return this.#requester.many(topic, data, options);
  }

  /**
   * Asks one server, and gives its reply in parts, as they are taken: the server sends no more than `ahead` of that. Leaving
   * the loop gives the request up. Throws as `request` rejects; also in the loop.
   */
  requestStream(topic: string, data?: unknown, options?: StreamOptions): ReplySequence {
    this.#refuseWhileDraining();
    return this.#requester.stream(topic, data, options);
  }

  /**
   * Answers the requests that a filter matches, on this connection and those that follow it, until it is stopped. The
   * handler's `request.signal` fires when nobody waits any more. Rejects as `subscribe` does.
   *
   *     await client.serve('prices/+', (request) => ({ price: priceOf(request.topic) }), { concurrency: 10 });
   */
  async serve(topic: string, handler: RequestHandler, options: ServeOptions = {}): Promise<Server> {
    this.#refuseWhileDraining();
    const { time, onCallbackError: report } = this.#settings;
    const serving = new Serving(serveFrame(topic, handler, options), handler, {
      time,
      work: this.#work,
      outbox: this.#outbox,
      report,
    });
    await this.#servings.serve(serving, options.signal);
    return new Server(serving, this.#servings);
  }

  /**
   * A shared data space, where tuples wait for whoever wants them; it is made when it is first used. Asks nothing yet.
   *
   *     const jobs = client.space('jobs');
   *     await jobs.out(['resize', 'a.png']);
   *     const [, file] = await jobs.in(['resize', String]);      // file: string
   *
   * `durable`: its tuples survive the end of the broker, and `out` resolves when they are on disk. Absent: as it is, or in
   * memory where it has to be made.
   */
  space(name: string, options: SpaceOptions = {}): Space {
    checkText('the name of a space', name);
    checkNames('the options of space', options, SPACE_NAMES);
    return new Space(this.#spaceLine.bind(name, options.durable), this.#spaceMeans);
  }

  /**
   * Begins a transaction: operations on spaces that are given it happen together or not at all. `leaseMs`: so long it
   * lasts before it has to be renewed, which the library does. Rejects with `lease_ttl_range`, `lease_limit`.
   */
  async transaction({ leaseMs = 0, signal }: TransactionOptions = {}): Promise<Transaction> {
    this.#refuseWhileDraining();
    const { time, requestTimeoutMs } = this.#settings;
    return await new Promise((resolve, failed) => {
      const begun = (grant: LeaseGrant, fromMs: number): void => {
        const lease = new HeldLease(grant, { kind: 'delivery', fromMs, ttlMs: leaseMs === 0 ? undefined : leaseMs });
        this.#settler.handOut(lease);
        this.#keeper.keep(lease);
        resolve(new Transaction(lease, this.#settler));
      };
      const deadlineMs = time.nowMs() + requestTimeoutMs;
      const begin = new BeginOperation(this.#spaceLine.nowhere, deadlineMs, { leaseMs, begun, failed });
      this.#spaceLine.perform(begin, signal);
    });
  }

  /**
   * Why does, did or would an event match a filter, or not? The event is one that was published (`{ seq }`) or made up;
   * the filter is a subscription's or made up.
   */
  async explain({ event, filter, signal }: ExplainOptions & SignalOption): Promise<Explained> {
    const { explanation, text, fate } = await this.#ask(explainFrame({ event, filter }), 'explained', { signal });
    return { explanation, text, fate };
  }

  /**
   * Which subscriptions does or would an event match, whoever's they are, and why? A dry run: nothing is delivered or
   * counted. In pages, by rising number of subscription:
   *
   *     for (let cursor: number | undefined = 0; cursor !== undefined; ) {
   *       const { matches, next } = await client.matches({ event: { topic: 'sensors/1', data }, cursor });
   *       for (const { subscription, text } of matches) console.log(subscription, text);
   *       cursor = next;
   *     }
   */
  async matches({ event, limit, cursor, signal }: MatchOptions & SignalOption): Promise<Matched> {
    const ask = { kind: 'match', event, limit, cursor } as const;
    const { kind: _kind, ref: _ref, ...page } = await this.#ask(ask, 'matched', { signal });
    return page;
  }

  /** What does a filter cost each event, or would it, if somebody subscribed with it? Rejects as `subscribe` does. */
  async costOf({
    topic,
    when,
    signal,
  }: { readonly topic: string; readonly when?: string | undefined } & SignalOption): Promise<FilterCost> {
    const { kind: _kind, ref: _ref, ...cost } = await this.#ask({ kind: 'price', topic, when }, 'priced', { signal });
    return cost;
  }

  /**
   * The most expensive filters of the broker, the first page of them if nothing is said. The broker looks at some
   * hundred filters a second; `sweep` tells how far it has come.
   */
  async costlyFilters({ limit, cursor, signal }: PageOptions & SignalOption = {}): Promise<CostlyFilters> {
    const { kind: _kind, ref: _ref, ...page } = await this.#ask({ kind: 'rank', limit, cursor }, 'ranked', { signal });
    return page;
  }

  /**
   * Closes in good order: takes nothing new, ends every subscription's sequence, waits until what consumers have in hand
   * is settled and every request is answered, then says goodbye and closes. After `timeoutMs`, or when `signal` fires, it closes all the
   * same.
   */
  async drain({ timeoutMs = 10_000, signal }: DrainOptions = {}): Promise<void> {
    if (this.state === 'closed') return;
    this.#draining = true;
    this.#plain = undefined;
    for (const registration of this.#registry) registration.end();
    // What is asked of it from now on is to go elsewhere.
    for (const serving of this.#servings) this.#servings.stop(serving).catch(() => {});
    this.#spaceLine.giveUpBlocked(clientDraining());
    const { time } = this.#settings;
    const deadlineMs = time.nowMs() + timeoutMs;
    while (this.#busy && time.nowMs() < deadlineMs && !signal?.aborted) {
      await new Promise<void>((resolve) => void time.after(DRAIN_POLL_MS, resolve));
    }
    if (this.#link.open) await this.#farewell(signal?.aborted ? 0 : deadlineMs - time.nowMs());
    this.#link.close();
  }

  /**
   * Closes at once. Requests without an answer reject with `client_closed`, sequences end, and what is under a lease is
   * delivered again. The session and all it owns end. Idempotent.
   */
  async close(): Promise<void> {
    if (this.#link.open) this.#link.send(this.#goodbye(() => {}));
    this.#link.close();
  }

  /** For `connect`: resolves when open the first time. */
  async opened(signal: AbortSignal | undefined): Promise<void> {
    await this.#link.connect(signal);
  }

  get #busy(): boolean {
    if (this.#link.state === 'closed') return false;
    return this.unanswered > 0 || this.#work.running > 0 || this.#settler.inHand() > 0;
  }

  /** Where a quiet publish can be written now. Throws TellwhenError `client_closed`. */
  get #outboxWithRoom(): Outbox | undefined {
    const { outbox, writable } = this.#link.sender;
    if (outbox === undefined && this.#link.state === 'closed') throw clientClosed();
    return writable ? outbox : undefined;
  }

  /** Asks; again on another connection, where that does no harm. */
  async #ask<K extends AnswerKind>(
    ask: Asked,
    answer: K,
    { repeatable = true, signal }: { readonly repeatable?: boolean; readonly signal?: AbortSignal | undefined },
  ): Promise<AnswerOf<K>> {
    this.#refuseWhileDraining();
    return await new Promise((answered, failed) => {
      this.#link.send(new ControlRequest({ ask, answer, repeatable, answered, failed }), signal);
    });
  }

  async #farewell(withinMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const stop = this.#settings.time.after(Math.max(withinMs, DRAIN_POLL_MS), resolve);
      const done = (): void => {
        stop();
        resolve();
      };
      this.#link.send(this.#goodbye(done));
    });
  }

  #goodbye(done: () => void): Request {
    return new ControlRequest({ ask: { kind: 'goodbye' }, answer: 'farewell', answered: done, failed: done });
  }

  #event(topic: string, data: unknown, options: PublishOptions | undefined): EventToPublish {
    this.#refuseWhileDraining();
    return eventToPublish(topic, data, options, this.#identity);
  }

  #refuseWhileDraining(): void {
    if (this.#draining) throw clientDraining();
  }
}

function clientDraining(): TellwhenError {
  return new TellwhenError('client_draining', 'the client is draining and takes nothing new');
}
