import type { JsonValue, MatchableEvent } from '../event.ts';
import type { Comparison, Condition, Group, Operand, Verdict } from './ast.ts';
import { compileLike } from './like.ts';
import { compileTextTest } from './search.ts';
import { evaluateOperand, isAbsent, isList, readReference } from './values.ts';

/**
 * The meaning of a condition, said as plainly as possible: slow and obvious, the oracle that the index is tested
 * against. Three-valued after Kleene, `undefined` being *unknown*. Walks the whole tree for each event. Never throws.
 *
 * A missing or null operand makes a condition unknown, save for `IS NULL` and `EXISTS`, which never are.
 */
export function evaluate(condition: Condition, event: MatchableEvent): Verdict {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return combine(
        condition.kind,
        condition.conditions.map((child) => evaluate(child, event)),
      );
    case 'not':
      return combine(condition.kind, [evaluate(condition.condition, event)]);
    case 'compare':
      return compareValues(
        condition.operator,
        evaluateOperand(condition.left, event),
        evaluateOperand(condition.right, event),
      );
    case 'between': {
      const value = evaluateOperand(condition.value, event);
      const inside = all([
        compareValues('>=', value, evaluateOperand(condition.low, event)),
        compareValues('<=', value, evaluateOperand(condition.high, event)),
      ]);
      return condition.negated ? not(inside) : inside;
    }
    case 'in': {
      const verdict = isAmong(evaluateOperand(condition.value, event), condition.literals);
      return condition.negated ? not(verdict) : verdict;
    }
    case 'element': {
      const array = readReference(condition.array, event);
      const verdict = isList(array) ? isAmong(evaluateOperand(condition.value, event), array) : undefined;
      return condition.negated ? not(verdict) : verdict;
    }
    case 'like': {
      const verdict = testText(condition.value, event, compileLike(condition.pattern, condition.escape));
      return condition.negated ? not(verdict) : verdict;
    }
    case 'text':
      return testText(condition.value, event, compileTextTest(condition.test, condition.literal));
    case 'isNull':
      return isAbsent(readReference(condition.reference, event)) !== condition.negated;
    case 'exists':
      return readReference(condition.reference, event) !== undefined;
    case 'truth': {
      const value = evaluateOperand(condition.operand, event);
      return typeof value === 'boolean' ? value : undefined;
    }
  }
}

/**
 * One comparison without coercion: unknown if a side is missing or null. `=` is true for equal scalars of one type and
 * false otherwise, so that a JSON array or object equals nothing; `<>` is its opposite. The ordering operators want two
 * numbers or two strings (these by UTF-16 code unit) and are unknown on anything else.
 */
export function compareValues(
  operator: Comparison,
  left: JsonValue | undefined,
  right: JsonValue | undefined,
): Verdict {
  if (isAbsent(left) || isAbsent(right)) return undefined;
  if (operator === '=') return isSameScalar(left, right);
  if (operator === '<>') return !isSameScalar(left, right);
  if (typeof left === 'number' && typeof right === 'number') return isOrdered(operator, left, right);
  if (typeof left === 'string' && typeof right === 'string') return isOrdered(operator, left, right);
  return undefined;
}

/** Kleene's AND and OR of any number of verdicts, and his NOT of one. */
export function combine(kind: Group['kind'], verdicts: readonly Verdict[]): Verdict {
  switch (kind) {
    case 'and':
      return all(verdicts);
    case 'or':
      return not(all(verdicts.map(not)));
    case 'not':
      return not(verdicts[0]);
  }
}

/** Kleene's NOT. */
function not(verdict: Verdict): Verdict {
  return verdict === undefined ? undefined : !verdict;
}

/** Kleene's AND over any number of verdicts. */
function all(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes(false)) return false;
  return verdicts.includes(undefined) ? undefined : true;
}

function isSameScalar(left: JsonValue, right: JsonValue): boolean {
  return typeof left !== 'object' && left === right;
}

function isOrdered<T extends number | string>(operator: '<' | '<=' | '>' | '>=', left: T, right: T): boolean {
  switch (operator) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}

/** OR of `value = member`. Unknown for a missing or null value even if there is no member. */
function isAmong(value: JsonValue | undefined, members: readonly JsonValue[]): Verdict {
  if (isAbsent(value)) return undefined;
  return not(all(members.map((member) => not(compareValues('=', value, member)))));
}

function testText(operand: Operand, event: MatchableEvent, test: (text: string) => boolean): Verdict {
  const value = evaluateOperand(operand, event);
  return typeof value === 'string' ? test(value) : undefined;
}
