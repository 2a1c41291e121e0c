import { type ClauseShape, hasShape } from './clause-shape.ts';
import type { Outline } from './outline.ts';

/** Pairs of places: a shape has a choice of two, by its hash. */
const PAIRS = 1024;

/** Hashes remembered of clauses that are not in the cache. */
const HASHES = 8192;

/**
 * The shapes of clauses that were seen lately, at most {@link PAIRS} × 2 of some KB. A new one takes the place of the older
 * of two, and so nothing has to be counted or cleared. Shapes that never come again are not let in: a clause's has to be
 * seen twice.
 */
export class ShapeCache {
  readonly #newer: (ClauseShape | undefined)[] = new Array<ClauseShape | undefined>(PAIRS).fill(undefined);
  readonly #older: (ClauseShape | undefined)[] = new Array<ClauseShape | undefined>(PAIRS).fill(undefined);
  readonly #seen = new Int32Array(HASHES);

  /** The shape of a clause, if it is known. */
  find(outline: Outline, clause: number): ClauseShape | undefined {
    const hash = outline.clauseHashes[clause] as number;
    const place = hash & (PAIRS - 1);
    const newer = this.#newer[place];
    if (newer !== undefined && newer.hash === hash && hasShape(outline, clause, newer)) return newer;
    const older = this.#older[place];
    if (older === undefined || older.hash !== hash || !hasShape(outline, clause, older)) return undefined;
    this.#newer[place] = older;
    this.#older[place] = newer;
    return older;
  }

  /** Whether a clause that is not known was likely seen before, of late. From now on it was. */
  expects(outline: Outline, clause: number): boolean {
    const hash = outline.clauseHashes[clause] as number;
    const place = hash & (HASHES - 1);
    if (this.#seen[place] === hash) return true;
    this.#seen[place] = hash;
    return false;
  }

  add(shape: ClauseShape): void {
    const place = shape.hash & (PAIRS - 1);
    this.#older[place] = this.#newer[place];
    this.#newer[place] = shape;
  }
}
