import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type ClauseExplanation,
  type Condition,
  evaluate,
  explainFilter,
  type MatchableEvent,
  parsePredicate,
  printCondition,
} from '../../../matcher/index.ts';
import { arbitraryCondition, arbitraryEvent } from '../../support/arbitrary-predicates.ts';

const shownMax = 120;

it('explain gives each clause the verdict that evaluate gives it alone, and its text', () => {
  fc.assert(
    fc.property(arbitraryCondition({ depthMax: 4 }), arbitraryEvent(), (condition, event) => {
      const when = printCondition(condition);
      fc.pre(when.length <= 8192);
      const { predicate } = explainFilter(event, { topic: '#', when });
      expectExplained(predicate, parsePredicate(when), event);
    }),
    { numRuns: 2000 },
  );
});

function expectExplained(clause: ClauseExplanation | undefined, condition: Condition, event: MatchableEvent): void {
  const text = printCondition(condition);
  expect(clause?.verdict, text).toBe(String(evaluate(condition, event) ?? 'unknown'));
  const shown = clause?.text.replace(/…$/, '') ?? '';
  expect(text.slice(0, shown.length)).toBe(shown);
  expect(shown.length).toBeGreaterThanOrEqual(Math.min(text.length, shownMax - 1));
  const parts =
    condition.kind === 'and' || condition.kind === 'or'
      ? condition.conditions
      : condition.kind === 'not'
        ? [condition.condition]
        : [];
  expect(clause?.clauses).toHaveLength(parts.length);
  for (const [i, part] of parts.entries()) expectExplained(clause?.clauses[i], part, event);
}
