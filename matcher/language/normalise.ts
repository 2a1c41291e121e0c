import type { Comparison, Condition, Operand, Span, Verdict } from './ast.ts';
import { compareValues, evaluate } from './evaluate.ts';
import { foldOperand, isBefore } from './fold-operand.ts';
import { joinConditions } from './join.ts';

/**
 * Brings a condition into the form that filters are compared in. For every event the verdict is the same, all
 * three values of it.
 *
 * - NOT is pushed to the leaves and vanishes there, since the language's rules make `NOT a < b` and `a >= b` one; it
 *   stays above functions, EXISTS and a bare reference, which have no negated form.
 * - BETWEEN becomes two comparisons joined by AND, NOT BETWEEN two joined by OR.
 * - A literal stands on the right of its field: `5 < a` is `a > 5`. Between other operands the order is by text.
 * - Constants are folded: arithmetic of literals, and conditions that are true or false for every event, down to
 *   `true` or `false` as the whole. What is unknown for every event becomes {@link isUnknownConstant}.
 * - AND in AND and OR in OR are one; duplicates go; `a = 1 OR a IN (2, 3)` is `a IN (1, 2, 3)`, and so for AND of `<>`.
 * - The parts of AND and OR, and the members of IN, are sorted, so that equal filters print equally.
 *
 * Spans are those of the nodes from which a part was made. Idempotent. Cost: the size of the text times its depth.
 */
export function normalise(condition: Condition): Condition {
  return transform(condition, false);
}

/** Whether a normalised condition is the one that stands for *unknown whatever the event*. It prints `true < true`. */
export function isUnknownConstant(condition: Condition): boolean {
  return (
    condition.kind === 'compare' &&
    condition.operator === '<' &&
    condition.left.kind === 'literal' &&
    condition.right.kind === 'literal' &&
    condition.left.value === true &&
    condition.right.value === true
  );
}

/** The normal form of a condition, or of its negation. */
function transform(condition: Condition, isNegated: boolean): Condition {
  switch (condition.kind) {
    case 'and':
    case 'or': {
      const parts = condition.conditions.map((child) => transform(child, isNegated));
      return joinConditions((condition.kind === 'and') === isNegated ? 'or' : 'and', parts, condition.span);
    }
    case 'not':
      return transform(condition.condition, !isNegated);
    case 'compare': {
      const operator = isNegated ? opposites[condition.operator] : condition.operator;
      return compare(operator, condition.left, condition.right, condition.span);
    }
    case 'between':
      return transformBetween(condition, condition.negated !== isNegated);
    case 'in':
      return transformIn(condition, condition.negated !== isNegated);
    case 'element':
    case 'like': {
      const value = foldOperand(condition.value);
      if (value === undefined) return constant(undefined, condition.span);
      return foldConstant({ ...condition, value, negated: condition.negated !== isNegated });
    }
    case 'text': {
      const value = foldOperand(condition.value);
      if (value === undefined) return constant(undefined, condition.span);
      return foldConstant(negateLeaf({ ...condition, value }, isNegated));
    }
    case 'isNull':
      return { ...condition, negated: condition.negated !== isNegated };
    case 'exists':
    case 'truth':
      return foldConstant(negateLeaf(condition, isNegated));
  }
}

/** The operator of the negation. */
export const opposites: Readonly<Record<Comparison, Comparison>> = {
  '=': '<>',
  '<>': '=',
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
};

/** The operator after its sides have changed places. */
export const mirrored: Readonly<Record<Comparison, Comparison>> = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

function compare(operator: Comparison, leftSide: Operand, rightSide: Operand, span: Span): Condition {
  const left = foldOperand(leftSide);
  const right = foldOperand(rightSide);
  if (left === undefined || right === undefined) return constant(undefined, span);
  if (left.kind === 'literal' && right.kind === 'literal') {
    return constant(compareValues(operator, left.value, right.value), span);
  }
  return isBefore(left, right)
    ? { kind: 'compare', operator, left, right, span }
    : { kind: 'compare', operator: mirrored[operator], left: right, right: left, span };
}

function transformBetween(condition: Extract<Condition, { kind: 'between' }>, isNegated: boolean): Condition {
  const { value, low, high, span } = condition;
  return isNegated
    ? joinConditions('or', [compare('<', value, low, span), compare('>', value, high, span)], span)
    : joinConditions('and', [compare('>=', value, low, span), compare('<=', value, high, span)], span);
}

function transformIn(condition: Extract<Condition, { kind: 'in' }>, isNegated: boolean): Condition {
  const value = foldOperand(condition.value);
  if (value === undefined) return constant(undefined, condition.span);
  const folded = foldConstant({ ...condition, value, negated: isNegated });
  // Joined to itself, a list loses its duplicates and comes out sorted, or as one comparison.
  return joinConditions(isNegated ? 'and' : 'or', [folded], condition.span);
}

function negateLeaf(condition: Condition, isNegated: boolean): Condition {
  return isNegated ? { kind: 'not', condition, span: condition.span } : condition;
}

/** `true`, `false` or the unknown constant in place of a leaf that reads nothing of the event. */
function foldConstant(condition: Condition): Condition {
  return readsEvent(condition) ? condition : constant(evaluate(condition, { topic: '' }), condition.span);
}

function readsEvent(condition: Condition): boolean {
  switch (condition.kind) {
    case 'not':
      return readsEvent(condition.condition);
    case 'truth':
      return condition.operand.kind !== 'literal';
    case 'in':
    case 'like':
    case 'text':
      return condition.value.kind !== 'literal';
    default:
      return true;
  }
}

function constant(verdict: Verdict, span: Span): Condition {
  const literal = (value: boolean): Operand => ({ kind: 'literal', value, span });
  return verdict === undefined
    ? { kind: 'compare', operator: '<', left: literal(true), right: literal(true), span }
    : { kind: 'truth', operand: literal(verdict), span };
}
