import { FilterError } from '../filter-error.ts';

/** One level of brackets; the whole text is the outermost. */
export interface Frame {
  readonly kind: 'text' | 'group' | 'call' | 'list';
  /** Index of the opening bracket's mark. */
  readonly opener: number;
  /** A comparison has been read since the last AND, OR or comma: a second one would be a chain. */
  hasComparison: boolean;
  /** What BETWEEN still needs, or LIKE may still take. */
  awaited: 'between and' | 'escape' | undefined;
  /** NOTs since the last AND or OR: all of them hold what follows. */
  nots: number;
  /** Arithmetic and prefix operators of the operand being read: each may hold the ones before it. */
  links: number;
}

/**
 * Which brackets are open while a text is read from left to right, and how deep the tree is at this point: brackets, the
 * NOTs before what is being read, and the operators of the operand being read. It bounds the recursion of jsep, and of
 * everything that walks the tree later.
 */
export class Nesting {
  readonly #text: string;
  readonly #depthMax: number;
  readonly #outer: Frame[] = [];
  #frame: Frame = openFrame('text', -1);
  #depth = 0;

  constructor(text: string, depthMax: number) {
    this.#text = text;
    this.#depthMax = depthMax;
  }

  /** The innermost open bracket. */
  get frame(): Frame {
    return this.#frame;
  }

  /** A bracket opens. @throws FilterError `predicate_too_deep` */
  enter(kind: Frame['kind'], opener: number, offset: number): void {
    this.#descend(offset);
    this.#outer.push(this.#frame);
    this.#frame = openFrame(kind, opener);
  }

  /** The innermost bracket closes. */
  leave(): void {
    this.#depth -= 1 + this.#frame.nots + this.#frame.links;
    this.#frame = this.#outer.pop() as Frame;
  }

  /** A NOT is read. @throws FilterError `predicate_too_deep` */
  addNot(offset: number): void {
    this.#descend(offset);
    this.#frame.nots++;
  }

  /** An operator inside an operand is read. @throws FilterError `predicate_too_deep` */
  addLink(offset: number): void {
    this.#descend(offset);
    this.#frame.links++;
  }

  /** AND, OR or a comma is read: nothing before it holds what comes, save the brackets. */
  beginCondition(): void {
    this.endOperand();
    this.#depth -= this.#frame.nots;
    this.#frame.nots = 0;
    this.#frame.hasComparison = false;
    this.#frame.awaited = undefined;
  }

  /** An operator is read that is looser than arithmetic. */
  endOperand(): void {
    this.#depth -= this.#frame.links;
    this.#frame.links = 0;
  }

  /** For a path, which nests by its steps. @throws FilterError `predicate_too_deep` */
  requireSteps(steps: number, offset: number): void {
    if (steps > this.#depthMax) throw this.#tooDeep(offset);
  }

  #descend(offset: number): void {
    if (++this.#depth > this.#depthMax) throw this.#tooDeep(offset);
  }

  #tooDeep(offset: number): FilterError {
    return new FilterError('predicate_too_deep', `deeper than ${this.#depthMax} levels`, this.#text, offset);
  }
}

function openFrame(kind: Frame['kind'], opener: number): Frame {
  return { kind, opener, hasComparison: false, awaited: undefined, nots: 0, links: 0 };
}
