/**
 * Entries found by two tests at once, each a constant or a range: `country = 'NO' AND price in 3…5`. Where neither is rare, both
 * together are. An event looks into the cells that its two values lie in, in every pairing of two slots that it has, so
 * a pairing is opened only when the filters that ask for it would save more than looking there costs.
 *
 *     key of a cell           first          second
 *     constant × constant     symbol         symbol
 *     constant × range        symbol         -2 - (grid, cell)
 *     range × range           row            -2 - (grid, column): only to find them again, see pairing.ts
 */
import type { Arena } from './arena.ts';
import * as arenaConstants from './arena.ts';
import type { BagEntry, Bags } from './bags.ts';
import { CellTable, cellHash } from './cell-table.ts';
import { roomForInts } from './columns.ts';
import * as gridConstants from './grid.ts';
import { bitsFor, cellOf, endsOf, queryAfter, queryInside } from './grid.ts';
import { IdPool } from './id-pool.ts';
import { readOrdered } from './ordered-bits.ts';
import { lookPrice, type PairSide, PairWishes, pairKey, type WantedSide } from './pair-wishes.ts';
import { Grid, Pairing } from './pairing.ts';
import * as programConstants from './program.ts';
import { isNegated, keyAt, slotOfSide, testWords } from './program.ts';
import type { Ruler } from './ruler.ts';
import * as rulersConstants from './rulers.ts';
import { Rulers } from './rulers.ts';
import type { Runs } from './runs.ts';
import type { Scanner } from './scanner.ts';
import { cornersSignature, signatureAt } from './signature.ts';
import type { SlotTable } from './slot-table.ts';
import * as symbolTableConstants from './symbol-table.ts';
import type { Traffic } from './traffic.ts';

// Own constants are compiled into the code; imported ones would be read from memory at each use.
const { CHUNK_MASK, CHUNK_SHIFT, NOWHERE } = arenaConstants;
const { ANYWHERE, NO_QUERY } = gridConstants;
const { AT_LEAST, EQUAL, OPCODE_MASK, OPERAND_SHIFT } = programConstants;
const { NO_CODE } = rulersConstants;
const { NO_SYMBOL } = symbolTableConstants;

/** With so many, no more are opened. An event with all their slots looks into each. */
export const PAIRINGS_MAX = 1 << 10;
/** A pairing with its grids; an estimate for the statistics. */
const PAIRING_BYTES = 600;

/** Cells of a grid that one event looks into. */
const CELLS_MAX = 4;
const ASKED_WORDS = 4;
/** Bits of a cell's number in one dimension. */
const CELL_BITS = 9;

export class PairIndex {
  readonly #arena: Arena;
  readonly #runs: Runs;
  readonly #bags: Bags;
  readonly #rulers: Rulers;
  readonly #wishes = new PairWishes();
  readonly #cells = new CellTable();
  readonly #gridIds = new IdPool();
  readonly #pairings = new Map<number, Pairing>();
  /** Those that `review` comes to next. */
  #toReview: IterableIterator<Pairing> = this.#pairings.values();
  /** By their first slot. */
  #byFirst: (Pairing[] | undefined)[] = [];
  /** The bags that an event is to look into, and how; see `Scanner.scanCells`. */
  #bagsFound = new Int32Array(0);
  #queries = new Int32Array(0);
  #count = 0;
  /** The cells of tables that an event is to look up: the two keys, their hash, and how to scan what is there; and words of these in use. */
  #asked = new Int32Array(0);
  #asking = 0;
  /** Places looked into since the index was made: a row of two cells is one, and a cell by itself. */
  cellsAsked = 0;

  constructor(tables: { arena: Arena; runs: Runs; bags: Bags; traffic: Traffic }) {
    this.#arena = tables.arena;
    this.#runs = tables.runs;
    this.#bags = tables.bags;
    this.#rulers = new Rulers(tables.traffic);
  }

  get bytes(): number {
    let bytes =
      this.#cells.bytes +
      this.#rulers.bytes +
      this.#wishes.bytes +
      this.#bagsFound.byteLength * 2 +
      this.#asked.byteLength;
    bytes += this.#pairings.size * PAIRING_BYTES;
    for (const { grids } of this.#pairings.values()) for (const grid of grids) bytes += grid.bytes;
    return bytes;
  }

  /** Pairings that are open or closing. */
  get size(): number {
    return this.#pairings.size;
  }

  /** Should entries be filed by these two? They are in the order that `inOrder` says. */
  isOpen(first: PairSide, second: PairSide): boolean {
    const pairing = this.#pairings.get(pairKey(first, second));
    if (pairing !== undefined) return !pairing.isClosing;
    if (this.#pairings.size >= PAIRINGS_MAX) return false;
    return this.#wishes.areWorthIt(first, second) && this.#canRule(first) && this.#canRule(second);
  }

  /** A filter would like to be found by these two, to save so many candidates per event. */
  wish(first: WantedSide, second: WantedSide, saving: number): void {
    if (!this.#pairings.has(pairKey(first, second))) this.#wishes.add(first, second, saving);
  }

  /** Every filter will be looked at again: their wishes are counted afresh. */
  beginRound(): void {
    this.forgetWishes();
    for (const pairing of this.#pairings.values()) pairing.rounds += 1;
  }

  /**
   * Looks at the next pairing, in turn: it closes when its numbers have outgrown a ruler, or when it has had a whole round to
   * fill and does not save half of what looking there costs.
   */
  review(): void {
    let next = this.#toReview.next();
    if (next.done === true) {
      this.#toReview = this.#pairings.values();
      next = this.#toReview.next();
    }
    if (next.done === true) return;
    const pairing = next.value;
    const { first, second, firstRuler, secondRuler, population, saving, grids, rounds } = pairing;
    const price = lookPrice(firstRuler !== undefined, secondRuler !== undefined) * grids.length;
    pairing.isClosing =
      (rounds > 1 && population * saving * 2 < price) ||
      (firstRuler !== undefined && this.#rulers.isOutgrown(first)) ||
      (secondRuler !== undefined && this.#rulers.isOutgrown(second));
  }

  /** Should an entry, whose key is a pair, be found in another way? */
  isToLeave(entry: Int32Array): boolean {
    const at = keyAt(entry, 0);
    const pairing = this.#pairings.get(pairKey(sideAt(entry, at), sideAt(entry, at + testWords(entry, at))));
    return pairing?.isClosing === true;
  }

  /** Forgets what filters wish for. */
  forgetWishes(): void {
    this.#wishes.clear();
  }

  /** Adds a new entry, whose key is a pair. */
  add(entry: Int32Array): void {
    const at = keyAt(entry, 0);
    const next = at + testWords(entry, at);
    const pairing = this.#pairingOf(sideAt(entry, at), sideAt(entry, next));
    const a = codesAt(entry, at, pairing.firstRuler);
    const b = codesAt(entry, next, pairing.secondRuler);
    const grid = pairing.gridFor(
      { first: a.bits, second: b.bits },
      (bits) => new Grid(this.#gridIds.take(), bits, this.#arena),
    );
    grid.population += 1;
    pairing.population += 1;
    const most = this.#gridIds.size * CELLS_MAX + 1;
    this.#bagsFound = roomForInts(this.#bagsFound, most);
    this.#queries = roomForInts(this.#queries, most);
    this.#asked = roomForInts(this.#asked, most * ASKED_WORDS);
    const after = next + testWords(entry, next);
    const column = cellOf(b.low, grid.secondBits);
    const symbol = entry[at + 1] as number;
    if (pairing.secondRuler === undefined) {
      const owner = { first: symbol, second: entry[next + 1] as number };
      this.#addToCell(entry, { owner, signature: signatureAt(entry, after) });
      return;
    }
    let ends = endsOf(b.low, b.high, grid.secondBits) << 16;
    if (pairing.firstRuler === undefined) {
      const owner = { first: symbol, second: cellKey(grid.id, column) };
      this.#addToCell(entry, { owner, signature: cornersSignature(entry, ends, at, after) });
      return;
    }
    const row = cellOf(a.low, grid.firstBits);
    ends |= endsOf(a.low, a.high, grid.firstBits);
    const cell = {
      signature: cornersSignature(entry, ends, at, after),
      owner: { first: row, second: cellKey(grid.id, column) },
    };
    grid.setBag(row, column, this.#bags.add(grid.bagAt(row, column), entry, cell));
  }

  #addToCell(entry: Int32Array, cell: BagEntry): void {
    const { owner } = cell;
    const bag = this.#bags.add(this.#cells.get(owner.first, owner.second), entry, cell);
    this.#cells.set(owner.first, owner.second, bag);
  }

  /** Removes an entry from the run that it is in; `entry` is a copy. */
  remove(run: number, entry: Int32Array): void {
    const { first, second } = this.#runs.owner(run);
    const filter = entry[0] as number;
    const at = keyAt(entry, 0);
    const key = pairKey(sideAt(entry, at), sideAt(entry, at + testWords(entry, at)));
    const pairing = this.#pairings.get(key) as Pairing;
    const [only] = pairing.grids;
    const grid = (
      pairing.secondRuler === undefined ? only : pairing.grids.find(({ id }) => id === gridOf(second))
    ) as Grid;
    if (pairing.firstRuler === undefined) {
      this.#cells.set(first, second, this.#bags.remove(this.#cells.get(first, second), run, filter));
    } else {
      const column = columnOf(second);
      grid.setBag(first, column, this.#bags.remove(grid.bagAt(first, column), run, filter));
    }
    grid.population -= 1;
    pairing.population -= 1;
    if (grid.population === 0) {
      pairing.grids.splice(pairing.grids.indexOf(grid), 1);
      this.#gridIds.release(grid.id);
    }
    if (pairing.population === 0) this.#close(key, pairing);
  }

  /** Scans the cells that the values in the slots lie in. */
  scan(slots: SlotTable, scanner: Scanner): void {
    if (this.#pairings.size === 0) return;
    const { touched, touchedCount, values, symbols } = slots;
    this.#rulers.measure(slots);
    const { codes } = this.#rulers;
    this.#count = 0;
    for (let i = 0; i < touchedCount; i += 1) {
      const slot = touched[i] as number;
      const pairings = this.#byFirst[slot];
      if (pairings === undefined) continue;
      const symbol = symbols[slot] as number;
      for (const pairing of pairings) {
        const other = pairing.second;
        if (pairing.firstRuler !== undefined) {
          if (codes[slot] !== NO_CODE && !Number.isNaN(values[other])) {
            this.#lookUpRanges(pairing, codes[slot] as number, codes[other] as number);
          }
        } else if (symbol !== NO_SYMBOL) {
          if (pairing.secondRuler !== undefined) {
            if (!Number.isNaN(values[other])) this.#lookUpRange(pairing, symbol, codes[other] as number);
          } else if (symbols[other] !== NO_SYMBOL) {
            this.#ask(symbol, symbols[other] as number, NO_QUERY);
          }
        }
      }
    }
    this.#lookUp();
    scanner.scanCells(this.#bagsFound, this.#queries, this.#count);
  }

  #lookUpRange({ grids }: Pairing, symbol: number, code: number): void {
    for (const { id, secondBits } of grids) {
      const key = cellKey(id, cellOf(code, secondBits));
      this.#ask(symbol, key, (queryInside(code, secondBits) << 16) | ANYWHERE);
      // The cell before has the next key. There is none before the first: no bag has that key.
      this.#ask(symbol, key + 1, (queryAfter(code, secondBits) << 16) | ANYWHERE);
    }
  }

  /** Notes a cell that is to be looked up in the table. */
  #ask(first: number, second: number, query: number): void {
    const asked = this.#asked;
    const at = this.#asking;
    asked[at] = first;
    asked[at + 1] = second;
    asked[at + 2] = cellHash(first, second);
    asked[at + 3] = query;
    this.#asking = at + ASKED_WORDS;
  }

  /** Looks up what was noted. First all are read once, for nothing else, so that the waits for memory overlap. */
  #lookUp(): void {
    const asked = this.#asked;
    const cells = this.#cells;
    const end = this.#asking;
    this.#asking = 0;
    this.cellsAsked += end / ASKED_WORDS;
    let touched = 0;
    for (let at = 0; at < end; at += ASKED_WORDS) touched += cells.touch(asked[at + 2] as number) & 1;
    // So many there are not; the comparison keeps the reading from being optimised away.
    if (touched > end) return;
    for (let at = 0; at < end; at += ASKED_WORDS) {
      const bag = cells.getHashed(asked[at + 2] as number, asked[at] as number, asked[at + 1] as number);
      this.#found(bag, asked[at + 3] as number);
    }
  }

  #lookUpRanges({ grids }: Pairing, a: number, b: number): void {
    for (const grid of grids) {
      const { firstBits, secondBits } = grid;
      const row = cellOf(a, firstBits);
      const column = cellOf(b, secondBits);
      this.#lookUpRow(grid, row, column, queryInside(a, firstBits), b);
      if (row > 0) this.#lookUpRow(grid, row - 1, column, queryAfter(a, firstBits), b);
    }
  }

  #lookUpRow({ rows, secondBits }: Grid, row: number, column: number, query: number, code: number): void {
    const block = rows[row] as number;
    if (block === NOWHERE) return;
    this.cellsAsked += 1;
    const words = this.#arena.ints[block >> CHUNK_SHIFT] as Int32Array;
    const at = (block & CHUNK_MASK) + column;
    this.#found(words[at] as number, (queryInside(code, secondBits) << 16) | query);
    if (column > 0) this.#found(words[at - 1] as number, (queryAfter(code, secondBits) << 16) | query);
  }

  /** Notes a bag to be scanned, or NOWHERE. */
  #found(bag: number, query: number): void {
    this.#bagsFound[this.#count] = bag;
    this.#queries[this.#count] = query;
    // NOWHERE is -1, and adds nothing.
    this.#count += 1 + (bag >> 31);
  }

  #canRule({ slot, isRange }: PairSide): boolean {
    return !isRange || this.#rulers.canHold(slot);
  }

  #pairingOf(first: PairSide, second: PairSide): Pairing {
    const key = pairKey(first, second);
    const open = this.#pairings.get(key);
    if (open !== undefined) return open;
    const hopes = this.#wishes.fulfil(first, second);
    const sides = {
      first: first.slot,
      second: second.slot,
      firstRuler: first.isRange ? this.#rulers.hold(first.slot) : undefined,
      secondRuler: second.isRange ? this.#rulers.hold(second.slot) : undefined,
    };
    const pairing = new Pairing(sides, hopes);
    this.#pairings.set(key, pairing);
    const pairings = this.#byFirst[first.slot] ?? [];
    this.#byFirst[first.slot] = pairings;
    pairings.push(pairing);
    return pairing;
  }

  #close(key: number, pairing: Pairing): void {
    this.#pairings.delete(key);
    const left = this.#byFirst[pairing.first]?.filter((other) => other !== pairing);
    this.#byFirst[pairing.first] = left?.length === 0 ? undefined : left;
    if (pairing.firstRuler !== undefined) this.#rulers.release(pairing.first);
    if (pairing.secondRuler !== undefined) this.#rulers.release(pairing.second);
    if (this.#pairings.size > 0) return;
    this.#byFirst = [];
    this.#rulers.reset();
    this.#bagsFound = new Int32Array(0);
    this.#queries = new Int32Array(0);
    this.#asked = new Int32Array(0);
  }
}

function cellKey(grid: number, cell: number): number {
  return -2 - ((grid << CELL_BITS) | cell);
}

/** The grid that `cellKey` made it of. */
function gridOf(key: number): number {
  return (-2 - key) >> CELL_BITS;
}

/** The column that `cellKey` made it of. */
function columnOf(key: number): number {
  return (-2 - key) & ((1 << CELL_BITS) - 1);
}

function sideAt(entry: Int32Array, at: number): PairSide {
  const head = entry[at] as number;
  const operand = head >>> OPERAND_SHIFT;
  return (head & OPCODE_MASK) === EQUAL
    ? { slot: operand, isRange: false }
    : { slot: slotOfSide(operand), isRange: true };
}

/** The codes of the range at `at`, and the bits of the cells that it fits. */
function codesAt(entry: Int32Array, at: number, ruler: Ruler | undefined): { low: number; high: number; bits: number } {
  if (ruler === undefined) return { low: 0, high: 0, bits: 0 };
  const head = entry[at] as number;
  let low = readOrdered(entry, at + 1);
  let high = Number.POSITIVE_INFINITY;
  if ((head & OPCODE_MASK) !== AT_LEAST) high = -readOrdered(entry, at + 3);
  else if (isNegated(head >>> OPERAND_SHIFT)) [low, high] = [Number.NEGATIVE_INFINITY, -low];
  const codes = { low: ruler.codeOf(low), high: ruler.codeOf(high) };
  return { ...codes, bits: bitsFor(codes.low, codes.high) };
}
