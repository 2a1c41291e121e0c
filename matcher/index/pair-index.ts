/** All entries whose access key is a pair of bands, by the two slots. */
import { NOWHERE } from './arena.ts';
import { BandPairs } from './band-pairs.ts';
import { keyAt, OPERAND_SHIFT, slotOfSide, WITHIN_WORDS } from './program.ts';
import type { Runs } from './runs.ts';
import type { Scanner } from './scanner.ts';
import type { SlotTable } from './slot-table.ts';

interface Partner {
  readonly slot: number;
  readonly pairs: BandPairs;
}

export class PairIndex {
  readonly #runs: Runs;
  /** By the first slot of the pair. */
  #partners: (Partner[] | undefined)[] = [];
  #size = 0;

  constructor(runs: Runs) {
    this.#runs = runs;
  }

  get bytes(): number {
    let bytes = 0;
    for (const partners of this.#partners) for (const { pairs } of partners ?? []) bytes += pairs.bytes;
    return bytes;
  }

  /** Adds a new entry. */
  add(entry: Int32Array): void {
    const [first, second] = slotsOf(entry);
    const partners = this.#partners[first] ?? [];
    this.#partners[first] = partners;
    let partner = partners.find(({ slot }) => slot === second);
    if (partner === undefined) {
      partner = { slot: second, pairs: new BandPairs(this.#runs) };
      partners.push(partner);
    }
    partner.pairs.add({ entry, origin: NOWHERE });
    this.#size += 1;
  }

  /** Removes an entry from the run that it is in; `entry` is a copy. */
  remove(run: number, entry: Int32Array): void {
    const [first, second] = slotsOf(entry);
    const partners = this.#partners[first] as Partner[];
    const i = partners.findIndex(({ slot }) => slot === second);
    const { pairs } = partners[i] as Partner;
    pairs.remove(run, entry);
    if (pairs.isEmpty) partners.splice(i, 1);
    this.#size -= 1;
    if (this.#size === 0) this.#partners = [];
  }

  /** Scans the runs that may hold a pair of bands around the numbers in the slots. */
  scan({ touched, touchedCount, values }: SlotTable, scanner: Scanner): void {
    if (this.#size === 0) return;
    for (let i = 0; i < touchedCount; i += 1) {
      const slot = touched[i] as number;
      const partners = this.#partners[slot];
      const value = values[slot] as number;
      if (partners === undefined || Number.isNaN(value)) continue;
      for (const partner of partners) {
        const other = values[partner.slot] as number;
        if (!Number.isNaN(other)) partner.pairs.scan(value, other, scanner);
      }
    }
  }
}

/** The two slots of an entry's key. */
function slotsOf(entry: Int32Array): [number, number] {
  const at = keyAt(entry, 0);
  const slotAt = (test: number): number => slotOfSide((entry[test] as number) >>> OPERAND_SHIFT);
  return [slotAt(at), slotAt(at + WITHIN_WORDS)];
}
