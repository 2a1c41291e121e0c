import { type ClauseShape, hasShape } from './clause-shape.ts';
import type { Outline } from './outline.ts';

/** Pairs of places: a shape has a choice of two, by its hash. */
const PAIRS = 1024;

/**
 * The shapes of clauses that were seen lately, at most {@link PAIRS} × 2 of some KB. A new one takes the place of the older
 * of two, and so nothing has to be counted or cleared; whoever sends only shapes that never come again spoils the cache,
 * and everybody's filters are parsed as if there were none.
 */
export class ShapeCache {
  readonly #newer: (ClauseShape | undefined)[] = new Array<ClauseShape | undefined>(PAIRS).fill(undefined);
  readonly #older: (ClauseShape | undefined)[] = new Array<ClauseShape | undefined>(PAIRS).fill(undefined);

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

  add(shape: ClauseShape): void {
    const place = shape.hash & (PAIRS - 1);
    this.#older[place] = this.#newer[place];
    this.#newer[place] = shape;
  }
}
