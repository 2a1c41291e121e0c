import { Column } from '../kernel/column.ts';
import type { LeaseHolder } from './lease-answers.ts';
import { LEASE_KINDS, type LeaseKind } from './lease-kinds.ts';
import { IDLE } from './lease-state.ts';
import type { SlotPool } from './slot-pool.ts';

/** The leases as columns, one row each: no object per lease, so a million of them do not burden the garbage collector. */
export class LeaseRows {
  readonly slots: SlotPool;
  /** As lease-state.ts encodes it. */
  readonly states = new Column(Uint8Array);
  /** As LeaseOwners numbers them. Means nothing once the id is freed. */
  readonly owners = new Column(Uint32Array);
  /** Of the last grant. 0: never granted. */
  readonly tokens = new Column(Float64Array);
  /** Of the last grant or extension, in milliseconds, jitter included. */
  readonly ttls = new Column(Uint32Array);
  /** When the last grant was, on the clock of leases. */
  readonly grantedAt = new Column(Float64Array);
  readonly #kinds = new Column(Uint8Array);
  readonly #holders: (LeaseHolder | undefined)[] = [];
  readonly #columns = [this.states, this.owners, this.tokens, this.ttls, this.grantedAt, this.#kinds];

  constructor(slots: SlotPool) {
    this.slots = slots;
  }

  get bytes(): number {
    return this.#columns.reduce((sum, column) => sum + column.bytes, this.slots.bytes);
  }

  /** A row under a new id, idle. */
  add(row: { readonly kind: LeaseKind; readonly owner: number; readonly holder: LeaseHolder }): number {
    const slot = this.slots.take();
    for (const column of this.#columns) column.reach(slot);
    this.states.set(slot, IDLE);
    this.owners.set(slot, row.owner);
    this.tokens.set(slot, 0);
    this.#kinds.set(slot, LEASE_KINDS.indexOf(row.kind));
    this.#holders[slot] = row.holder;
    return slot;
  }

  /** Frees the row for later use. State and token stay as a memory; the holder goes. */
  remove(slot: number): void {
    this.#holders[slot] = undefined;
    this.slots.free(slot);
  }

  kind(slot: number): LeaseKind {
    return LEASE_KINDS[this.#kinds.get(slot)] as LeaseKind;
  }

  holder(slot: number): LeaseHolder {
    return this.#holders[slot] as LeaseHolder;
  }
}
