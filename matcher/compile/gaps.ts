import type { Scalar, Span } from '../language/ast.ts';
import { hashScalar } from './draft.ts';
import { NEGATIVE_GAP, NUMBER_GAP, type Outline, STRING_GAP } from './outline.ts';

/** Where a literal of a planned condition comes from. */
export interface Source {
  /** The gap, counted from the first of the clause; -1 if the literal is in none. */
  readonly gap: number;
  /** A number whose sign is turned, because there is a minus before the gap. */
  readonly isNegated: boolean;
  /** The literal as it was when the plan was made; and for ever, if it is in no gap. */
  readonly value: Scalar;
  /** `hashScalar` of the value. */
  readonly hash: number;
}

interface Gap {
  readonly start: number;
  readonly end: number;
  readonly kind: number;
  /** Its literals, as the outline read them. */
  readonly values: readonly Scalar[];
}

/**
 * The gaps of one clause while its plan is made: finds the one that a literal of the tree stands in. If a gap is not found
 * to be exactly the literal expected there, or is found to be none, then the plan is no plan for other literals.
 */
export class Gaps {
  readonly #text: string;
  readonly #gaps: readonly Gap[];
  readonly #used = new Set<number>();
  #isSound = true;

  constructor(text: string, gaps: readonly Gap[]) {
    this.#text = text;
    this.#gaps = gaps;
  }

  /** Whether every gap was found, and nothing in one that should not be. */
  get areSound(): boolean {
    return this.#isSound && this.#used.size === this.#gaps.length;
  }

  /** A literal that is an operand. A number has the minus signs before it in its span. */
  operandAt(span: Span, value: Scalar): Source {
    if (this.#gaps.length === 0) return fixed(value);
    const [gap, ...others] = this.#within(span.start, span.end);
    if (gap === undefined) return fixed(value);
    const { start, kind, values } = this.#gaps[gap] as Gap;
    const [read] = values;
    const signs = this.#text.slice(span.start, start).split('-').length - 1;
    const isNegated = signs % 2 === 1;
    const isNumber = kind === NUMBER_GAP || kind === NEGATIVE_GAP;
    const isOne = others.length === 0 && (isNumber || (kind === STRING_GAP && signs === 0));
    const isRead = isNegated && typeof read === 'number' ? value === -read : value === read;
    return isOne && isRead ? this.#source(gap, isNegated, value) : this.#unsound(value);
  }

  /** The members of an IN list, between two places of the text. */
  listIn(start: number, end: number, members: readonly Scalar[]): readonly Source[] {
    const within = this.#within(start, end);
    if (within.length === 0) return members.map(fixed);
    const read = within.flatMap((gap) => (this.#gaps[gap] as Gap).values);
    const isRead = read.length === members.length && read.every((value, i) => value === members[i]);
    // A minus that stands outside the gaps, or a Boolean, would have to be put back between them.
    let at = start;
    for (const gap of within) {
      const { start: from, end: to } = this.#gaps[gap] as Gap;
      if (this.#text.slice(at, from).includes('-')) return members.map((value) => this.#unsound(value));
      at = to;
    }
    if (!isRead) return members.map((value) => this.#unsound(value));
    return within.map((gap) => this.#source(gap, false, (this.#gaps[gap] as Gap).values[0] as Scalar));
  }

  /** Strings that are no operands, between two places of the text. */
  textsIn(start: number, end: number, texts: readonly string[]): readonly Source[] {
    const within = this.#within(start, end);
    if (within.length === 0) return texts.map(fixed);
    return texts.map((text, i) => {
      const gap = within[i];
      if (gap === undefined || within.length !== texts.length) return this.#unsound(text);
      const { kind, values } = this.#gaps[gap] as Gap;
      return kind === STRING_GAP && values[0] === text ? this.#source(gap, false, text) : this.#unsound(text);
    });
  }

  #within(start: number, end: number): number[] {
    const within: number[] = [];
    for (const [i, gap] of this.#gaps.entries()) if (gap.start >= start && gap.end <= end) within.push(i);
    return within;
  }

  #source(gap: number, isNegated: boolean, value: Scalar): Source {
    this.#used.add(gap);
    return { gap, isNegated, value, hash: 0 };
  }

  #unsound(value: Scalar): Source {
    this.#isSound = false;
    return fixed(value);
  }
}

/** Of a condition whose literals stay as they are. */
export const NO_GAPS = new Gaps('', []);

/** The gaps of a clause. @throws FilterError for a string with a bad escape */
export function gapsOf(outline: Outline, clause: number): Gaps {
  const start = outline.clauseStarts[clause] as number;
  const gaps: Gap[] = [];
  for (let gap = outline.clauseGaps[clause] as number; gap < (outline.clauseGaps[clause + 1] as number); gap += 1) {
    const values: Scalar[] = [];
    for (let i = outline.gapLiterals[gap] as number; i < (outline.gapLiterals[gap + 1] as number); i += 1) {
      values.push(outline.valueOf(i));
    }
    gaps.push({
      start: (outline.gapStarts[gap] as number) - start,
      end: (outline.gapEnds[gap] as number) - start,
      kind: outline.gapKinds[gap] as number,
      values,
    });
  }
  return new Gaps(outline.text.slice(start, outline.clauseEnds[clause]), gaps);
}

function fixed(value: Scalar): Source {
  return { gap: -1, isNegated: false, value, hash: hashScalar(value) };
}
