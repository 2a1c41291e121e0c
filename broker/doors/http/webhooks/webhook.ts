import type { Handover } from '../../../delivery/outbox.ts';
import type { Time } from '../../../kernel/time.ts';
import { ProtocolError, type Settlement } from '../../../protocol/index.ts';
import type { PublishedEvent } from '../../../publish/event.ts';
import { toBinaryHeaders } from '../cloudevents/encode.ts';
import type { Reader } from '../readers.ts';
import { type Consent, type ConsentTerms, consentOf, question, signature } from './consent.ts';
import { Pace } from './pace.ts';
import type { Post } from './post.ts';

export interface WebhookMeans {
  readonly time: Time;
  readonly post: Post;
  readonly url: URL;
  readonly concurrency: number;
  readonly consent: ConsentTerms;
  /** The URL has said whether it takes events, or says otherwise than before. */
  readonly consented: (consent: Consent) => void;
  /** The longest rest that an event may be given. */
  readonly restMsMax: number;
  /** Throws ProtocolError where the lease is over. */
  readonly settle: (settlement: Settlement, lease: { readonly id: number; readonly token: number }, ms: number) => void;
  /** It wants more than before. */
  readonly wantsAgain: () => void;
  /** The URL says that it is gone for ever. */
  readonly gone: () => void;
  readonly count: (outcome: 'sent' | 'failed') => void;
}

/** After the first failure in a row, and twice as long after each further one. */
const BACK_OFF_MS = 1_000;
const BACK_OFF_MS_MAX = 60_000;

const GONE = 410;
/** Who has not consented is asked again. */
const ASK_AGAIN_MS = 60_000;

/**
 * Sends the events of a subscription to a URL, as CloudEvents in binary mode, each until the URL has answered 2xx. What
 * fails is given back to rest, and is given up in the end by the mailbox that it is from, as a dead letter. After a failure
 * nothing is sent for a while, longer each time, so that a URL that is down does not use up the attempts of everything.
 *
 * Before the first one the URL is asked whether it wants them, and how many. Whoever does not say so may be somebody who knows
 * nothing of it, and is sent few.
 */
export class Webhook implements Reader {
  readonly #means: WebhookMeans;
  #underWay = 0;
  #failures = 0;
  #isOver = false;
  #stopResting: (() => void) | undefined;
  /** Undefined while it was not asked, or has not answered yet. */
  #consent: Consent | undefined;
  #pace = new Pace(0);
  #stopPausing: (() => void) | undefined;
  #stopAsking: (() => void) | undefined;

  constructor(means: WebhookMeans) {
    this.#means = means;
  }

  get wants(): boolean {
    const isBusy = this.#stopResting !== undefined || this.#underWay >= this.#means.concurrency;
    return !this.#isOver && !isBusy && this.#pace.waitMs(this.#means.time.monotonicMs()) === 0;
  }

  get consent(): Consent | undefined {
    return this.#consent;
  }

  /** It asks, and sends when it has an answer. To be called once. */
  start(): void {
    const { time } = this.#means;
    this.#stopAsking = time.every(ASK_AGAIN_MS, () => void this.#ask());
    void this.#ask();
  }

  event(event: PublishedEvent, handover: Handover | undefined): void {
    const lease = handover?.lease;
    if (handover === undefined || lease === undefined) throw new Error('an event for a URL comes without a lease');
    const data = event.bytes.slice(event.bytes.length - event.size);
    this.#underWay += 1;
    this.#pace.sent(this.#means.time.monotonicMs());
    this.#pause();
    void this.#send({ ...toBinaryHeaders(event, handover), ...signature(this.#means.consent) }, data, lease);
  }

  notice(): void {
    throw new Error('a subscription with a URL is not pulled');
  }

  gap(): void {
    // What its mailbox dropped is counted there.
  }

  ended(): void {
    this.stop();
  }

  stop(): void {
    this.#isOver = true;
    for (const stop of [this.#stopResting, this.#stopPausing, this.#stopAsking]) stop?.();
    this.#stopResting = undefined;
  }

  async #ask(): Promise<void> {
    const { post, url, consent: terms, consented, wantsAgain } = this.#means;
    const answer = await post.ask(url, question(terms)).catch(() => undefined);
    if (this.#isOver) return;
    const consent = consentOf(answer, terms);
    if (consent.given) this.#stopAsking?.();
    const isNews = consent.given !== this.#consent?.given;
    this.#consent = consent;
    if (!isNews) return;
    this.#pace = new Pace(consent.perMinute);
    consented(consent);
    wantsAgain();
  }

  /** Until its pace allows one more. */
  #pause(): void {
    const { time, wantsAgain } = this.#means;
    const waitMs = this.#pace.waitMs(time.monotonicMs());
    if (waitMs === 0 || !Number.isFinite(waitMs) || this.#stopPausing !== undefined) return;
    const stop = time.every(Math.max(1, waitMs), () => {
      stop();
      this.#stopPausing = undefined;
      // A timer may come a little too early.
      this.#pause();
      wantsAgain();
    });
    this.#stopPausing = stop;
  }

  async #send(
    headers: { readonly [name: string]: string },
    data: Uint8Array,
    lease: { readonly id: number; readonly token: number },
  ): Promise<void> {
    const { post, url, count, gone, wantsAgain } = this.#means;
    const answer = await post.post(url, headers, data).catch(() => ({ status: 0, retryAfterMs: undefined }));
    this.#underWay -= 1;
    if (this.#isOver) return;
    if (answer.status >= 200 && answer.status < 300) {
      this.#failures = 0;
      count('sent');
      this.#settle('ack', lease, 0);
    } else {
      count('failed');
      this.#rest(answer.retryAfterMs, lease);
      if (answer.status === GONE) gone();
    }
    wantsAgain();
  }

  #rest(retryAfterMs: number | undefined, lease: { readonly id: number; readonly token: number }): void {
    const { time, restMsMax, wantsAgain } = this.#means;
    const backOffMs = Math.min(BACK_OFF_MS * 2 ** this.#failures, BACK_OFF_MS_MAX);
    const restMs = Math.min(retryAfterMs ?? backOffMs, restMsMax);
    this.#failures += 1;
    this.#settle('release', lease, restMs);
    if (this.#isOver || this.#stopResting !== undefined) return;
    const stop = time.every(Math.max(1, restMs), () => {
      stop();
      this.#stopResting = undefined;
      wantsAgain();
    });
    this.#stopResting = stop;
  }

  #settle(settlement: Settlement, lease: { readonly id: number; readonly token: number }, ms: number): void {
    try {
      this.#means.settle(settlement, lease, ms);
    } catch (error) {
      // The answer came after the end of the lease: the event is given again.
      if (!(error instanceof ProtocolError)) throw error;
    }
  }
}
