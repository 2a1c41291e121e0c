/**
 * From a normalised condition to tests: what a record can hold. A conjunction is a list of tests that must all be
 * true; only *true* counts here, so *unknown* and *false* are one.
 */
import type { Condition, Reference, Scalar } from '../language/ast.ts';
import { isUnknownConstant } from '../language/normalise.ts';
import { printReference } from '../language/print.ts';
import { nextDown, nextUp } from './ieee-neighbours.ts';
import { nameOf, prefixFor, type SlotReference } from './prefix.ts';

export type Test =
  | EqualTest
  | { readonly kind: 'notEqual'; readonly reference: Reference; readonly value: Scalar }
  | RangeTest
  | SetTest<'oneOf'>
  | SetTest<'noneOf'>
  | { readonly kind: 'isNull' | 'notNull' | 'exists'; readonly reference: Reference }
  /** Two branches or more. */
  | { readonly kind: 'any'; readonly branches: readonly Conjunction[] }
  | { readonly kind: 'opaque'; readonly condition: Condition };

/** A number between the bounds, both included; at most one is infinite. */
export interface RangeTest {
  readonly kind: 'range';
  readonly reference: Reference;
  readonly low: number;
  readonly high: number;
}

interface EqualTest {
  readonly kind: 'equal';
  readonly reference: SlotReference;
  readonly value: Scalar;
}

interface SetTest<Kind extends string> {
  readonly kind: Kind;
  readonly reference: SlotReference;
  readonly values: readonly Scalar[];
  /** What the test was made from, for sets that do not fit a record. */
  readonly condition: Condition;
}

export type Conjunction = readonly Test[];

/** Recognised by identity: a condition that is true of no event. */
const NEVER: Conjunction = [{ kind: 'any', branches: [] }];

/** The tests that together are true exactly when the condition is; `undefined` when that is never. */
export function conjunctionOf(condition: Condition): Conjunction | undefined {
  const tests = translate(condition);
  return tests === NEVER ? undefined : mergeRanges(tests);
}

/** Both at once, with the ranges on one reference merged; `undefined` when they exclude each other. */
export function joined(left: Conjunction, right: Conjunction): Conjunction | undefined {
  return mergeRanges([...left, ...right]);
}

function translate(condition: Condition): Conjunction {
  switch (condition.kind) {
    case 'and':
      return translateAnd(condition.conditions);
    case 'or':
      return translateOr(condition);
    case 'compare':
      return translateComparison(condition);
    case 'in': {
      const { value: reference, literals: values } = condition;
      if (!isReference(reference)) return [{ kind: 'opaque', condition }];
      return [{ kind: condition.negated ? 'noneOf' : 'oneOf', reference, values, condition }];
    }
    case 'text':
      return translateText(condition);
    case 'isNull':
      return [{ kind: condition.negated ? 'notNull' : 'isNull', reference: condition.reference }];
    case 'exists':
      return [{ kind: 'exists', reference: condition.reference }];
    case 'truth':
      return translateTruth(condition, true);
    case 'not':
      if (condition.condition.kind === 'truth') return translateTruth(condition.condition, false);
      return [{ kind: 'opaque', condition }];
    default:
      return [{ kind: 'opaque', condition }];
  }
}

function translateAnd(conditions: readonly Condition[]): Conjunction {
  const tests: Test[] = [];
  for (const part of conditions) {
    const more = translate(part);
    if (more === NEVER) return NEVER;
    tests.push(...more);
  }
  return tests;
}

function translateOr(condition: Condition & { kind: 'or' | 'and' }): Conjunction {
  const branches: Conjunction[] = [];
  for (const part of condition.conditions) {
    const branch = conjunctionOf(part);
    if (branch?.length === 0) return branch;
    if (branch !== undefined) branches.push(branch);
  }
  const [only] = branches;
  if (only === undefined) return NEVER;
  if (branches.length === 1) return only;
  return [asSet(branches, condition) ?? { kind: 'any', branches }];
}

/** `a = 1 OR a = 2` says `a IN (1, 2)`. */
function asSet(branches: readonly Conjunction[], condition: Condition): Test | undefined {
  const values: Scalar[] = [];
  let reference: SlotReference | undefined;
  for (const branch of branches) {
    const [test] = branch;
    if (branch.length !== 1 || test === undefined || (test.kind !== 'equal' && test.kind !== 'oneOf')) return undefined;
    if (reference !== undefined && nameOf(reference) !== nameOf(test.reference)) return undefined;
    reference = test.reference;
    if (test.kind === 'equal') values.push(test.value);
    else values.push(...test.values);
  }
  return reference && { kind: 'oneOf', reference, values: [...new Set(values)], condition };
}

function translateComparison(condition: Condition & { kind: 'compare' }): Conjunction {
  const { left: reference, right, operator } = condition;
  if (isUnknownConstant(condition)) return NEVER;
  if (!isReference(reference) || right.kind !== 'literal') return [{ kind: 'opaque', condition }];
  const { value } = right;
  if (operator === '=') return [{ kind: 'equal', reference, value }];
  if (operator === '<>') return [{ kind: 'notEqual', reference, value }];
  if (typeof value !== 'number') return [{ kind: 'opaque', condition }];
  const [low, high] = {
    '>=': [value, Number.POSITIVE_INFINITY],
    '>': [nextUp(value), Number.POSITIVE_INFINITY],
    '<=': [Number.NEGATIVE_INFINITY, value],
    '<': [Number.NEGATIVE_INFINITY, nextDown(value)],
  }[operator] as [number, number];
  return [{ kind: 'range', reference, low, high }];
}

function translateText(condition: Condition & { kind: 'text' }): Conjunction {
  const { value: operand, literal, test } = condition;
  const exact: Test = { kind: 'opaque', condition };
  if (test !== 'startsWith' || !isReference(operand)) return [exact];
  const reference = prefixFor(operand, literal);
  if (reference === undefined) return [exact];
  const key: Test = { kind: 'equal', reference, value: literal.slice(0, reference.length) };
  return reference.length === literal.length ? [key] : [key, exact];
}

/** A reference where a truth value is wanted must be that boolean; everything else is unknown or the other one. */
function translateTruth(condition: Condition & { kind: 'truth' }, wanted: boolean): Conjunction {
  const { operand } = condition;
  if (isReference(operand)) return [{ kind: 'equal', reference: operand, value: wanted }];
  if (operand.kind === 'literal') return operand.value === wanted ? [] : NEVER;
  return [{ kind: 'opaque', condition: wanted ? condition : { kind: 'not', condition, span: condition.span } }];
}

/** `a > 1 AND a < 5` becomes one interval; `undefined` when it is empty. */
function mergeRanges(tests: Conjunction): Conjunction | undefined {
  let merged: Test[] | undefined;
  const first = new Map<string, number>();
  for (const [i, test] of tests.entries()) {
    if (test.kind !== 'range') {
      merged?.push(test);
      continue;
    }
    const name = printReference(test.reference);
    const at = first.get(name);
    if (at === undefined) {
      first.set(name, merged?.length ?? i);
      merged?.push(test);
      continue;
    }
    merged ??= tests.slice(0, i);
    const other = merged[at] as RangeTest;
    const low = Math.max(other.low, test.low);
    const high = Math.min(other.high, test.high);
    if (low > high) return undefined;
    merged[at] = { ...other, low, high };
  }
  return merged ?? tests;
}

function isReference(operand: { readonly kind: string }): operand is Reference {
  return operand.kind === 'data' || operand.kind === 'attribute' || operand.kind === 'envelope';
}
