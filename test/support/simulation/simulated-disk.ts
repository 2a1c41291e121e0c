import type { Chance } from '../../../broker/kernel/chance.ts';
import type { Time } from '../../../broker/kernel/time.ts';
import type { Change } from '../../../broker/store/store.ts';
import { SimulatedSegments } from './simulated-segments.ts';
import { SimulatedStore } from './simulated-store.ts';
import { SortedRecords } from './sorted-records.ts';

export interface DiskTerms {
  /** How long a flush takes, at least and at most; 0: it is over after the next read of the sockets. */
  readonly flushMsMin: number;
  readonly flushMsMax: number;
  /** When a reader sees a commit: the contract allows both. */
  readonly visible: 'at-once' | 'when-done';
  /** What a crash leaves of the commits that were not flushed: the first so many of them, or none but atomic ones at random. */
  readonly survivors: 'prefix' | 'subset';
  /** After so long a flush that hangs is given up. */
  readonly commitTimeoutMs: number;
}

/** What is to go wrong, and at which commit from now (1: the next). */
export interface DiskFault {
  readonly kind: 'fails' | 'hangs';
  readonly atCommit: number;
}

const DISK_BYTES = 8 * 2 ** 30;

const DEFAULT_TERMS: DiskTerms = {
  flushMsMin: 0,
  flushMsMax: 10,
  visible: 'when-done',
  survivors: 'prefix',
  commitTimeoutMs: 5_000,
};

/**
 * What outlives the process in a simulation: what was flushed, and of what was not, whatever chance leaves. Each start of
 * the broker opens a store of its own over it.
 */
export class SimulatedDisk {
  readonly terms: DiskTerms;
  readonly chance: Chance;
  readonly diskBytes = DISK_BYTES;
  /** What the disk tells of the room it has. */
  freeBytes = DISK_BYTES;
  /** Offences against the contract by those who use the store. */
  readonly offences: string[] = [];
  /** Told of every commit when it is flushed, before anyone who waits for it. */
  onFlushed: (changes: readonly Change[]) => void = () => {};
  /** What is in the segments of a log, if there are any. */
  segments: readonly [Uint8Array, Uint8Array] | undefined;
  #openSegments: SimulatedSegments | undefined;
  #records = new SortedRecords();
  #open: SimulatedStore | undefined;
  #fault: DiskFault | undefined;

  constructor(chance: Chance, terms: Partial<DiskTerms> = {}) {
    this.chance = chance;
    this.terms = { ...DEFAULT_TERMS, ...terms };
  }

  get records(): number {
    return this.#records.size;
  }

  get bytes(): number {
    return this.#records.bytes;
  }

  /** A store over what is there. The one before must have crashed or been closed. */
  open(time: Time): SimulatedStore {
    if (this.#open !== undefined) throw new Error('the disk is open');
    this.#open = new SimulatedStore({
      disk: this,
      time,
      records: this.#records.copy(),
      onClosed: () => {
        this.#open = undefined;
      },
    });
    return this.#open;
  }

  /** The segments of a log in front of it, of so many bytes where they are made. */
  openSegments(time: Time, bytes: number): SimulatedSegments {
    this.#openSegments = new SimulatedSegments(this, time, bytes);
    return this.#openSegments;
  }

  /** The process is gone. Of what it had not flushed, chance decides. */
  crash(): void {
    const unflushed = this.#open?.abandon() ?? [];
    this.#open = undefined;
    this.#openSegments?.abandon();
    this.#openSegments = undefined;
    this.#fault = undefined;
    const { chance, terms } = this;
    if (terms.survivors === 'prefix') {
      for (const changes of unflushed.slice(0, Math.floor(chance.fraction() * (unflushed.length + 1)))) {
        this.flushed(changes);
      }
    } else {
      for (const changes of unflushed) if (chance.fraction() < 0.5) this.flushed(changes);
    }
  }

  /** Plans one fault. A crash calls it off. */
  plan(fault: DiskFault): void {
    this.#fault = fault;
  }

  /** From here on nothing goes wrong. False when something is under way that has gone wrong before. */
  heal(): boolean {
    this.#fault = undefined;
    this.freeBytes = DISK_BYTES;
    return this.#open?.failing !== true && this.#openSegments?.failing !== true;
  }

  /** For the store: what is to go wrong with this commit, if anything. */
  nextFault(): DiskFault['kind'] | undefined {
    if (this.#fault === undefined) return undefined;
    const { kind, atCommit } = this.#fault;
    this.#fault = atCommit > 1 ? { kind, atCommit: atCommit - 1 } : undefined;
    return atCommit > 1 ? undefined : kind;
  }

  /** For the store: how long a flush takes. */
  flushMs(fault: DiskFault['kind'] | undefined): number {
    const { flushMsMin, flushMsMax, commitTimeoutMs } = this.terms;
    if (fault === 'hangs') return commitTimeoutMs;
    return flushMsMin + Math.floor(this.chance.fraction() * (flushMsMax - flushMsMin + 1));
  }

  /** For the store: this commit is safe. */
  flushed(changes: readonly Change[]): void {
    this.#records.apply(changes);
    this.onFlushed(changes);
  }

  /** Turns one bit of one value, between two runs of the broker: of a record whose key begins so. Answers the key. */
  rot(beginning = ''): Uint8Array | undefined {
    const records = this.#records.range({ ...beginningWith(beginning), limit: this.#records.size });
    const record = records[Math.floor(this.chance.fraction() * records.length)];
    if (record === undefined || record.value.length === 0) return undefined;
    const { key, value } = record;
    const place = Math.floor(this.chance.fraction() * value.length);
    value[place] = (value[place] as number) ^ (1 << Math.floor(this.chance.fraction() * 8));
    this.#records.apply([{ key, value }]);
    return key;
  }
}

function beginningWith(text: string): { readonly from: Uint8Array; readonly to: Uint8Array } {
  const from = new TextEncoder().encode(text);
  return { from, to: new Uint8Array([...from, 255]) };
}
