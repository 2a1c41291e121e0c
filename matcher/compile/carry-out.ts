import { hashNumber, hashText } from '../hash.ts';
import { nextDown, nextUp } from '../index/ieee-neighbours.ts';
import { prefixFor } from '../index/prefix.ts';
import type { Atom, Operand, Scalar } from '../language/ast.ts';
import { isSearchable, isWellEscaped } from '../language/like.ts';
import { normalise } from '../language/normalise.ts';
import { assembleAll, assembleAny } from './assemble.ts';
import {
  anyDraft,
  type Branch,
  type Draft,
  equalDraft,
  hashScalar,
  notEqualDraft,
  opaqueDraft,
  rangeDraft,
  setDraft,
  subjectOf,
} from './draft.ts';
import type { Source } from './gaps.ts';
import type { Outline } from './outline.ts';
import { type Literals, type Plan, planOfNormal } from './plan.ts';

/** Thrown where literals do not suit the plan: whether the text is right has to be found out by parsing it. */
export const UNSUITED = new Error('literals that the plan was not made for');

/** The literals of the clause that a plan is carried out for. */
export interface ClauseLiterals {
  readonly outline: Outline;
  /** The clause's first gap. */
  firstGap: number;
}

/**
 * Adds the tests that a plan makes of the literals.
 *
 * @returns false if they can never be true together; what was added means nothing then.
 * @throws UNSUITED, and FilterError for a bad escape
 */
export function carryOut(plan: Plan, literals: ClauseLiterals, drafts: Draft[]): boolean {
  switch (plan.kind) {
    case 'all':
      return carryOutAll(plan.parts, literals, drafts);
    case 'any':
      return carryOutAny(plan.parts, literals, drafts);
    case 'value': {
      const { subject, source, isNegated } = plan;
      const value = literalOf(source, literals);
      const hash = hashOf(source, literals, value);
      drafts.push(isNegated ? notEqualDraft(subject, value, hash) : equalDraft(subject, value, hash));
      return true;
    }
    case 'bound': {
      const bound = literalOf(plan.source, literals) as number;
      const { subject } = plan;
      switch (plan.operator) {
        case '>=':
          drafts.push(rangeDraft(subject, bound, Number.POSITIVE_INFINITY));
          break;
        case '>':
          drafts.push(rangeDraft(subject, nextUp(bound), Number.POSITIVE_INFINITY));
          break;
        case '<=':
          drafts.push(rangeDraft(subject, Number.NEGATIVE_INFINITY, bound));
          break;
        case '<':
          drafts.push(rangeDraft(subject, Number.NEGATIVE_INFINITY, nextDown(bound)));
      }
      return true;
    }
    case 'set': {
      const [first, ...others] = plan.sources as [Source, ...Source[]];
      const { values, hashes } = others.length === 0 ? membersOf(first, literals) : joinMembers(plan.sources, literals);
      drafts.push(setDraft(plan.subject, plan.isNegated, values, hashes));
      return true;
    }
    case 'prefix':
      addPrefix(plan, literals, drafts);
      return true;
    case 'atom': {
      const condition = filled(plan.condition, plan.literals, literals);
      const normal = normalise(plan.isNegated ? { kind: 'not', condition, span: condition.span } : condition);
      return carryOut(planOfNormal(normal), literals, drafts);
    }
    case 'draft':
      drafts.push(plan.draft);
      return true;
    case 'constant':
      return plan.isTrue;
  }
}

/** To the last part, even if one before it is never true: all literals have to be read to know that they are right. */
function carryOutAll(parts: readonly Plan[], literals: ClauseLiterals, drafts: Draft[]): boolean {
  let isPossible = true;
  for (const part of parts) if (!carryOut(part, literals, drafts)) isPossible = false;
  return isPossible;
}

function carryOutAny(parts: readonly Plan[], literals: ClauseLiterals, drafts: Draft[]): boolean {
  const branches: Branch[] = [];
  let isTrue = false;
  for (const part of parts) {
    const collected: Draft[] = [];
    const branch = carryOut(part, literals, collected) ? assembleAll(collected) : undefined;
    if (branch === undefined) continue;
    const [only] = branch;
    if (only === undefined) isTrue = true;
    // OR in OR is one.
    else if (branch.length === 1 && only.branches !== undefined) branches.push(...only.branches);
    else branches.push(branch);
  }
  if (isTrue) return true;
  const different = assembleAny(branches);
  const [first] = different;
  if (first === undefined) return false;
  if (different.length > 1) drafts.push(anyDraft(different));
  else drafts.push(...first);
  return true;
}

/** Values, and their hashes. */
interface Members {
  readonly values: readonly Scalar[];
  readonly hashes: readonly number[];
}

function membersOf(source: Source, { outline, firstGap }: ClauseLiterals): Members {
  if (source.gap < 0) return { values: [source.value], hashes: [source.hash] };
  const gap = firstGap + source.gap;
  const first = outline.gapLiterals[gap] as number;
  const count = (outline.gapLiterals[gap + 1] as number) - first;
  const values = new Array<Scalar>(count);
  const hashes = new Array<number>(count);
  for (let i = 0; i < count; i += 1) {
    const value = outline.valueOf(first + i);
    values[i] = value;
    hashes[i] = outline.hashOf(first + i) ?? hashScalar(value);
  }
  return { values, hashes };
}

function joinMembers(sources: readonly Source[], literals: ClauseLiterals): Members {
  const members = sources.map((source) => membersOf(source, literals));
  return { values: members.flatMap((some) => some.values), hashes: members.flatMap((some) => some.hashes) };
}

function addPrefix(plan: Plan & { kind: 'prefix' }, literals: ClauseLiterals, drafts: Draft[]): void {
  const literal = literalOf(plan.source, literals) as string;
  const prefix = prefixFor(plan.reference, literal);
  if (prefix !== undefined) {
    const subject = plan.subjects.get(prefix.length) ?? subjectOf(prefix);
    plan.subjects.set(prefix.length, subject);
    const value = literal.slice(0, prefix.length);
    drafts.push(equalDraft(subject, value, hashText(value)));
    if (prefix.length === literal.length) return;
  }
  drafts.push(opaqueDraft({ ...plan.condition, literal }));
}

function literalOf(source: Source, { outline, firstGap }: ClauseLiterals): Scalar {
  if (source.gap < 0) return source.value;
  const value = outline.valueOf(outline.gapLiterals[firstGap + source.gap] as number);
  return source.isNegated && typeof value === 'number' && value !== 0 ? -value : value;
}

function hashOf(source: Source, { outline, firstGap }: ClauseLiterals, value: Scalar): number {
  if (source.gap < 0) return source.hash;
  if (source.isNegated) return hashNumber(value as number);
  return outline.hashOf(outline.gapLiterals[firstGap + source.gap] as number) ?? hashScalar(value);
}

/** The atom with its literals filled in, and checked as they would be in the parser. */
function filled(condition: Atom, { operands, texts }: Literals, literals: ClauseLiterals): Atom {
  const fill = (operand: Operand): Operand => {
    switch (operand.kind) {
      case 'literal': {
        const source = operands.get(operand);
        return source === undefined ? operand : { ...operand, value: literalOf(source, literals) };
      }
      case 'negate':
        return { ...operand, operand: fill(operand.operand) };
      case 'arithmetic':
        return { ...operand, left: fill(operand.left), right: fill(operand.right) };
      default:
        return operand;
    }
  };
  switch (condition.kind) {
    case 'compare':
      return { ...condition, left: fill(condition.left), right: fill(condition.right) };
    case 'element':
      return { ...condition, value: fill(condition.value) };
    case 'truth':
      return { ...condition, operand: fill(condition.operand) };
    case 'text': {
      const [literal] = texts;
      if (literal === undefined) return condition;
      return { ...condition, value: fill(condition.value), literal: String(literalOf(literal, literals)) };
    }
    case 'like':
      return { ...filledPattern(condition, texts, literals), value: fill(condition.value) };
    default:
      return condition;
  }
}

function filledPattern(
  condition: Atom & { kind: 'like' },
  texts: readonly Source[],
  literals: ClauseLiterals,
): Atom & { kind: 'like' } {
  const read = texts.map((source) => {
    if (source.gap < 0) return String(source.value);
    const literal = literals.outline.gapLiterals[literals.firstGap + source.gap] as number;
    // How a backslash is read depends on ESCAPE.
    if (literals.outline.isEscaped(literal)) throw UNSUITED;
    return literals.outline.stringOf(literal);
  });
  const [pattern = condition.pattern, character] = read;
  const isEscapeRight =
    character === undefined || (Array.from(character).length === 1 && isWellEscaped(pattern, character));
  if (!isEscapeRight || !isSearchable(pattern, character)) throw UNSUITED;
  return character === undefined ? { ...condition, pattern } : { ...condition, pattern, escape: character };
}
