import type { JsonValue, MatchableEvent } from '../event.ts';
import type { Condition, Operand, Verdict } from './ast.ts';
import { combine, compareValues } from './evaluate.ts';
import { compileLike } from './like.ts';
import { compileTextTest } from './search.ts';
import { evaluateOperand, isAbsent, isList, readReference } from './values.ts';

/** Says of one event what a condition comes to. Never throws, keeps nothing. */
export type Judge = (event: MatchableEvent) => Verdict;

/**
 * A condition as a function: says what `evaluate` says, and looks at the tree once, not at each event. For one condition
 * over many events, where the index is the wrong way round: tens of nanoseconds for an atom.
 */
export function compileCondition(condition: Condition): Judge {
  switch (condition.kind) {
    case 'and':
      return every(condition.conditions.map(compileCondition));
    case 'or':
      return some(condition.conditions.map(compileCondition));
    case 'not':
      return not(compileCondition(condition.condition));
    case 'compare': {
      const { operator } = condition;
      const [left, right] = [readerOf(condition.left), readerOf(condition.right)];
      return (event) => compareValues(operator, left(event), right(event));
    }
    case 'between': {
      const [value, low, high] = [readerOf(condition.value), readerOf(condition.low), readerOf(condition.high)];
      const inside: Judge = (event) => {
        const present = value(event);
        return combine('and', [compareValues('>=', present, low(event)), compareValues('<=', present, high(event))]);
      };
      return condition.negated ? not(inside) : inside;
    }
    case 'in': {
      const value = readerOf(condition.value);
      const members = new Set<JsonValue>(condition.literals);
      const isIn: Judge = (event) => {
        const present = value(event);
        return isAbsent(present) ? undefined : members.has(present);
      };
      return condition.negated ? not(isIn) : isIn;
    }
    case 'element': {
      const value = readerOf(condition.value);
      const { array } = condition;
      const isIn: Judge = (event) => {
        const list = readReference(array, event);
        return isList(list) ? isAmong(value(event), list) : undefined;
      };
      return condition.negated ? not(isIn) : isIn;
    }
    case 'like': {
      const like = textTest(condition.value, compileLike(condition.pattern, condition.escape));
      return condition.negated ? not(like) : like;
    }
    case 'text':
      return textTest(condition.value, compileTextTest(condition.test, condition.literal));
    case 'isNull': {
      const { reference, negated } = condition;
      return (event) => isAbsent(readReference(reference, event)) !== negated;
    }
    case 'exists': {
      const { reference } = condition;
      return (event) => readReference(reference, event) !== undefined;
    }
    case 'truth': {
      const value = readerOf(condition.operand);
      return (event) => {
        const present = value(event);
        return typeof present === 'boolean' ? present : undefined;
      };
    }
  }
}

function every(judges: readonly Judge[]): Judge {
  return (event) => {
    let verdict: Verdict = true;
    for (const judge of judges) {
      const one = judge(event);
      if (one === false) return false;
      if (one === undefined) verdict = undefined;
    }
    return verdict;
  };
}

function some(judges: readonly Judge[]): Judge {
  return (event) => {
    let verdict: Verdict = false;
    for (const judge of judges) {
      const one = judge(event);
      if (one === true) return true;
      if (one === undefined) verdict = undefined;
    }
    return verdict;
  };
}

function not(judge: Judge): Judge {
  return (event) => {
    const verdict = judge(event);
    return verdict === undefined ? undefined : !verdict;
  };
}

function readerOf(operand: Operand): (event: MatchableEvent) => JsonValue | undefined {
  switch (operand.kind) {
    case 'literal': {
      const { value } = operand;
      return () => value;
    }
    case 'arithmetic':
    case 'negate':
      return (event) => evaluateOperand(operand, event);
    default:
      return (event) => readReference(operand, event);
  }
}

/** OR of `value = member`, as `v IN field` wants it: unknown for a missing value, or where a member is null. */
function isAmong(value: JsonValue | undefined, members: readonly JsonValue[]): Verdict {
  if (isAbsent(value)) return undefined;
  let verdict: Verdict = false;
  for (const member of members) {
    const same = compareValues('=', value, member);
    if (same === true) return true;
    if (same === undefined) verdict = undefined;
  }
  return verdict;
}

function textTest(operand: Operand, test: (text: string) => boolean): Judge {
  const value = readerOf(operand);
  return (event) => {
    const present = value(event);
    return typeof present === 'string' ? test(present) : undefined;
  };
}
