/**
 * A plan says how the tests of a condition are made once its literals are known.
 *
 * A clause's text is parsed for the first filter of its shape, and planned: NOT is pushed to the leaves, BETWEEN is
 * taken apart, AND in AND is flattened, literals come to the right of their field, references are named. All that
 * depends on no literal, only on its kind. For each filter there is left (see carry-out.ts): to read the literals, to make
 * the bounds of ranges and the sets of values, to fold what can be folded, and to merge and order the tests.
 */
import {
  type Atom,
  type Comparison,
  type Condition,
  isReference,
  type Operand,
  type Reference,
} from '../language/ast.ts';
import { isUnknownConstant, mirrored, normalise, opposites } from '../language/normalise.ts';
import { type Draft, equalDraft, hashScalar, opaqueDraft, presenceDraft, type Subject, subjectOf } from './draft.ts';
import { type Gaps, NO_GAPS, type Source } from './gaps.ts';

export type Plan =
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Plan[] }
  | { readonly kind: 'value'; readonly subject: Subject; readonly isNegated: boolean; readonly source: Source }
  | {
      readonly kind: 'bound';
      readonly subject: Subject;
      readonly operator: '<' | '<=' | '>' | '>=';
      /** Of a number. */
      readonly source: Source;
    }
  | {
      readonly kind: 'set';
      readonly subject: Subject;
      readonly isNegated: boolean;
      readonly sources: readonly Source[];
    }
  | {
      readonly kind: 'prefix';
      readonly condition: Atom & { readonly kind: 'text' };
      readonly reference: Reference;
      readonly source: Source;
      /** By length, those that were needed so far: a few at most. */
      readonly subjects: Map<number, Subject>;
    }
  /** Its literals are filled in, it is normalised, and what is left of it is planned then. */
  | { readonly kind: 'atom'; readonly condition: Atom; readonly isNegated: boolean; readonly literals: Literals }
  /** Depends on no literal. */
  | { readonly kind: 'draft'; readonly draft: Draft }
  | { readonly kind: 'constant'; readonly isTrue: boolean };

/** Where an atom's literals come from. */
export interface Literals {
  readonly operands: ReadonlyMap<Operand, Source>;
  /** Those that are no operands: the pattern of LIKE and its escape character, or what a function looks for. */
  readonly texts: readonly Source[];
}

/** The plan of a condition, or of its negation. Literals that are in no gap stay as they are. */
export function planOf(condition: Condition, gaps: Gaps, isNegated = false): Plan {
  switch (condition.kind) {
    case 'and':
    case 'or': {
      const parts = condition.conditions.map((part) => planOf(part, gaps, isNegated));
      return { kind: (condition.kind === 'and') === isNegated ? 'any' : 'all', parts };
    }
    case 'not':
      return planOf(condition.condition, gaps, !isNegated);
    case 'compare':
      return planComparison(condition, gaps, isNegated) ?? planAtom(condition, gaps, isNegated);
    case 'between': {
      const { value, low, high, span } = condition;
      const isOutside = condition.negated !== isNegated;
      const parts = [
        planOf({ kind: 'compare', operator: isOutside ? '<' : '>=', left: value, right: low, span }, gaps),
        planOf({ kind: 'compare', operator: isOutside ? '>' : '<=', left: value, right: high, span }, gaps),
      ];
      return { kind: isOutside ? 'any' : 'all', parts };
    }
    case 'in': {
      const { value, span } = condition;
      if (!isReference(value)) return planAtom(condition, gaps, isNegated);
      const sources = gaps.listIn(value.span.end, span.end, condition.literals);
      return { kind: 'set', subject: subjectOf(value), isNegated: condition.negated !== isNegated, sources };
    }
    case 'text': {
      const { value: reference, test } = condition;
      if (test !== 'startsWith' || isNegated || !isReference(reference)) return planAtom(condition, gaps, isNegated);
      const [source] = gaps.textsIn(reference.span.end, condition.span.end, [condition.literal]);
      if (source === undefined) return planAtom(condition, gaps, isNegated);
      return { kind: 'prefix', condition, reference, source, subjects: new Map() };
    }
    case 'isNull': {
      const test = condition.negated === isNegated ? 'isNull' : 'notNull';
      return { kind: 'draft', draft: presenceDraft(subjectOf(condition.reference), test) };
    }
    case 'exists':
      if (isNegated) return planAtom(condition, gaps, isNegated);
      return { kind: 'draft', draft: presenceDraft(subjectOf(condition.reference), 'exists') };
    case 'truth':
      return planTruth(condition, isNegated) ?? planAtom(condition, gaps, isNegated);
    default:
      return planAtom(condition, gaps, isNegated);
  }
}

/** The plan of an atom, or of NOT before one, in normal form and without gaps: what is not understood is opaque. */
export function planOfNormal(condition: Condition): Plan {
  return understood(condition) ?? { kind: 'draft', draft: opaqueDraft(condition) };
}

function understood(condition: Condition): Plan | undefined {
  switch (condition.kind) {
    case 'compare':
      if (isUnknownConstant(condition)) return { kind: 'constant', isTrue: false };
      return planComparison(condition, NO_GAPS, false);
    case 'truth':
      return planTruth(condition, false);
    case 'in':
      return isReference(condition.value) ? planOf(condition, NO_GAPS) : undefined;
    default:
      return undefined;
  }
}

function planAtom(condition: Atom, gaps: Gaps, isNegated: boolean): Plan {
  const literals = literalsOf(condition, gaps);
  if (literals !== undefined) return { kind: 'atom', condition, isNegated, literals };
  return planOfNormal(normalise(isNegated ? { kind: 'not', condition, span: condition.span } : condition));
}

function planComparison(condition: Atom & { kind: 'compare' }, gaps: Gaps, isNegated: boolean): Plan | undefined {
  const isSwapped = condition.left.kind === 'literal';
  const [field, literal] = isSwapped ? [condition.right, condition.left] : [condition.left, condition.right];
  if (!isReference(field) || literal.kind !== 'literal') return undefined;
  const stated: Comparison = isSwapped ? mirrored[condition.operator] : condition.operator;
  const operator = isNegated ? opposites[stated] : stated;
  const source = gaps.operandAt(literal.span, literal.value);
  if (operator === '=' || operator === '<>') {
    return { kind: 'value', subject: subjectOf(field), isNegated: operator === '<>', source };
  }
  return typeof literal.value === 'number' ? { kind: 'bound', subject: subjectOf(field), operator, source } : undefined;
}

/** A reference where a truth value is wanted must be that boolean; everything else is unknown or the other one. */
function planTruth({ operand }: Atom & { kind: 'truth' }, isNegated: boolean): Plan | undefined {
  if (operand.kind === 'literal') return { kind: 'constant', isTrue: operand.value === !isNegated };
  if (!isReference(operand)) return undefined;
  const value = !isNegated;
  return { kind: 'draft', draft: equalDraft(subjectOf(operand), value, hashScalar(value)) };
}

/** The literals of an atom that are in gaps, and with them all others; undefined if none is. */
function literalsOf(condition: Atom, gaps: Gaps): Literals | undefined {
  const operands = new Map<Operand, Source>();
  const visit = (operand: Operand): void => {
    if (operand.kind === 'literal') operands.set(operand, gaps.operandAt(operand.span, operand.value));
    else if (operand.kind === 'negate') visit(operand.operand);
    else if (operand.kind === 'arithmetic') {
      visit(operand.left);
      visit(operand.right);
    }
  };
  let texts: readonly Source[] = [];
  switch (condition.kind) {
    case 'compare':
      visit(condition.left);
      visit(condition.right);
      break;
    case 'like': {
      visit(condition.value);
      const { pattern, escape: escapeCharacter } = condition;
      texts = gaps.textsIn(
        condition.value.span.end,
        condition.span.end,
        escapeCharacter === undefined ? [pattern] : [pattern, escapeCharacter],
      );
      break;
    }
    case 'text':
      visit(condition.value);
      texts = gaps.textsIn(condition.value.span.end, condition.span.end, [condition.literal]);
      break;
    case 'element':
      visit(condition.value);
      break;
    case 'truth':
      visit(condition.operand);
  }
  const isFixed = [...operands.values(), ...texts].every((source) => source.gap < 0);
  return isFixed ? undefined : { operands, texts };
}
