import type { Body, Delivery, Notice as NoticeRecord, Provenance } from '../broker/protocol/index.ts';
import { TellwhenError } from './errors.ts';
import { eventOf, type ReceivedEvent } from './event.ts';
import { HeldLease } from './lease.ts';
import { FetchRequest } from './lease-requests.ts';
import { type FetchOptions, Notice } from './notice.ts';
import { Registration, type RegistrationMeans, type SubscribeFrame } from './registration.ts';
import type { Request } from './request.ts';
import type { ClientTime } from './time.ts';

export interface PullMeans extends RegistrationMeans {
  readonly time: ClientTime;
  readonly send: (request: Request, signal?: AbortSignal) => void;
}

/** A fetched event and the lease it is held under. */
export interface Fetched {
  readonly event: ReceivedEvent;
  readonly lease: HeldLease;
}

/** Notices are pushed; the events they tell of are fetched. */
export class PullRegistration extends Registration<Notice> {
  readonly #pull: PullMeans;

  constructor(ask: SubscribeFrame, means: PullMeans) {
    super(ask, means);
    this.#pull = means;
  }

  override notice(topic: string, record: NoticeRecord, provenance: Provenance | undefined): void {
    const { binding } = this;
    if (binding === undefined) return;
    const { settler, time } = this.#pull;
    const item = new Notice(topic, record, {
      retention: new HeldLease(record.retention, { kind: 'retention', fromMs: time.nowMs() }),
      settler,
      provenance,
      fetch: async (seq, options) => (await this.fetch({ seq, provenance }, options)).event,
    });
    this.arrive({ item, seq: record.seq, creditBytes: 0, lease: undefined, binding });
  }

  /** Rejects with TellwhenError, see `Notice.fetch`. */
  fetch(
    { seq, provenance }: Pick<Notice, 'seq' | 'provenance'>,
    { leaseMs = 0, signal }: FetchOptions,
  ): Promise<Fetched> {
    if (!this.bound) {
      return Promise.reject(new TellwhenError('connection_lost', 'the notice came over a connection that is lost'));
    }
    return new Promise((resolve, reject) => {
      const fetched = (topic: string, delivery: Delivery, body: Body, sentMs: number): void => {
        if (delivery.lease === undefined) {
          reject(new TellwhenError('broker_unreadable', 'a fetched event without a lease'));
          return;
        }
        const ttlMs = leaseMs === 0 ? this.deliveryLeaseMs : leaseMs;
        const lease = new HeldLease(delivery.lease, { kind: 'delivery', fromMs: sentMs, ttlMs });
        const { settler } = this.#pull;
        settler.handOut(lease);
        resolve({ event: eventOf(topic, delivery, body, { inHand: { lease, settler }, provenance }), lease });
      };
      const request = new FetchRequest({ subscription: this.id, seq, leaseMs, fetched, failed: reject });
      this.#pull.send(request, signal);
    });
  }
}
