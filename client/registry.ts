import type {
  Body,
  BodyRun,
  Delivery,
  DropReason,
  FirstOfRun,
  LeaseGrant,
  Notice as NoticeRecord,
  Provenance,
} from '../broker/protocol/index.ts';
import type { Welcome } from './connection.ts';
import { ControlRequest, type ControlRequestOptions } from './control-request.ts';
import { type ErrorCode, TellwhenError } from './errors.ts';
import type { Deliveries } from './inbox.ts';
import { SettleRequest } from './lease-requests.ts';
import type { Registration } from './registration.ts';
import type { Request } from './request.ts';
import type { Standing } from './standing.ts';
import type { ClientTime } from './time.ts';

/** Whatever it is that arrives: events or notices. */
type AnyRegistration = Omit<Registration<unknown>, 'stream' | 'next'>;

export interface RegistryMeans {
  /** Is told of what arrives, before anybody sees it. */
  readonly standing: Standing;
  readonly time: ClientTime;
  readonly send: (request: Request, signal?: AbortSignal) => void;
}

/** Between two tries to subscribe again, where the broker says that it may work later. */
const RESUBSCRIBE_MS = 1_000;
/** The broker may have done it, and nobody here waits for the answer any more. */
const GIVEN_UP: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['timeout', 'aborted']);

/**
 * All subscriptions of the client: makes, changes and ends them, gives each its records, and brings them over to a new
 * connection. Their numbers change there; the objects that users hold do not.
 */
export class Registry implements Deliveries {
  readonly #means: RegistryMeans;
  readonly #all = new Set<AnyRegistration>();
  readonly #byId = new Map<number, AnyRegistration>();

  constructor(means: RegistryMeans) {
    this.#means = means;
  }

  [Symbol.iterator](): IterableIterator<AnyRegistration> {
    return this.#all.values();
  }

  /** Resolves when the broker has it. It is known here before the first record that follows the answer is read. */
  subscribe(registration: AnyRegistration, signal?: AbortSignal): Promise<void> {
    return this.#ask<'subscribed', void>(
      { ask: registration.ask, answer: 'subscribed', repeatable: true, ordered: true },
      (frame) => {
        this.#all.add(registration);
        this.#byId.set(frame.subscription, registration);
        this.#means.standing.restart(frame.seq);
        registration.bind(frame);
      },
      signal,
    );
  }

  /**
   * Puts another predicate on it. Resolves with the position from which it holds. Asked again on the next connection
   * when the answer was lost with this one; given up, it is taken back, so that `ask` says what the broker has.
   */
  async replace(registration: AnyRegistration, when: string | null, signal?: AbortSignal): Promise<number> {
    if (!registration.bound) throw notBound(registration);
    try {
      return await this.#replace(registration, when, signal);
    } finally {
      this.#takeBack(registration);
    }
  }

  /** Sets a new time on its lease. Resolves with what remains. */
  renew(registration: AnyRegistration, leaseMs: number, signal?: AbortSignal): Promise<number> {
    if (!registration.bound) return Promise.reject(notBound(registration));
    return this.#ask(
      { ask: { kind: 'renew', subscription: registration.id, leaseMs }, answer: 'renewed' },
      ({ lease }) => {
        registration.renewed(leaseMs);
        return lease.remainingMs;
      },
      signal,
    );
  }

  /** Nothing is given to it any more, from the very call. A connection lost meanwhile has ended it as well. */
  async unsubscribe(registration: AnyRegistration): Promise<void> {
    const { bound, id } = registration;
    if (!this.#all.delete(registration)) return;
    this.#byId.delete(id);
    registration.end();
    if (!bound) return;
    try {
      await this.#remove(id);
    } catch (error) {
      if (!(error instanceof TellwhenError && error.code === 'connection_lost')) throw error;
    }
  }

  opened({ session, subscriptions }: Welcome): void {
    const there = new Set(session.resumed ? subscriptions : []);
    for (const registration of this.#all) {
      if (there.delete(registration.id)) {
        this.#byId.set(registration.id, registration);
        registration.resume();
        this.#takeBack(registration);
      } else {
        this.#subscribeAgain(registration);
      }
    }
    for (const id of there) this.stray(id);
  }

  lost(): void {
    this.#byId.clear();
    for (const registration of this.#all) registration.unbind();
  }

  endAll(error: TellwhenError | undefined): void {
    for (const registration of this.#all) registration.end(error);
    this.#all.clear();
    this.#byId.clear();
  }

  /** The broker has ended one. What has arrived can still be taken; then its sequence throws this. */
  ended(subscription: number, error: TellwhenError): void {
    const registration = this.#byId.get(subscription);
    if (registration === undefined) return;
    this.#byId.delete(subscription);
    this.#all.delete(registration);
    registration.end(error);
  }

  /** The broker has a subscription that nobody here knows: one given up while its answer was under way. */
  stray(subscription: number): void {
    // If this is lost too, the next connection finds it again, or nothing is left to find.
    this.#remove(subscription).catch(() => {});
  }

  events(
    subscription: number,
    topic: string,
    first: FirstOfRun,
    run: BodyRun,
    provenance: Provenance | undefined,
  ): void {
    this.#means.standing.delivered(first.seq + run.count - 1);
    this.#byId.get(subscription)?.events(topic, first, run, provenance);
  }

  event(subscription: number, topic: string, delivery: Delivery, body: Body, provenance: Provenance | undefined): void {
    this.#means.standing.delivered(delivery.seq);
    this.#byId.get(subscription)?.event(topic, delivery, body, provenance);
  }

  notice(subscription: number, topic: string, notice: NoticeRecord, provenance: Provenance | undefined): void {
    this.#means.standing.delivered(notice.seq);
    this.#byId.get(subscription)?.notice(topic, notice, provenance);
  }

  gap(subscription: number, reason: DropReason, total: number, seq: number): void {
    this.#byId.get(subscription)?.gap(reason, total, seq);
  }

  /** Gives back what nobody waits for. If that fails, the lease runs out, to the same end. */
  unclaimed(lease: LeaseGrant): void {
    this.#means.send(new SettleRequest({ settlement: 'release', ms: 0, lease, settled() {}, failed() {} }));
  }

  async #replace(registration: AnyRegistration, when: string | null, signal?: AbortSignal): Promise<number> {
    const { id, replacements } = registration;
    let number = 0;
    const writing = (): void => {
      if (!registration.bound || registration.id !== id) throw notBound(registration);
      number = replacements.written();
    };
    replacements.underWay += 1;
    try {
      return await this.#ask(
        {
          ask: { kind: 'replace', subscription: id, when },
          answer: 'replaced',
          repeatable: true,
          ordered: true,
          writing,
        },
        (frame) => {
          registration.replaced(when, frame);
          replacements.answered(number);
          return frame.seq;
        },
        signal,
      );
    } catch (error) {
      if (error instanceof TellwhenError && GIVEN_UP.has(error.code)) replacements.givenUp(number);
      throw error;
    } finally {
      replacements.underWay -= 1;
    }
  }

  /**
   * Puts the predicate that is believed in the place of one that may be there, once no replace is under way that would
   * do so anyway. Should this fail too, it is as doubtful as before, and the next connection tries again.
   */
  #takeBack(registration: AnyRegistration): void {
    const { replacements, bound, when } = registration;
    if (!replacements.doubtful || !bound || replacements.underWay > 0) return;
    const again = (): void => this.#takeBack(registration);
    this.#replace(registration, when ?? null).then(again, () => {});
  }

  #subscribeAgain(registration: AnyRegistration, ask = registration.askToJoin ?? registration.ask): void {
    const request = new ControlRequest({
      ask,
      answer: 'subscribed',
      answered: (frame) => {
        if (registration.over) {
          this.stray(frame.subscription);
          return;
        }
        this.#byId.set(frame.subscription, registration);
        registration.bind(frame);
      },
      failed: (error) => {
        // Of a broker that forgets, or after its lease: it is made anew, by who said what it is to be.
        const gone = error.code === 'mailbox_unknown' && ask !== registration.ask;
        if (gone && registration.ask.topic !== undefined) this.#subscribeAgain(registration, registration.ask);
        else this.#notSubscribedAgain(registration, error);
      },
    });
    this.#means.send(request);
  }

  #notSubscribedAgain(registration: AnyRegistration, error: TellwhenError): void {
    // The next connection subscribes everything again.
    if (registration.over || error.code === 'connection_lost') return;
    if (error.retry) {
      this.#means.time.after(RESUBSCRIBE_MS, () => {
        if (this.#all.has(registration) && !registration.bound) this.#subscribeAgain(registration);
      });
      return;
    }
    this.#all.delete(registration);
    registration.end(error);
  }

  #remove(subscription: number): Promise<void> {
    return this.#ask({ ask: { kind: 'unsubscribe', subscription }, answer: 'unsubscribed' }, () => {});
  }

  #ask<K extends 'subscribed' | 'replaced' | 'renewed' | 'unsubscribed', R>(
    options: Omit<ControlRequestOptions<K>, 'answered' | 'failed'>,
    answered: (frame: Parameters<ControlRequestOptions<K>['answered']>[0]) => R,
    signal?: AbortSignal,
  ): Promise<R> {
    return new Promise((resolve, failed) => {
      const request = new ControlRequest<K>({ ...options, answered: (frame) => resolve(answered(frame)), failed });
      this.#means.send(request, signal);
    });
  }
}

function notBound(registration: AnyRegistration): TellwhenError {
  return registration.over
    ? new TellwhenError('subscription_unknown', 'the subscription is over')
    : new TellwhenError('connection_lost', 'not connected; the subscription is unchanged');
}
