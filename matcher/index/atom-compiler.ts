import type { MatchableEvent } from '../event.ts';
import type { Condition } from '../language/ast.ts';
import { evaluate } from '../language/evaluate.ts';
import { compileLike } from '../language/like.ts';
import { compileTextTest } from '../language/search.ts';
import { evaluateOperand, isAbsent } from '../language/values.ts';

/**
 * Is the condition true of an event? As `evaluate`, but patterns are compiled once, and lists are looked up. Everything
 * else is evaluated as it stands: it is asked at most once per event.
 */
export function compileAtom(condition: Condition): (event: MatchableEvent) => boolean {
  switch (condition.kind) {
    case 'in': {
      const { value: operand, negated } = condition;
      const members = new Set<unknown>(condition.literals);
      return (event) => {
        const value = evaluateOperand(operand, event);
        return !isAbsent(value) && members.has(value) !== negated;
      };
    }
    case 'like': {
      const { value: operand, negated } = condition;
      const isLike = compileLike(condition.pattern, condition.escape);
      return (event) => {
        const value = evaluateOperand(operand, event);
        return typeof value === 'string' && isLike(value) !== negated;
      };
    }
    case 'text': {
      const { value: operand } = condition;
      const holds = compileTextTest(condition.test, condition.literal);
      return (event) => {
        const value = evaluateOperand(operand, event);
        return typeof value === 'string' && holds(value);
      };
    }
    case 'not': {
      if (condition.condition.kind !== 'text') break;
      const { value: operand, test, literal } = condition.condition;
      const holds = compileTextTest(test, literal);
      return (event) => {
        const value = evaluateOperand(operand, event);
        return typeof value === 'string' && !holds(value);
      };
    }
  }
  return (event) => evaluate(condition, event) === true;
}
