import type { Config } from '../../config/index.ts';
import { isFetching } from '../../delivery/fetching.ts';
import type { Handover } from '../../delivery/outbox.ts';
import type { Time } from '../../kernel/time.ts';
import type { Counters } from '../../observe/counters.ts';
import { ProtocolError } from '../../protocol/index.ts';
import type { PublishedEvent } from '../../publish/event.ts';
import type { OutboundBudget } from '../../session/outbound-budget.ts';
import { type SettlingMeans, settle } from '../../session/settling.ts';
import type { FilterCache } from '../../subscribe/filter-cache.ts';
import { BATCH } from './cloudevents/names.ts';
import { EventStream } from './event-stream.ts';
import type { EventTexts } from './event-texts.ts';
import type { HttpSubscription } from './http-subscription.ts';
import type { HttpSubscriptions } from './http-subscriptions.ts';
import { LongPoll, type Polled } from './long-poll.ts';
import { HttpProblem } from './problem.ts';
import { Replay, type ReplayMeans } from './replay.ts';
import type { Call } from './route.ts';
import type { Format } from './schemas.ts';

export interface EventsMeans extends SettlingMeans, Omit<ReplayMeans, 'jsonLimits'> {
  readonly config: Config;
  readonly counters: Counters;
  readonly budget: OutboundBudget;
  readonly time: Time;
  readonly texts: EventTexts;
  readonly filters: FilterCache;
  readonly subscriptions: HttpSubscriptions;
  readonly jsonLimits: ReplayMeans['jsonLimits'];
}

export interface PollWish {
  readonly max?: number | undefined;
  readonly wait?: number | undefined;
  readonly leaseMs?: number | undefined;
  readonly format?: Format | undefined;
}

export interface StreamWish {
  readonly format?: Format | undefined;
  readonly retained?: 'send' | 'skip' | undefined;
}

const EVENTS_DEFAULT = 100;

/** Brings the events of subscriptions to those who ask for them, and bounds how many do at once. */
export class Events {
  readonly #means: EventsMeans;
  readonly #streams = new Set<EventStream>();
  #stop: (() => void) | undefined;

  constructor(means: EventsMeans) {
    this.#means = means;
  }

  start(): void {
    const { time, config } = this.#means;
    this.#stop ??= time.every(config.heartbeatMs, () => {
      for (const stream of this.#streams) stream.heartbeat();
    });
  }

  /** Ends every stream. */
  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
    for (const stream of [...this.#streams]) stream.ended('broker_draining', 'the broker is shutting down');
  }

  /** Takes what there is, or what comes first; under leases, if the subscription is to be acknowledged. */
  poll(held: HttpSubscription, call: Call<PollWish, unknown>): void {
    this.#checkRoom();
    const { time, texts, config, subscriptions } = this.#means;
    const { max = EVENTS_DEFAULT, wait = 0, format = 'tellwhen' } = call.query;
    subscriptions.touch(held);
    const done = (polled: Polled): void => {
      this.#waiting.poll -= 1;
      held.readers.remove(poll);
      subscriptions.touch(held);
      try {
        this.#answer(held, polled, call);
      } catch (error) {
        this.#giveBack(held, polled);
        call.refuse(error);
      }
    };
    const bytesMax = config.dataFrameBytesMax;
    const poll = new LongPoll({ time, texts, format, eventsMax: max, bytesMax, done }, wait);
    this.#waiting.poll += 1;
    call.reply.onGone(() => {
      const polled = poll.abandon();
      if (polled === undefined) return;
      this.#waiting.poll -= 1;
      held.readers.remove(poll);
      this.#giveBack(held, polled);
    });
    held.readers.add(poll);
  }

  /** Hands over an event that was notified. Throws ProtocolError as `Fetching.fetch` does. */
  fetch(held: HttpSubscription, seq: number, { leaseMs = 0, format = 'tellwhen' }: PollWish): string {
    this.#means.subscriptions.touch(held);
    const { event, handover } = this.#fetch(held, seq, leaseMs);
    return this.#means.texts.text(event, format, handover);
  }

  /** An event stream of a subscription. `afterSeq`: the last event that the client has, of what it was given before. */
  stream(held: HttpSubscription, call: Call<StreamWish, unknown>, { served }: { readonly served: boolean }): void {
    this.#checkRoom();
    const { time, texts, config, subscriptions } = this.#means;
    const afterSeq = lastEventId(call);
    subscriptions.touch(held);
    let replay: Replay | undefined;
    const { readers, subscription } = held;
    const stream: EventStream = new EventStream(call.reply, {
      time,
      texts,
      format: call.query.format ?? 'tellwhen',
      softBytes: config.outboundSoftBytes,
      budget: this.#means.budget,
      wantsAgain: () => {
        replay?.goOn();
        readers.pump();
      },
      over: () => {
        if (this.#streams.delete(stream)) this.#waiting.stream -= 1;
        replay?.stop();
        readers.remove(stream);
        subscriptions.touch(held);
        if (held.name === '') subscriptions.end(held);
      },
    });
    this.#streams.add(stream);
    this.#waiting.stream += 1;
    const live = (): void => {
      replay = undefined;
      readers.add(stream);
      if (!served) subscriptions.serve(held, { retained: afterSeq === undefined && call.query.retained !== 'skip' });
    };
    // What is acknowledged comes again by itself.
    if (afterSeq === undefined || subscription.terms.ack === 'explicit') live();
    else {
      const { filters, sinceSeq } = subscription.registration;
      const upToSeq = served ? readers.handedSeq : sinceSeq;
      replay = new Replay(
        { filter: this.#means.filters.compile(filters.present), afterSeq, upToSeq },
        stream,
        this.#means,
        live,
      );
    }
  }

  get #waiting() {
    return this.#means.counters.httpWaiting;
  }

  #fetch(held: HttpSubscription, seq: number, leaseMs: number): { event: PublishedEvent; handover: Handover } {
    const { delivery } = held.subscription;
    if (!isFetching(delivery)) {
      throw new ProtocolError('subscription_mode', `subscription ${held.name} is not a pull subscription`);
    }
    return delivery.fetch(seq, leaseMs);
  }

  #answer(held: HttpSubscription, polled: Polled, call: Call<PollWish, unknown>): void {
    if (polled.end !== undefined && polled.events.length === 0) {
      throw new ProtocolError('subscription_unknown', polled.end.message);
    }
    const events = [...polled.events, ...this.#fetchNotified(held, polled, call.query)];
    if (call.query.format === 'cloudevents') {
      call.send({
        status: 200,
        headers: { 'Content-Type': BATCH, 'Cache-Control': 'no-store' },
        body: `[${events.join(',\n')}]\n`,
      });
      return;
    }
    const body = `{"events":[${events.join(',\n')}],"gaps":${JSON.stringify(polled.gaps)}}\n`;
    call.send({ status: 200, headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }, body });
  }

  /** Of a pull subscription: the poll was notified, and whoever polls wants the events themselves. */
  #fetchNotified(
    held: HttpSubscription,
    { notices }: Polled,
    { leaseMs = 0, format = 'tellwhen' }: PollWish,
  ): string[] {
    return notices.map((seq) => {
      const { event, handover } = this.#fetch(held, seq, leaseMs);
      return this.#means.texts.text(event, format, handover);
    });
  }

  /** Whoever asked is not there any more: what it was handed need not wait for its leases to end. */
  #giveBack({ session }: HttpSubscription, { leases }: Polled): void {
    for (const { id, token } of leases) {
      try {
        settle({ settlement: 'release', ms: 0, id, token, principal: session.id }, this.#means);
      } catch (error) {
        // Its subscription may have ended, and the lease with it.
        if (!(error instanceof ProtocolError)) throw error;
      }
    }
  }

  #checkRoom(): void {
    const { httpWaitingMax } = this.#means.config;
    if (this.#waiting.stream + this.#waiting.poll < httpWaitingMax) return;
    throw new HttpProblem('waiting_limit', `${httpWaitingMax} requests wait for events, as many as may`);
  }
}

/** The id of the last event that a client of an event stream says it has. */
function lastEventId({ request }: Call<unknown, unknown>): number | undefined {
  const said = request.headers.get('last-event-id');
  if (said === undefined || said === '') return undefined;
  if (/^\d{1,15}$/.test(said)) return Number(said);
  throw new HttpProblem('request_malformed', 'Last-Event-ID: an id of this stream is a number');
}
