import {
  type BrokerControl,
  type ControlOf,
  type FindWish,
  type LeaseGrant,
  NO_OUT_OPTIONS,
  type OutOptions,
  writeSpaceRequest,
} from '../../broker/protocol/index.ts';
import type { RawPeer, ReceivedRecord } from './raw-peer.ts';

export const ANY = { '?': 'any' };

const READ: FindWish = {
  take: false,
  waitMs: undefined,
  transaction: undefined,
  leaseMs: undefined,
  final: false,
  many: undefined,
};

/** A find, as a test says it. */
export type Wish = Partial<FindWish> & { readonly is?: unknown; readonly when?: string };

/** A client of one space that speaks records. Refs are its own; what it was answered is kept by ref. */
export class SpacePeer {
  readonly peer: RawPeer;
  readonly number: number;
  readonly opened: ControlOf<BrokerControl, 'spaceOpened'>;
  #ref = 5_000;

  constructor(peer: RawPeer, space: string, options: { durable?: boolean; source?: string } = {}) {
    this.peer = peer;
    const answer = peer.request('openSpace', { space, ...options });
    if (answer.kind !== 'spaceOpened') throw new Error(`openSpace was answered ${JSON.stringify(answer)}`);
    this.opened = answer;
    this.number = answer.number;
  }

  /** Of the last request. */
  get lastRef(): number {
    return this.#ref;
  }

  /** Puts a tuple there, and returns the ref. */
  out(tuple: unknown, options: Partial<OutOptions> = {}): number {
    const ref = ++this.#ref;
    const text = typeof tuple === 'string' ? tuple : JSON.stringify(tuple);
    this.peer.send((to) => writeSpaceRequest.out(to, ref, this.number, { ...NO_OUT_OPTIONS, ...options }, text));
    return ref;
  }

  find({ is, when, ...wish }: Wish): number {
    const ref = ++this.#ref;
    const template = JSON.stringify({ is, when });
    this.peer.send((to) => writeSpaceRequest.find(to, ref, this.number, { ...READ, ...wish }, template));
    return ref;
  }

  /** Waits, for as long as it takes unless said otherwise. */
  in(wish: Wish): number {
    return this.find({ take: true, waitMs: 0, ...wish });
  }

  inp(wish: Wish): number {
    return this.find({ take: true, ...wish });
  }

  rd(wish: Wish): number {
    return this.find({ waitMs: 0, ...wish });
  }

  rdp(wish: Wish): number {
    return this.find(wish);
  }

  begin(leaseMs = 0): LeaseGrant {
    const ref = ++this.#ref;
    this.peer.send((to) => writeSpaceRequest.begin(to, ref, leaseMs));
    return this.answer(ref)?.['lease'] as LeaseGrant;
  }

  cancel(ref: number): void {
    this.peer.send((to) => writeSpaceRequest.cancel(to, ref));
  }

  renew(tuple: number, leaseMs: number): number {
    const ref = ++this.#ref;
    this.peer.send((to) => writeSpaceRequest.renew(to, ref, this.number, tuple, leaseMs));
    return ref;
  }

  commit(lease: LeaseGrant): number {
    const ref = ++this.#ref;
    this.peer.ack(lease, ref);
    return ref;
  }

  abort(lease: LeaseGrant): number {
    const ref = ++this.#ref;
    this.peer.release(lease, 0, ref);
    return ref;
  }

  extend(lease: LeaseGrant, ms: number): number {
    const ref = ++this.#ref;
    this.peer.extend(lease, ms, ref);
    return ref;
  }

  answer(ref: number): ReceivedRecord | undefined {
    return this.peer.records.find((record) => record['ref'] === ref);
  }

  /** The tuple that a find was answered with; `undefined` where it is not answered, or with nothing. */
  value(ref: number): unknown {
    return this.values(ref)[0];
  }

  values(ref: number): unknown[] {
    const tuples = (this.answer(ref)?.['tuples'] ?? []) as { readonly value: unknown }[];
    return tuples.map(({ value }) => value);
  }

  lease(ref: number): LeaseGrant {
    return this.answer(ref)?.['lease'] as LeaseGrant;
  }

  tupleOf(ref: number): number {
    return this.answer(ref)?.['tuple'] as number;
  }

  /** Why a find found nothing, or the code with which a request was refused. */
  why(ref: number): unknown {
    const answer = this.answer(ref);
    return answer?.['reason'] ?? answer?.['code'];
  }
}
