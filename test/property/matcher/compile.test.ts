import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileFilter, FilterError, type PredicateLimits, parsePredicate } from '../../../matcher/index.ts';
import { normalise } from '../../../matcher/language/normalise.ts';
import { printCondition } from '../../../matcher/language/print.ts';
import { readTokens } from '../../../matcher/language/tokens.ts';
import { arbitraryCondition } from '../../support/arbitrary-predicates.ts';

const wide: PredicateLimits = { charactersMax: 16_384, depthMax: 256, atomsMax: 10_000, literalsMax: 10_000 };

/** What compiling shows, places in the text apart; or how it was refused. */
function outcomeOf(when: string, limits?: Partial<PredicateLimits>): unknown {
  try {
    const { tests, hash, cost, key } = compileFilter({ topic: 'a', when }, limits);
    return { tests: withoutSpans(tests), hash, cost, key };
  } catch (error) {
    return refusalOf(error);
  }
}

/**
 * As {@link outcomeOf}, from the tree of the whole text. No-break space is white space to the language, and one of the
 * characters that keep a text from being recognised by its shape.
 */
function plainOutcomeOf(when: string, limits?: Partial<PredicateLimits>): unknown {
  try {
    parsePredicate(when, limits);
  } catch (error) {
    return refusalOf(error);
  }
  const roomier = { ...limits, charactersMax: 16_384 };
  return outcomeOf(`\u00a0${when}`, roomier);
}

function refusalOf(error: unknown): unknown {
  if (!(error instanceof FilterError)) throw error;
  const { code, message, offset, text } = error;
  return { code, message, offset, text };
}

function withoutSpans(value: unknown): unknown {
  return value === undefined
    ? undefined
    : JSON.parse(JSON.stringify(value, (name, part: unknown) => (name === 'span' ? undefined : infinite(part))));
}

/** JSON knows no infinity, and every range has one. */
function infinite(part: unknown): unknown {
  return typeof part === 'number' && !Number.isFinite(part) ? String(part) : part;
}

const arbitraryString = fc.oneof(
  fc.constantFrom("''", "'a'", '"b"', "'it''s'", '"say ""so"""', "'x\\ny'", "'\\u00e9'", "'\\u{1F600}'", "'😀'", "'é'"),
  fc.constantFrom(
    "'\\''",
    "'\\\\'",
    "'50\\%'",
    "'a%'",
    "'%a_b%'",
    "'!%'",
    "'\\'",
    "'!'",
    "'AND'",
    "' OR '",
    "')'",
    "'null'",
  ),
  fc.constantFrom("'a'' AND ''b'", "'-1'", `'${'_a'.repeat(40)}%'`, `'%${'_a'.repeat(40)}%'`, "'a\u0000b'", "'\ud800'"),
  fc.string({ maxLength: 5, unit: 'binary' }).map((text) => `'${text}'`),
);
const arbitraryNumber = fc.oneof(
  fc.constantFrom(
    '0',
    '-0',
    '0.0',
    '1',
    '1.0',
    '-1',
    '- 1',
    '5',
    '.5',
    '5.',
    '-.5',
    '0.1',
    '9.99',
    '20',
    '1e3',
    '1e999',
  ),
  fc.constantFrom(
    '1e-400',
    '9007199254740993',
    '0.1234567890123456789',
    `1${'0'.repeat(320)}`,
    `0.${'0'.repeat(320)}1`,
    '0x1',
  ),
  fc.integer({ min: -20, max: 20 }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }).map(String),
);
const arbitraryOther = fc.constantFrom('TRUE', 'false', 'NULL', 'null', 'a', 'AND', '(1)', '1, 2', "'a', -1", '', '-');

/** The text with its literals exchanged for others, mostly of their kind. */
function refilled(text: string): fc.Arbitrary<string> {
  let end = 0;
  const parts: fc.Arbitrary<string>[] = [];
  for (const token of readTokens(text)) {
    if (token.kind !== 'literal') continue;
    parts.push(fc.constant(text.slice(end, token.start)));
    const own = fc.constant(text.slice(token.start, token.end));
    const alike =
      typeof token.value === 'string' ? arbitraryString : typeof token.value === 'number' ? arbitraryNumber : own;
    parts.push(
      fc.oneof(
        { weight: 8, arbitrary: own },
        { weight: 24, arbitrary: alike },
        { weight: 1, arbitrary: fc.oneof(arbitraryString, arbitraryNumber, arbitraryOther) },
      ),
    );
    end = token.end;
  }
  return fc.tuple(...parts, fc.constant(text.slice(end))).map((pieces) => pieces.join(''));
}

const arbitrarySeries = arbitraryCondition({ depthMax: 2 }).chain((condition) => {
  const text = printCondition(condition);
  // Clauses are known from the second time on.
  return fc.tuple(
    fc.constant(text),
    fc.constant(text),
    refilled(text),
    refilled(text),
    refilled(text),
    fc.constant(text),
  );
});

/** Pieces that, joined, are often nearly a predicate. */
const fragments = [
  ...['a', 'b.c', 'tags[0]', "room['x y']", 'tags [1]', '$attr.x', 'é', 'a.and', 'order', 'android', 'a.between'],
  ...['1', '-1', '- 1', '0.5', '.5', '1e9', "'s'", '"s"', "'it''s'", "'\\u00e9'", "'", '"', 'true', 'NULL'],
  ...['AND', 'and', '&&', 'OR', '||', 'NOT', '!', '=', '<>', '<', '>=', '+', '-', '*', '&', '|', '&&='],
  ...['BETWEEN', 'BETWEEN 1 AND 2', 'IN (1, 2)', "IN ('a','b', -3)", 'IN [1, 2]', 'NOT IN (', 'LIKE', "LIKE 'a%'"],
  ...["ESCAPE '\\'", "ESCAPE '!'", 'IS NULL', 'EXISTS', '(', ')', '[', ']', ',', '.', ';', '\n', '\u00a0'],
  ...[
    'a = 1',
    "b = 'x'",
    'a > 1',
    "startsWith(a, 'xyz')",
    "contains(b, 'y')",
    'a = 1 AND',
    'AND b > 2',
    '(a = 1 OR b = 2)',
  ],
];

const runs = { numRuns: 1000 };

describe('compiling by shape', () => {
  it('gives what compiling the whole gives, whatever literals were there before', () => {
    fc.assert(
      fc.property(arbitrarySeries, (texts) => {
        for (const text of texts) expect(outcomeOf(text), text).toEqual(plainOutcomeOf(text));
      }),
      runs,
    );
  });

  it('gives what compiling the whole gives, within limits that are nearly too small', () => {
    const arbitraryLimits = fc.record({
      charactersMax: fc.constantFrom(60, 16_384),
      depthMax: fc.integer({ min: 1, max: 5 }),
      atomsMax: fc.integer({ min: 1, max: 5 }),
      literalsMax: fc.integer({ min: 1, max: 8 }),
    });
    fc.assert(
      fc.property(arbitrarySeries, arbitraryLimits, (texts, limits) => {
        for (const text of texts) {
          expect(outcomeOf(text, limits), text).toEqual(plainOutcomeOf(text, limits));
          outcomeOf(text, wide);
        }
      }),
      runs,
    );
  });

  it.each([' ', ''])('refuses what is no predicate as the parser does, with pieces joined by "%s"', (joint) => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...fragments), { minLength: 1, maxLength: 10 }), (pieces) => {
        const text = pieces.join(joint);
        outcomeOf(text);
        expect(outcomeOf(text), text).toEqual(plainOutcomeOf(text));
      }),
      { numRuns: 6000 },
    );
  });

  it('refuses a predicate that was damaged as the parser does', () => {
    fc.assert(
      fc.property(
        arbitraryCondition({ depthMax: 2 }),
        fc.nat(),
        fc.nat({ max: 3 }),
        fc.constantFrom(...fragments),
        (condition, at, drop, piece) => {
          const whole = printCondition(condition);
          const offset = at % (whole.length + 1);
          const text = whole.slice(0, offset) + piece + whole.slice(offset + drop);
          outcomeOf(whole);
          expect(outcomeOf(whole), whole).toEqual(plainOutcomeOf(whole));
          expect(outcomeOf(text), text).toEqual(plainOutcomeOf(text));
        },
      ),
      runs,
    );
  });
});

describe('the hash of a filter', () => {
  it('is that of its normal form, and so equal for equal keys', () => {
    fc.assert(
      fc.property(arbitraryCondition(), (condition) => {
        const filter = { topic: 'a', when: printCondition(condition) };
        const normal = { topic: 'a', when: printCondition(normalise(condition)) };
        const [written, brought] = [compileFilter(filter, wide), compileFilter(normal, wide)];
        expect(brought.key).toBe(written.key);
        expect(brought.hash, normal.when).toBe(written.hash);
        expect(brought.cost).toBe(written.cost);
      }),
      { numRuns: 2500 },
    );
  });

  it('is that of its normal form where two tests are about a value that is reckoned', () => {
    const when = "-x IN ('') OR -x = 10";
    const normal = printCondition(normalise(parsePredicate(when)));
    expect(compileFilter({ topic: 'a', when: normal }).hash).toBe(compileFilter({ topic: 'a', when }).hash);
  });

  it('differs for filters that differ', () => {
    const hashes = new Set<number>();
    const keys = new Set<string>();
    for (const when of fc.sample(arbitraryCondition({ depthMax: 1 }).map(printCondition), { numRuns: 3000, seed: 1 })) {
      const { hash, key, tests } = compileFilter({ topic: 'a', when });
      // Two keys can say the same, and do when a predicate is never true.
      if (tests === undefined) continue;
      hashes.add(hash);
      keys.add(key);
    }
    expect(hashes.size).toBeGreaterThan(keys.size * 0.9);
  });
});
