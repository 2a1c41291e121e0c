/**
 * Why a clause came out as it did, in one short sentence.
 */
import type { JsonValue, MatchableEvent } from '../event.ts';
import type { Atom, Comparison, Condition, Group, Operand, Verdict } from '../language/ast.ts';
import { printOperand, printReference } from '../language/print.ts';
import { evaluateOperand, isAbsent, readReference } from '../language/values.ts';
import { nameOf } from './clause-verdict.ts';
import { type Miss, printMiss } from './miss.ts';
import { shorten, show, typeOf } from './observed-value.ts';

/** @param parts The verdicts of what AND or OR joins; of NOT, its one part's. */
export function reasonForGroup(kind: Group['kind'], verdict: Verdict, parts: readonly Verdict[]): string {
  if (kind === 'not') return `the negated condition is ${nameOf(parts[0])}`;
  const all = parts.length;
  const same = parts.filter((part) => part === verdict).length;
  if (same === all) return `all ${all} parts are ${nameOf(verdict)}`;
  return `${same} of ${all} parts ${same === 1 ? 'is' : 'are'} ${nameOf(verdict)}`;
}

/** @param miss How far it failed, if it did. */
export function reasonForAtom(
  condition: Atom,
  { verdict, miss }: { readonly verdict: Verdict; readonly miss: Miss | undefined },
  event: MatchableEvent,
): string {
  const reason = reasonForVerdict(condition, verdict, event);
  return miss === undefined ? reason : `${reason}${printMiss(miss)}`;
}

function reasonForVerdict(condition: Atom, verdict: Verdict, event: MatchableEvent): string {
  switch (condition.kind) {
    case 'compare':
      return reasonForComparison(condition, verdict, event);
    case 'isNull':
    case 'exists':
      return state(condition.reference, event);
    case 'truth':
      return verdict === undefined
        ? `${state(condition.operand, event)}, which is not a boolean, so the condition is unknown`
        : state(condition.operand, event);
    case 'element':
      return reasonForElement(condition, verdict, event);
    default:
      return reasonForValue(condition, verdict, event);
  }
}

type ValueTest = Condition & { readonly kind: 'between' | 'in' | 'like' | 'text' };

function reasonForComparison(
  condition: Condition & { kind: 'compare' },
  verdict: Verdict,
  event: MatchableEvent,
): string {
  const { left, right, operator } = condition;
  const actual = evaluateOperand(left, event);
  const wanted = evaluateOperand(right, event);
  if (isAbsent(actual) || isAbsent(wanted)) {
    return `${state(isAbsent(actual) ? left : right, event)}, so the comparison is unknown`;
  }
  const limit = right.kind === 'literal' ? show(wanted) : `${shorten(printOperand(right))} (${show(wanted)})`;
  if (verdict === undefined) {
    const types = `${article(typeOf(actual))} against ${article(typeOf(wanted))}`;
    return `${state(left, event)}: ${types} has no order, so the comparison is unknown`;
  }
  if (verdict) return `${state(left, event)}, which is ${operator} ${limit}`;
  return `${state(left, event)}, which is not ${operator} ${limit}${unlike(operator, actual, wanted)}`;
}

/** Why a comparison of two types is false. */
function unlike(operator: Comparison, actual: JsonValue, wanted: JsonValue): string {
  if (typeOf(actual) === typeOf(wanted) || operator === '<>') return '';
  return `: ${article(typeOf(actual))} never equals ${article(typeOf(wanted))}`;
}

function reasonForElement(condition: Condition & { kind: 'element' }, verdict: Verdict, event: MatchableEvent): string {
  const array = readReference(condition.array, event);
  if (!Array.isArray(array)) return `${state(condition.array, event)}, not an array, so the condition is unknown`;
  const is = state(condition.value, event);
  if (verdict === undefined) return `${is}, so the condition is unknown`;
  return `${is}, which is ${verdict === condition.negated ? 'not ' : ''}in ${printReference(condition.array)}, an ${show(array)}`;
}

function reasonForValue(condition: ValueTest, verdict: Verdict, event: MatchableEvent): string {
  const value = evaluateOperand(condition.value, event);
  const is = state(condition.value, event);
  if (isAbsent(value)) return `${is}, so the condition is unknown`;
  const wantsText = condition.kind === 'like' || condition.kind === 'text';
  if (wantsText && typeof value !== 'string') return `${is}, which is not a string, so the condition is unknown`;
  if (verdict === undefined) return `${is}, which cannot be compared with both bounds, so the condition is unknown`;
  switch (condition.kind) {
    case 'between': {
      const bounds = `${shorten(printOperand(condition.low))} and ${shorten(printOperand(condition.high))}`;
      return `${is}, which is ${verdict === condition.negated ? 'not ' : ''}between ${bounds}`;
    }
    case 'in':
      return `${is}, which is ${verdict === condition.negated ? 'not ' : ''}one of the ${condition.literals.length} listed`;
    case 'like':
      return `${is}, which ${verdict === condition.negated ? 'does not fit' : 'fits'} the pattern`;
    case 'text': {
      const words = { startsWith: 'start with', endsWith: 'end with', contains: 'contain' }[condition.test];
      return `${is}, which does ${verdict ? '' : 'not '}${words} ${show(condition.literal)}`;
    }
  }
}

/** `temperature is 28.4`, `humidity is missing`. */
function state(operand: Operand, event: MatchableEvent): string {
  const value = evaluateOperand(operand, event);
  const name = shorten(printOperand(operand));
  if (value === undefined) {
    return operand.kind === 'arithmetic' || operand.kind === 'negate' ? `${name} has no value` : `${name} is missing`;
  }
  return `${name} is ${isAbsent(value) ? 'null' : show(value)}`;
}

function article(type: string): string {
  return /^[ao]/.test(type) ? `an ${type}` : `a ${type}`;
}
