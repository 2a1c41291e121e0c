/** The rulers in use, by slot, and the codes of the event's numbers. */
import { roomForInts } from './columns.ts';
import { RULER_SAMPLE_MIN, Ruler } from './ruler.ts';
import type { SlotTable } from './slot-table.ts';
import type { Traffic } from './traffic.ts';

/** The code of what is no number. */
export const NO_CODE = -1;

export class Rulers {
  readonly #traffic: Traffic;
  #rulers: (Ruler | undefined)[] = [];
  /** How many use each. */
  #users: number[] = [];
  /** Of the slots that have a ruler and are not missing in the event measured last. */
  codes = new Int32Array(0);

  constructor(traffic: Traffic) {
    this.#traffic = traffic;
  }

  get bytes(): number {
    return this.codes.byteLength;
  }

  /** Is enough known of the slot's numbers, and does a ruler tell them apart? */
  canHold(slot: number): boolean {
    const sample = this.#traffic.sampleOf(slot);
    if (sample.length < RULER_SAMPLE_MIN) return false;
    return (this.#rulers[slot] ?? new Ruler(sample)).suits(sample);
  }

  hold(slot: number): Ruler {
    const ruler = this.#rulers[slot] ?? new Ruler(this.#traffic.sampleOf(slot));
    this.#rulers[slot] = ruler;
    this.#users[slot] = (this.#users[slot] ?? 0) + 1;
    this.codes = roomForInts(this.codes, slot + 1);
    return ruler;
  }

  release(slot: number): void {
    const users = (this.#users[slot] as number) - 1;
    this.#users[slot] = users;
    if (users === 0) this.#rulers[slot] = undefined;
  }

  /** Does the slot's ruler not suit its numbers of late? */
  isOutgrown(slot: number): boolean {
    return this.#rulers[slot]?.suits(this.#traffic.sampleOf(slot)) === false;
  }

  /** Gives everything back, when nothing is held. */
  reset(): void {
    this.#rulers = [];
    this.#users = [];
    this.codes = new Int32Array(0);
  }

  /** Finds the codes of the event's numbers. */
  measure({ touched, touchedCount, values }: SlotTable): void {
    const codes = this.codes;
    for (let i = 0; i < touchedCount; i += 1) {
      const slot = touched[i] as number;
      const ruler = this.#rulers[slot];
      if (ruler === undefined) continue;
      const value = values[slot] as number;
      codes[slot] = Number.isNaN(value) ? NO_CODE : ruler.codeOf(value);
    }
  }
}
