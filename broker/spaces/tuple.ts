import type { JsonValue, MatchableEvent } from '../../matcher/index.ts';
import type { Space } from './space.ts';

/**
 *     private ──commit──▶ storing ──flushed──▶ visible ──take──▶ taken ──commit──▶ gone
 *        │                   ▲                   ▲                 │
 *        │ abort             out, durable        └─abort, expiry───┘
 *        └──▶ gone
 *
 * An `out` into a space in memory begins as visible. Anything goes to `gone` when its lease ends, or its space; one that is
 * taken then only when it comes back.
 */
export type TupleState = 'private' | 'storing' | 'visible' | 'taken' | 'gone';

/** Who reads a tuple inside a transaction, and so keeps others from taking it. Told apart by identity. */
export type Reader = object;

/** One tuple of a space. To the matcher it is an event, with the tuple as its data. */
export class Tuple implements MatchableEvent {
  readonly space: Space;
  /** Its place among all tuples of the broker, in order of `out`. */
  readonly number: number;
  /** As it was put there. */
  readonly text: string;
  readonly data: JsonValue;
  /** Of the text. */
  readonly bytes: number;
  /** Where the matcher of waiting templates looks for it. */
  readonly topic: string;
  state: TupleState;
  /** So long it stays, from when it is committed. */
  leaseMs: number;
  /** Of its lease, while one runs. */
  leaseSlot = NO_SLOT;
  /** Its lease ended while it was taken. */
  expired = false;
  #readers: Set<Reader> | undefined;

  constructor(
    space: Space,
    number: number,
    { text, data, bytes, leaseMs }: Pick<Tuple, 'text' | 'data' | 'bytes' | 'leaseMs'>,
    state: TupleState,
  ) {
    this.space = space;
    this.number = number;
    this.text = text;
    this.data = data;
    this.bytes = bytes;
    this.leaseMs = leaseMs;
    this.topic = space.levelFor(data);
    this.state = state;
  }

  lock(reader: Reader): void {
    this.#readers ??= new Set();
    this.#readers.add(reader);
  }

  unlock(reader: Reader): void {
    this.#readers?.delete(reader);
  }

  /** Nobody else has read it in a transaction that goes on. */
  isFreeFor(taker: Reader | undefined): boolean {
    const readers = this.#readers;
    if (readers === undefined || readers.size === 0) return true;
    return readers.size === 1 && taker !== undefined && readers.has(taker);
  }
}

export const NO_SLOT = -1;
