import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FilterError } from '../../../matcher/filter-error.ts';
import type { Condition } from '../../../matcher/language/ast.ts';
import { evaluate } from '../../../matcher/language/evaluate.ts';
import { normalise } from '../../../matcher/language/normalise.ts';
import { parsePredicate } from '../../../matcher/language/parse.ts';
import { printCondition, sameCondition } from '../../../matcher/language/print.ts';
import { arbitraryCondition, arbitraryEvent } from '../../support/arbitrary-predicates.ts';

const runs = { numRuns: 2000 };

/** Pieces of which both spellings, and most of what they leave out, can be put together. */
const fragments = [
  ...['a', 'b.c', 'tags[0]', "room['x y']", '$attr.x', '$topic', '$data.in', '$data', '$nope', 'this', 'é'],
  ...['1', '-1', '0.5', '1e9', '1e999', '.5', '5.', '0x1', "'s'", '"s"', "'it''s'", "'\\u00e9'", "'\\'", "'", '"'],
  ...['true', 'FALSE', 'null', 'AND', 'and', '&&', 'OR', '||', 'NOT', '!', '=', '==', '===', '!=', '<>', '<', '>='],
  ...['+', '-', '*', '/', '%', 'BETWEEN', 'IN', 'NOT IN', 'LIKE', 'ESCAPE', 'IS', 'IS NULL', 'IS NOT NULL', 'EXISTS'],
  ...['(', ')', '[', ']', ',', '.', ';', '?', ':', '?.', '`', '{', '}', '&', '|', '~', '^', '**', '=>', '--', '//'],
  ...[
    'startsWith(',
    'contains(a, ',
    'f(',
    'new',
    'typeof',
    '\f',
    '\n',
    '\u00a0',
    '\u2028',
    '😀',
    '\ud800',
    '\u0000',
    '∅',
  ],
];

/** What parsing gives: a condition or a coded refusal. Anything else thrown fails the test. */
function parseOrRefuse(text: string): Condition | FilterError {
  try {
    return parsePredicate(text);
  } catch (error) {
    if (error instanceof FilterError) return error;
    throw error;
  }
}

function expectSane(text: string): void {
  const outcome = parseOrRefuse(text);
  if (outcome instanceof FilterError) {
    expect(outcome.text).toBe(text);
    expect(outcome.offset).toBeGreaterThanOrEqual(0);
    expect(outcome.offset).toBeLessThanOrEqual(text.length);
    return;
  }
  expect(sameCondition(parsePredicate(printCondition(outcome)), outcome)).toBe(true);
  expectSpans(outcome, text);
}

/** Every span lies inside its parent's, and its piece of the text means the node itself. */
function expectSpans(condition: Condition, text: string): void {
  const { start, end } = condition.span;
  const piece = text.slice(start, end);
  expect(sameCondition(parsePredicate(piece), condition), `${JSON.stringify(text)}: ${JSON.stringify(piece)}`).toBe(
    true,
  );
  const children =
    condition.kind === 'and' || condition.kind === 'or'
      ? condition.conditions
      : condition.kind === 'not'
        ? [condition.condition]
        : [];
  for (const child of children) {
    expect(child.span.start).toBeGreaterThanOrEqual(start);
    expect(child.span.end).toBeLessThanOrEqual(end);
    expectSpans(child, text);
  }
}

describe('parse and print', () => {
  it('give back the same tree', () => {
    fc.assert(
      fc.property(arbitraryCondition(), (condition) => {
        const text = printCondition(condition);
        const parsed = parsePredicate(text, { atomsMax: 10_000, literalsMax: 10_000, charactersMax: 16_384 });
        expect(sameCondition(parsed, condition), text).toBe(true);
        expect(printCondition(parsed)).toBe(text);
        expectSpans(parsed, text);
      }),
      runs,
    );
  });

  it('tell different trees apart', () => {
    fc.assert(
      fc.property(arbitraryCondition({ depthMax: 1 }), arbitraryCondition({ depthMax: 1 }), (left, right) => {
        expect(printCondition(left) === printCondition(right)).toBe(sameCondition(left, right));
      }),
      runs,
    );
  });
});

describe('normalise', () => {
  it('keeps the verdict on every event, all three values of it', () => {
    fc.assert(
      fc.property(
        arbitraryCondition(),
        fc.array(arbitraryEvent(), { minLength: 1, maxLength: 8 }),
        (condition, events) => {
          const normal = normalise(condition);
          for (const event of events)
            expect(evaluate(normal, event), printCondition(normal)).toBe(evaluate(condition, event));
        },
      ),
      runs,
    );
  });

  it('keeps the verdict of the negation', () => {
    fc.assert(
      fc.property(arbitraryCondition(), arbitraryEvent(), (condition, event) => {
        const negation: Condition = { kind: 'not', condition, span: condition.span };
        expect(evaluate(normalise(negation), event)).toBe(evaluate(negation, event));
      }),
      runs,
    );
  });

  it('is idempotent, and its text parses back to it', () => {
    fc.assert(
      fc.property(arbitraryCondition(), (condition) => {
        const normal = normalise(condition);
        expect(sameCondition(normalise(normal), normal), printCondition(normal)).toBe(true);
        const limits = { atomsMax: 10_000, literalsMax: 10_000, charactersMax: 16_384 };
        expect(sameCondition(parsePredicate(printCondition(normal), limits), normal), printCondition(normal)).toBe(
          true,
        );
      }),
      runs,
    );
  });

  it('leaves NOT only above what has no negated form, and neither BETWEEN nor nesting of one kind', () => {
    fc.assert(
      fc.property(arbitraryCondition(), (condition) => expectNormal(normalise(condition), undefined)),
      runs,
    );
  });

  it('does not depend on the order of the parts', () => {
    fc.assert(
      fc.property(fc.array(arbitraryCondition({ depthMax: 2 }), { minLength: 2, maxLength: 4 }), (conditions) => {
        const span = { start: 0, end: 0 };
        const forwards = normalise({ kind: 'and', conditions, span });
        const backwards = normalise({ kind: 'and', conditions: [...conditions].reverse(), span });
        expect(printCondition(backwards)).toBe(printCondition(forwards));
      }),
      runs,
    );
  });
});

function expectNormal(condition: Condition, parent: 'and' | 'or' | undefined): void {
  expect(condition.kind).not.toBe('between');
  if (condition.kind === 'and' || condition.kind === 'or') {
    expect(condition.kind).not.toBe(parent);
    expect(condition.conditions.length).toBeGreaterThan(1);
    for (const child of condition.conditions) expectNormal(child, condition.kind);
  } else if (condition.kind === 'not') {
    expect(['text', 'exists', 'truth']).toContain(condition.condition.kind);
  } else if (condition.kind === 'compare') {
    const isUnknownConstant = condition.right.kind === 'literal' && condition.right.value === true;
    expect(condition.left.kind !== 'literal' || isUnknownConstant).toBe(true);
  }
}

describe('evaluate', () => {
  it('gives every verdict often enough for the properties above to mean something', () => {
    const verdicts = fc
      .sample(fc.tuple(arbitraryCondition({ depthMax: 1 }), arbitraryEvent()), { numRuns: 3000, seed: 1 })
      .map(([condition, event]) => evaluate(condition, event));
    for (const verdict of [true, false, undefined]) {
      expect(verdicts.filter((each) => each === verdict).length).toBeGreaterThan(300);
    }
  });

  it('follows Kleene: NOT swaps true and false, and De Morgan holds', () => {
    fc.assert(
      fc.property(
        arbitraryCondition({ depthMax: 1 }),
        arbitraryCondition({ depthMax: 1 }),
        arbitraryEvent(),
        (a, b, event) => {
          const span = { start: 0, end: 0 };
          const not = (condition: Condition): Condition => ({ kind: 'not', condition, span });
          const both = evaluate(not({ kind: 'and', conditions: [a, b], span }), event);
          expect(both).toBe(evaluate({ kind: 'or', conditions: [not(a), not(b)], span }, event));
          const verdict = evaluate(a, event);
          expect(evaluate(not(a), event)).toBe(verdict === undefined ? undefined : !verdict);
        },
      ),
      runs,
    );
  });
});

describe('hostile text', () => {
  it('gives a condition or a FilterError with an offset inside the text', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...fragments), { maxLength: 14 }), (parts) => expectSane(parts.join(' '))),
      { numRuns: 20_000 },
    );
  });

  it('is no different without spaces between the pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...fragments), { maxLength: 10 }), (parts) => expectSane(parts.join(''))),
      { numRuns: 10_000 },
    );
  });

  it('is no different if it is random characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => expectSane(text)),
      { numRuns: 5000 },
    );
  });

  it('is no different if one piece of a good predicate is damaged', () => {
    fc.assert(
      fc.property(
        arbitraryCondition(),
        fc.nat(),
        fc.nat({ max: 3 }),
        fc.constantFrom(...fragments),
        (condition, at, drop, piece) => {
          const text = printCondition(condition).slice(0, 4000);
          const offset = at % (text.length + 1);
          expectSane(text.slice(0, offset) + piece + text.slice(offset + drop));
        },
      ),
      runs,
    );
  });
});
