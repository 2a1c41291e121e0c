import type { JsonValue } from '../../matcher/index.ts';
import { ProtocolError } from '../protocol/index.ts';
import { TupleIndex, type TupleIndexMeans } from './index/tuple-index.ts';
import { KnownOuts } from './known-outs.ts';
import type { Room } from './room.ts';
import type { Tuple } from './tuple.ts';

export interface SpaceIdentity {
  readonly name: string;
  /** Of it alone, for ever. */
  readonly number: number;
  /** Its tuples are stored. */
  readonly durable: boolean;
}

export interface SpaceLimits {
  readonly tuplesMax: number;
  readonly bytesMax: number;
}

/** Arrays of so many elements share the text of their level with others of the same length. */
const LEVELS_KEPT = 32;

/** The tuples of one name: which there are, and which of them can be found. */
export class Space {
  readonly name: string;
  readonly number: number;
  readonly durable: boolean;
  readonly limits: SpaceLimits;
  readonly #room: Room;
  /** Those that can be found. */
  readonly index: TupleIndex;
  /** All that are not gone, by number. */
  readonly tuples = new Map<number, Tuple>();
  readonly known: KnownOuts;
  /** Of all tuples. */
  bytes = 0;
  /** Tuples that somebody has taken and not committed. */
  taken = 0;
  /** Finds that wait. */
  waiting = 0;
  /** Connections that have opened it. */
  callers = 0;
  outs = 0;
  takes = 0;
  expired = 0;
  /** It was removed. */
  over = false;
  readonly #levels: string[] = [];

  constructor({ name, number, durable }: SpaceIdentity, limits: SpaceLimits, room: Room, means: TupleIndexMeans) {
    this.name = name;
    this.number = number;
    this.durable = durable;
    this.limits = limits;
    this.#room = room;
    this.index = new TupleIndex(means);
    this.known = new KnownOuts();
  }

  /** Throws ProtocolError `space_full` when there is no room for a tuple of so many bytes. */
  admit(bytes: number): void {
    const { tuplesMax, bytesMax } = this.limits;
    if (this.tuples.size >= tuplesMax) {
      throw new ProtocolError('space_full', `the space holds ${tuplesMax} tuples, as many as it may`);
    }
    if (this.bytes + bytes > bytesMax) {
      throw new ProtocolError('space_full', `the space holds ${this.bytes} of at most ${bytesMax} bytes`);
    }
    this.#room.admit(bytes);
  }

  add(tuple: Tuple): void {
    this.tuples.set(tuple.number, tuple);
    this.bytes += tuple.bytes;
    this.#room.take(tuple.bytes);
  }

  delete(tuple: Tuple): void {
    if (!this.tuples.delete(tuple.number)) return;
    this.bytes -= tuple.bytes;
    this.#room.giveBack(1, tuple.bytes);
  }

  /** All of them are gone. */
  clear(): void {
    this.#room.giveBack(this.tuples.size, this.bytes);
    this.tuples.clear();
    this.index.clear();
    this.taken = 0;
    this.bytes = 0;
  }

  /** Nothing would be missed if it were not there: it would be made anew by who opens it. */
  get isIdle(): boolean {
    return !this.durable && this.callers === 0 && this.tuples.size === 0;
  }

  /** The topic under which waiting templates look for a tuple: arrays by their length, objects together. */
  levelFor(data: JsonValue): string {
    if (!Array.isArray(data)) return `${this.number}/object`;
    const { length } = data;
    if (length >= LEVELS_KEPT) return `${this.number}/${length}`;
    this.#levels[length] ??= `${this.number}/${length}`;
    return this.#levels[length];
  }
}
