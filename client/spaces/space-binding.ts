import type { SpaceOperation } from './operation.ts';

/** A space as the client knows it, across connections: what the broker calls it at present, and who waits for that. */
export class SpaceBinding {
  readonly name: string;
  /** As it was asked for, if it was said. */
  durable: boolean | undefined;
  /** What records call it on this connection; `undefined` while it is not open. */
  number: number | undefined;
  opening = false;
  /** Those with an id that are written and not answered. */
  idsUnderWay = 0;
  /** To be written, in this order. */
  waiting = new Set<SpaceOperation>();
  #lastId = 0;

  constructor(name: string, durable: boolean | undefined) {
    this.name = name;
    this.durable = durable;
  }

  /** Of the next `out`: they rise in the order in which they are written. */
  freshId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }
}
