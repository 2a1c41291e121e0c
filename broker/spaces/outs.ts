import type { JsonValue } from '../../matcher/index.ts';
import { type OutOptions, ProtocolError, type Written } from '../protocol/index.ts';
import type { Caller, OpenedSpace } from './caller.ts';
import type { SourceOuts } from './known-outs.ts';
import type { SpaceCounters } from './space-counters.ts';
import type { SpaceStore } from './space-store.ts';
import type { SpaceTerms } from './space-terms.ts';
import type { Transaction } from './transaction.ts';
import { Tuple } from './tuple.ts';
import type { TupleFates } from './tuple-fates.ts';
import type { TupleLeases } from './tuple-leases.ts';

export interface OutsMeans {
  readonly terms: SpaceTerms;
  readonly counters: SpaceCounters;
  readonly leases: TupleLeases;
  readonly store: SpaceStore;
  readonly fates: TupleFates;
  /** Whether anything more may be stored: throws ProtocolError `store_full` or `store_busy`. */
  readonly admit: () => void;
  /** Offers a tuple that a transaction has put to those of its finds that wait. */
  readonly offerInside: (tuple: Tuple, transaction: Transaction, caller: Caller) => void;
  /** A number that no tuple had, larger than all before. */
  readonly nextNumber: () => number;
}

/** Puts tuples into spaces. */
export class Outs {
  readonly #means: OutsMeans;

  constructor(means: OutsMeans) {
    this.#means = means;
  }

  /**
   * Puts a tuple there; the answer comes in this turn, or when it is flushed. Throws ProtocolError (`tuple_invalid`,
   * `event_too_large`, `space_full`, `lease_ttl_range`, `transaction_unknown`, `store_full`, `store_busy`, `frame_malformed`),
   * and then nothing happened.
   */
  out(caller: Caller, ref: number, opened: OpenedSpace, options: OutOptions, text: string): void {
    const { counters, store } = this.#means;
    const { space } = opened;
    const known = this.#knownOf(opened, options);
    const before = options.id === undefined ? undefined : known?.find(options.id);
    if (before !== undefined) {
      counters.repeated += 1;
      const there = space.tuples.get(before);
      const remainingMs = there === undefined ? 0 : this.#means.leases.remainingMs(there);
      this.#answer(caller, ref, { tuple: before, remainingMs, durable: space.durable, repeated: true });
      return;
    }
    const tuple = this.#make(caller, opened, options, text);
    space.add(tuple);
    space.outs += 1;
    counters.outs += 1;
    if (options.id !== undefined && known !== undefined && opened.source !== undefined) {
      known.add(options.id, tuple.number);
      if (space.durable) store.putSource(space, opened.source);
    }
    this.#enter(caller, ref, tuple, options.transaction);
  }

  #make(caller: Caller, { space }: OpenedSpace, options: OutOptions, text: string): Tuple {
    const { terms, admit, nextNumber } = this.#means;
    const bytes = Buffer.byteLength(text);
    if (bytes > terms.tupleBytesMax) {
      throw new ProtocolError('event_too_large', `a tuple of ${bytes} bytes; at most ${terms.tupleBytesMax}`);
    }
    const leaseMs = options.leaseMs ?? terms.tupleLease.defaultMs;
    checkTupleLease(leaseMs, terms);
    const data = readTuple(text, terms.jsonDepthMax);
    space.admit(bytes);
    if (space.durable) admit();
    if (options.transaction !== undefined) transactionOf(caller, options.transaction).admit(1);
    return new Tuple(space, nextNumber(), { text, data, bytes, leaseMs }, 'private');
  }

  #enter(caller: Caller, ref: number, tuple: Tuple, transaction: number | undefined): void {
    if (transaction !== undefined) {
      const inside = transactionOf(caller, transaction);
      inside.write(tuple);
      this.#means.offerInside(tuple, inside, caller);
      this.#answerNow(caller, ref, { tuple: tuple.number, remainingMs: 0, durable: false, repeated: false });
      return;
    }
    const durable = this.#means.fates.publish([tuple]);
    this.#answer(caller, ref, { tuple: tuple.number, remainingMs: tuple.leaseMs, durable, repeated: false });
  }

  /** When it is so. */
  #answer(caller: Caller, ref: number, written: Written): void {
    if (written.durable) this.#means.store.afterFlush(() => this.#answerNow(caller, ref, written));
    else this.#answerNow(caller, ref, written);
  }

  #answerNow(caller: Caller, ref: number, written: Written): void {
    if (ref !== 0 && !caller.over) caller.answers.written(ref, 1, written);
  }

  #knownOf({ space, source }: OpenedSpace, { id, transaction }: OutOptions): SourceOuts | undefined {
    if (id === undefined) return undefined;
    if (source === undefined) {
      throw new ProtocolError('frame_malformed', 'an out has an id, and openSpace named no source');
    }
    if (id === 0) throw new ProtocolError('frame_malformed', 'ids of outs begin with 1');
    if (transaction !== undefined) {
      throw new ProtocolError('frame_malformed', 'an out in a transaction has no id: it ends with its connection');
    }
    return space.known.of(source, (forgotten) => {
      if (space.durable) this.#means.store.putSource(space, forgotten);
    });
  }
}

/** Throws ProtocolError `transaction_unknown`. */
export function transactionOf(caller: Caller, id: number): Transaction {
  const transaction = caller.transactions.get(id);
  if (transaction === undefined) {
    throw new ProtocolError('transaction_unknown', `this connection has no transaction ${id}, or it has ended`);
  }
  return transaction;
}

/** Throws ProtocolError `lease_ttl_range`. */
export function checkTupleLease(leaseMs: number, { tupleLease }: SpaceTerms): void {
  const { minMs, maxMs } = tupleLease;
  if (leaseMs >= minMs && leaseMs <= maxMs) return;
  const message = `${leaseMs} ms for the lease of a tuple: ${minMs} to ${maxMs} are allowed`;
  throw new ProtocolError('lease_ttl_range', message);
}

function readTuple(text: string, depthMax: number): JsonValue {
  let data: JsonValue;
  try {
    data = JSON.parse(text) as JsonValue;
  } catch {
    throw new ProtocolError('tuple_invalid', 'a tuple is JSON');
  }
  if (typeof data !== 'object' || data === null) {
    throw new ProtocolError('tuple_invalid', 'a tuple is an array or an object');
  }
  if (isDeeper(data, depthMax)) throw new ProtocolError('tuple_invalid', `a tuple nested deeper than ${depthMax}`);
  return data;
}

function isDeeper(value: object, depthMax: number): boolean {
  if (depthMax === 0) return true;
  for (const part of Array.isArray(value) ? value : Object.values(value)) {
    if (typeof part === 'object' && part !== null && isDeeper(part, depthMax - 1)) return true;
  }
  return false;
}
