/** Two slots that many filters compare with a constant or a range each, and the grids that ranges are filed in. */
import type { Arena } from './arena.ts';
import * as arenaConstants from './arena.ts';
import * as gridConstants from './grid.ts';
import type { Ruler } from './ruler.ts';

// Own constants are compiled into the code; imported ones would be read from memory at each use.
const { CHUNK_MASK, CHUNK_SHIFT, NOWHERE } = arenaConstants;
const { BITS_MAX } = gridConstants;

const NO_ROWS = new Int32Array(0);

/**
 * Ranges filed in cells of one width in each of the two slots. A constant has no cells, and bits 0.
 *
 * Where both are ranges, the cells of a row are back to back in a block of the arena, so that neighbours are read at once.
 */
export class Grid {
  readonly id: number;
  readonly firstBits: number;
  readonly secondBits: number;
  /** Entries here. */
  population = 0;
  /** Block of each row, or NOWHERE. A block holds the bag of each cell, or NOWHERE. */
  rows = NO_ROWS;
  readonly #arena: Arena;
  /** Cells of each row that hold a bag. */
  #used = NO_ROWS;

  constructor(id: number, { first, second }: Bits, arena: Arena) {
    this.id = id;
    this.firstBits = first;
    this.secondBits = second;
    this.#arena = arena;
  }

  get bytes(): number {
    return this.rows.byteLength * 2;
  }

  bagAt(row: number, column: number): number {
    const block = this.rows[row] ?? NOWHERE;
    return block === NOWHERE ? NOWHERE : (this.#words(block)[(block & CHUNK_MASK) + column] as number);
  }

  setBag(row: number, column: number, bag: number): void {
    if (this.rows === NO_ROWS) {
      this.rows = new Int32Array(1 << this.firstBits).fill(NOWHERE);
      this.#used = new Int32Array(1 << this.firstBits);
    }
    let block = this.rows[row] as number;
    if (block === NOWHERE) {
      block = this.#arena.allocate(1 << this.secondBits);
      const start = block & CHUNK_MASK;
      this.#words(block).fill(NOWHERE, start, start + (1 << this.secondBits));
      this.rows[row] = block;
    }
    const words = this.#words(block);
    const at = (block & CHUNK_MASK) + column;
    const used = (this.#used[row] as number) + Number(words[at] === NOWHERE) - Number(bag === NOWHERE);
    words[at] = bag;
    this.#used[row] = used;
    if (used > 0) return;
    this.#arena.free(block);
    this.rows[row] = NOWHERE;
  }

  #words(block: number): Int32Array {
    return this.#arena.ints[block >> CHUNK_SHIFT] as Int32Array;
  }
}

/** The width of cells, as powers of two. */
export interface Bits {
  readonly first: number;
  readonly second: number;
}

/** A grid costs every event up to four cells to look into; each is worth so many entries that are offered in vain. */
const GRID_PRICE = 32;
/** With so many grids, ranges that fit none are filed in one more, of a single cell. */
export const GRIDS_MAX = 6;

export class Pairing {
  readonly first: number;
  readonly second: number;
  /** Undefined where the slot is compared with constants. */
  readonly firstRuler: Ruler | undefined;
  readonly secondRuler: Ruler | undefined;
  readonly grids: Grid[] = [];
  population = 0;
  /** Are its entries to go elsewhere? It may be opened anew when all have gone. */
  isClosing = false;
  /** Rounds of the sweep that began since it opened. */
  rounds = 0;
  /** Candidates per event that an entry saves here, as those hoped that opened it. */
  readonly saving: number;
  /** The cells that fit most. */
  readonly #usual: Bits;
  /** By bits: entries offered in vain, per event, because ranges that narrow have no grid of their own. */
  readonly #losses = new Map<number, number>();

  constructor(
    sides: {
      first: number;
      second: number;
      firstRuler: Ruler | undefined;
      secondRuler: Ruler | undefined;
    },
    { usual, saving }: { usual: Bits; saving: number },
  ) {
    this.first = sides.first;
    this.second = sides.second;
    this.firstRuler = sides.firstRuler;
    this.secondRuler = sides.secondRuler;
    this.#usual = usual;
    this.saving = saving;
  }

  /** The grid to file ranges in that fit cells of so many bits. `create` makes a new one. */
  gridFor(bits: Bits, create: (bits: Bits) => Grid): Grid {
    let best: Grid | undefined;
    for (const grid of this.grids) {
      if (grid.firstBits > bits.first || grid.secondBits > bits.second) continue;
      if (best === undefined || shareOf(grid.firstBits, grid.secondBits) < shareOf(best.firstBits, best.secondBits))
        best = grid;
    }
    if (best !== undefined && !this.#isWorthGrid(best, bits)) return best;
    let { first, second } = bits;
    if (best === undefined) {
      first = this.grids.length < GRIDS_MAX ? coarser(first, this.#usual.first) : 0;
      second = this.grids.length < GRIDS_MAX ? coarser(second, this.#usual.second) : 0;
    }
    const grid = create({ first, second });
    this.grids.push(grid);
    return grid;
  }

  #isWorthGrid({ firstBits, secondBits }: Grid, { first, second }: Bits): boolean {
    if (this.grids.length >= GRIDS_MAX) return false;
    const key = first * (BITS_MAX + 1) + second;
    const lost = (this.#losses.get(key) ?? 0) + shareOf(firstBits, secondBits) - shareOf(first, second);
    if (lost < GRID_PRICE) {
      this.#losses.set(key, lost);
      return false;
    }
    this.#losses.delete(key);
    return true;
  }
}

/** Ranges that do not fit the usual cells are rare: they share cells of double width. */
function coarser(bits: number, usual: number): number {
  return bits >= usual ? usual : Math.max(0, bits - 1);
}

/** The share of events that look into a cell: two of each row, if values are spread evenly. */
function shareOf(firstBits: number, secondBits: number): number {
  return Math.min(1, 2 ** (1 - firstBits)) * Math.min(1, 2 ** (1 - secondBits));
}
