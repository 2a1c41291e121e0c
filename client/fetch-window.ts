import type { Request } from './request.ts';

/** Enough to keep the line busy, and well below what a broker lets wait for one client before it refuses. */
const UNDER_WAY_MAX = 256;

/** The fetches of a client: so many under way at the same time, the rest in line, in their order. */
export class FetchWindow {
  readonly #underWay = new Set<Request>();
  readonly #waiting = new Set<Request>();

  get waiting(): number {
    return this.#waiting.size;
  }

  /** True when there is room, and nobody in line: the fetch is under way. Else it waits for `admit`. */
  enter(request: Request): boolean {
    const admitted = this.#waiting.size === 0 && this.#underWay.size < UNDER_WAY_MAX;
    if (admitted) this.#underWay.add(request);
    else this.#waiting.add(request);
    return admitted;
  }

  /** The next in line, if there is room: it is under way now. */
  admit(): Request | undefined {
    if (this.#underWay.size >= UNDER_WAY_MAX) return undefined;
    for (const request of this.#waiting) {
      this.#waiting.delete(request);
      this.#underWay.add(request);
      return request;
    }
    return undefined;
  }

  /** It has ended, answered or not. */
  leave(request: Request): void {
    if (!this.#underWay.delete(request)) this.#waiting.delete(request);
  }
}
