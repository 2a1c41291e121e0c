import type { JsonValue, MatchableEvent } from '../event.ts';
import type { Atom, Comparison, Operand } from '../language/ast.ts';
import { evaluateOperand } from '../language/values.ts';

/** How far a number was from making a false test true, and where it stood. */
export interface Miss {
  /** Below the lower limit, above the upper one, beside what was wanted, or inside of what was not. */
  readonly where: 'short' | 'over' | 'off' | 'inside';
  /** Finite, 0 or more; 0 where it is exactly a limit that is left out. */
  readonly by: number;
}

/** @param condition Is false for the event. `undefined`: it does not compare numbers, or no distance says how. */
export function missOf(condition: Atom, event: MatchableEvent): Miss | undefined {
  switch (condition.kind) {
    case 'compare': {
      const { left, right, operator } = condition;
      const [actual, wanted] = [numberOf(left, event), numberOf(right, event)];
      if (actual === undefined || wanted === undefined || operator === '<>') return undefined;
      return miss(whereOf(operator), actual - wanted);
    }
    case 'between': {
      const value = numberOf(condition.value, event);
      const [low, high] = [numberOf(condition.low, event), numberOf(condition.high, event)];
      if (value === undefined || low === undefined || high === undefined) return undefined;
      if (condition.negated) return miss('inside', Math.min(value - low, high - value));
      return value < low ? miss('short', low - value) : miss('over', value - high);
    }
    case 'in': {
      const value = numberOf(condition.value, event);
      if (value === undefined || condition.negated) return undefined;
      let least = Number.POSITIVE_INFINITY;
      for (const literal of condition.literals) {
        if (typeof literal === 'number') least = Math.min(least, Math.abs(value - literal));
      }
      return miss('off', least);
    }
    default:
      return undefined;
  }
}

/** The end of a sentence about it. */
export function printMiss({ where, by }: Miss): string {
  if (by === 0) return '; it is exactly the limit';
  return `; ${where} by ${by}`;
}

function whereOf(operator: Exclude<Comparison, '<>'>): Miss['where'] {
  if (operator === '=') return 'off';
  return operator === '>' || operator === '>=' ? 'short' : 'over';
}

function miss(where: Miss['where'], difference: number): Miss | undefined {
  // Twelve digits hide the rounding of the subtraction.
  const by = Number(Math.abs(difference).toPrecision(12));
  return Number.isFinite(by) ? { where, by } : undefined;
}

function numberOf(operand: Operand, event: MatchableEvent): number | undefined {
  const value: JsonValue | undefined = evaluateOperand(operand, event);
  return typeof value === 'number' && !Number.isNaN(value) ? value : undefined;
}
