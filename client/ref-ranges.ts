import type { Request } from './request.ts';

/**
 * Requests that have many refs each, in one range, to be found by any of them. Answers come in runs, so the last that was
 * found is looked at first: O(1), else O(log n). They are few: a batch is one.
 */
export class RefRanges {
  /** By rising refs, which do not overlap. */
  readonly #ranges: Request[] = [];
  #found: Request | undefined;

  /** Its refs are above those of all the others. */
  add(request: Request): void {
    this.#ranges.push(request);
  }

  delete(request: Request): void {
    if (this.#found === request) this.#found = undefined;
    const at = this.#below(request.ref);
    if (this.#ranges[at] === request) this.#ranges.splice(at, 1);
  }

  find(ref: number): Request | undefined {
    if (this.#found !== undefined && holds(this.#found, ref)) return this.#found;
    const candidate = this.#ranges[this.#below(ref)];
    if (candidate === undefined || !holds(candidate, ref)) return undefined;
    this.#found = candidate;
    return candidate;
  }

  /** Index of the last that begins at or before this ref; -1 if none does. */
  #below(ref: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[middle] as Request).ref <= ref) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

function holds({ ref, refs }: Request, sought: number): boolean {
  return sought >= ref && sought < ref + refs;
}
