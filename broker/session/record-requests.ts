import { isFetching } from '../delivery/fetching.ts';
import {
  type Body,
  type BodyRun,
  type ClientRecordHandler,
  CODES,
  type Code,
  ProtocolError,
  type PublishOptions,
  type Reply,
  type RequestHandler,
  type RequestWish,
  readClientRecords,
  type Settlement,
} from '../protocol/index.ts';
import type { Publish, Publisher } from '../publish/publish.ts';
import type { Requests } from '../requests/requests.ts';
import { Fetches } from './fetches.ts';
import { NumberedLine } from './numbered-line.ts';
import type { Outbound } from './outbound.ts';
import { partyOf } from './party-of.ts';
import type { Refusal } from './refusal.ts';
import type { Session } from './session.ts';
import { type SettlingMeans, settle } from './settling.ts';
import type { SpaceRequests } from './space-requests.ts';
import { IncomingTopics } from './topics.ts';

export interface RecordMeans extends SettlingMeans {
  readonly publish: Publish;
  readonly requests: Requests;
  readonly topicAliasesMax: number;
  /** Fetches of one connection that may wait for it to read. */
  readonly fetchesWaitingMax: number;
  /** While true nothing new begins; acknowledging goes on. */
  readonly draining: () => boolean;
  /** Calls `then` when what was changed by now is on disk. */
  readonly afterFlush: (then: () => void) => void;
  /** What to tell the client about an error, counted. */
  readonly refusal: (error: unknown, request: 'publish' | 'other') => Refusal;
}

/** A frame of a megabyte holds two hundred thousand faulty records; answering all of them would take a second. */
const FAULTS_MAX = 1_000;

/** Does what the records of data frames ask, one connection's. A record that is refused does not stop the next one. */
export class RecordRequests implements ClientRecordHandler, RequestHandler {
  readonly #session: Session;
  readonly #outbound: Outbound;
  readonly #publisher: Publisher;
  readonly #means: RecordMeans;
  readonly #topics: IncomingTopics;
  readonly #fetches: Fetches;
  readonly #spaceRequests: () => SpaceRequests;
  readonly #line = new NumberedLine();
  /** In the present frame. */
  #faults = 0;

  /** `spaceRequests`: those of the same connection, made when first they are needed. */
  constructor(
    session: Session,
    outbound: Outbound,
    publisher: Publisher,
    spaceRequests: () => SpaceRequests,
    means: RecordMeans,
  ) {
    this.#session = session;
    this.#outbound = outbound;
    this.#publisher = publisher;
    this.#means = means;
    this.#spaceRequests = spaceRequests;
    this.#topics = new IncomingTopics(means.topicAliasesMax);
    this.#fetches = new Fetches(outbound, means.fetchesWaitingMax);
  }

  get requests(): RequestHandler {
    return this;
  }

  /** Reads one frame. Throws ProtocolError when it cannot be read, or is nothing but faults. */
  read(frame: Uint8Array): void {
    this.#faults = 0;
    readClientRecords(frame, this);
  }

  get spaces(): SpaceRequests {
    return this.#spaceRequests();
  }

  topic(alias: number, text: string): void {
    this.#orRefuse(0, 'other', () => this.#topics.define(alias, text));
  }

  publish(firstRef: number, alias: number, run: BodyRun, options: PublishOptions): void {
    if (this.#publishRun(firstRef, alias, run, options)) return;
    for (let i = 0; i < run.count; i++) {
      this.#publish(refAt(firstRef, i), alias, run.body(i), i === 0 ? options : optionsOf(options, i));
    }
  }

  /** The short way, for what nobody can refuse. False, and nothing is done, for anything else. */
  #publishRun(firstRef: number, alias: number, bodies: BodyRun, options: PublishOptions): boolean {
    const topic = this.#topics.find(alias);
    if (topic === undefined || this.#means.draining() || this.#line.isHeld) return false;
    try {
      return this.#means.publish.publishRun(this.#publisher, { topic, bodies, options }, this.#outbound, firstRef);
    } catch (error) {
      for (let i = 0; i < bodies.count; i++) this.#refuse(refAt(firstRef, i), 'publish', error);
      return true;
    }
  }

  #publish(ref: number, alias: number, body: Body, options: PublishOptions): void {
    const { order } = options;
    try {
      if (this.#means.draining()) throw new ProtocolError('broker_draining', 'the broker is shutting down');
      if (body.fault !== undefined) throw new ProtocolError('attributes_invalid', body.fault);
      const topic = this.#topics.get(alias);
      if (order !== undefined) this.#line.check(order);
      this.#means.publish.publish(this.#publisher, { topic, body, options }, this.#outbound, ref);
      if (order !== undefined) this.#line.taken(order);
    } catch (error) {
      const code = this.#refuse(ref, 'publish', error);
      if (order !== undefined) this.#line.refused(order, code, body.id !== undefined && body.source !== undefined);
    }
  }

  credit(subscription: number, events: number, bytes: number): void {
    this.#orRefuse(0, 'other', () => {
      // Unknown is no fault: the subscription may have ended while this was on its way.
      this.#session.subscriptions.get(subscription)?.delivery.addCredit(events, bytes);
    });
  }

  fetch(ref: number, subscription: number, seq: number, leaseMs: number): void {
    this.#orRefuse(ref, 'other', () => {
      const delivery = this.#session.subscriptions.get(subscription)?.delivery;
      if (delivery === undefined) {
        throw new ProtocolError('subscription_unknown', `this session has no subscription ${subscription}`);
      }
      if (!isFetching(delivery)) {
        throw new ProtocolError('subscription_mode', `subscription ${subscription} is not a pull subscription`);
      }
      this.#fetches.add(() => {
        try {
          const { event, handover } = delivery.fetch(seq, leaseMs);
          this.#outbound.fetched(ref, event, handover);
        } catch (error) {
          this.#answerRefused(ref, 'other', error);
        }
      });
    });
  }

  settle(ref: number, settlement: Settlement, ms: number, leaseId: number, token: number): void {
    this.#orRefuse(ref, 'other', () => {
      const principal = this.#session.id;
      const { remainingMs, durable } = settle({ settlement, ms, id: leaseId, token, principal }, this.#means);
      if (durable) this.#means.afterFlush(() => this.#outbound.settled(ref, remainingMs));
      else this.#outbound.settled(ref, remainingMs);
    });
  }

  request(ref: number, alias: number, wish: RequestWish, body: Body): void {
    const { requests, draining } = this.#means;
    try {
      if (draining()) throw new ProtocolError('broker_draining', 'the broker is shutting down');
      if (body.fault !== undefined) throw new ProtocolError('attributes_invalid', body.fault);
      const party = partyOf(this.#session, this.#outbound, requests);
      requests.ask(party, this.#publisher, ref, { topic: this.#topics.get(alias), wish, body });
    } catch (error) {
      this.#refuse(ref, 'other', error);
    }
  }

  cancelRequest(ref: number): void {
    const { party } = this.#session;
    if (party !== undefined) this.#orRefuse(0, 'other', () => this.#means.requests.cancel(party, ref));
  }

  wantParts(ref: number, parts: number): void {
    const { party } = this.#session;
    if (party !== undefined) this.#orRefuse(0, 'other', () => this.#means.requests.want(party, ref, parts));
  }

  reply(call: number, reply: Reply): void {
    const { requests } = this.#means;
    this.#orRefuse(0, 'other', () => requests.reply(partyOf(this.#session, this.#outbound, requests), call, reply));
  }

  /** Does work of the present frame; what it throws is a refusal, and counted as a fault of the frame. */
  orRefuse(ref: number, work: () => void): void {
    this.#orRefuse(ref, 'other', work);
  }

  #orRefuse(ref: number, request: 'publish' | 'other', work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#refuse(ref, request, error);
    }
  }

  /** Refuses a record of the present frame. Throws when the frame has too many faults. */
  #refuse(ref: number, request: 'publish' | 'other', error: unknown): Code {
    const code = this.#answerRefused(ref, request, error);
    // What may be tried again is no fault of the frame.
    if (CODES[code].retry) return code;
    this.#faults += 1;
    if (this.#faults > FAULTS_MAX) {
      throw new ProtocolError('rate_limited', `more than ${FAULTS_MAX} records of one frame were refused`);
    }
    return code;
  }

  /** Refuses a record of an earlier frame. */
  refuseLater(ref: number, error: unknown): void {
    this.#answerRefused(ref, 'other', error);
  }

  #answerRefused(ref: number, request: 'publish' | 'other', error: unknown): Code {
    const { code, message } = this.#means.refusal(error, request);
    this.#outbound.refused(ref, code, message);
    return code;
  }
}

function refAt(firstRef: number, i: number): number {
  return firstRef === 0 ? 0 : firstRef + i;
}

/** Of the `i`-th event of a run: its publisher counts it on. */
function optionsOf(options: PublishOptions, i: number): PublishOptions {
  const { order } = options;
  return order === undefined ? options : { ...options, order: { ...order, number: order.number + i } };
}
