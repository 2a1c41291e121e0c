import * as fc from 'fast-check';
import type { JsonValue, MatchableEvent } from '../../matcher/event.ts';
import type {
  Comparison,
  Condition,
  EnvelopeName,
  Operand,
  Reference,
  Scalar,
  Span,
} from '../../matcher/language/ast.ts';

/**
 * Random predicates and random events that speak of the same few names and values, so that *true*, *false* and
 * *unknown* all come up often. Every condition is well-formed in the parser's sense: its printed text parses back to it.
 * That means: `and`/`or` have two children or more and none of their own kind, a number literal carries its own sign,
 * no literal is negative zero, and a LIKE pattern escapes only `%`, `_` and its escape character.
 */

/** Generated nodes come from no text. */
const nowhere: Span = { start: 0, end: 0 };

const fieldPaths: readonly (readonly (string | number)[])[] = [
  ['a'],
  ['b'],
  ['c'],
  ['tags'],
  ['tags', 0],
  ['tags', 1],
  ['room'],
  ['room', 'floor'],
  ['room', 'in'],
  ['room', 'floor plan'],
  ['room', 'length'],
  ['length'],
  ['in'],
  ["it's", 'é'],
  ['list', 2, 'a'],
  ['__proto__'],
];
const attributeNames = ['x', 'y', 'level', 'not', 'two words'];
const envelopeNames: readonly EnvelopeName[] = ['topic', 'source', 'id', 'time', 'size', 'contentType'];

const numbers = [-10, -1, -0.5, 0, 0.1, 0.5, 1, 2, 5, 9.99, 10, 100, 1e21, 5e-324, 1.7976931348623157e308];
const strings = [
  '',
  'a',
  'ab',
  'abc',
  'b',
  'ba',
  'A',
  '5',
  'é',
  '😀',
  'a😀b',
  "it's",
  'x\\y',
  'a%b',
  'a_b',
  'x\ny',
  '"',
  '\u0000',
  '\ud800',
];
const topicLevels = ['sensors', 'a', 'ab', 'room1', 'temp', ''];

const arbitraryNumber = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...numbers) },
  { weight: 1, arbitrary: fc.integer({ min: -12, max: 12 }) },
  { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0) },
);

/** Small strings that share prefixes, suffixes and middles; now and then an arbitrary one. */
const arbitraryText = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...strings) },
  { weight: 1, arbitrary: fc.string({ maxLength: 6, unit: 'binary' }) },
);

/** A literal or an attribute: never NaN, infinite or negative zero. */
export function arbitraryScalar(): fc.Arbitrary<Scalar> {
  return fc.oneof(
    { weight: 5, arbitrary: arbitraryNumber },
    { weight: 4, arbitrary: arbitraryText },
    { weight: 1, arbitrary: fc.boolean() },
  );
}

const arbitraryDataReference: fc.Arbitrary<Reference> = fc
  .constantFrom(...fieldPaths)
  .map((path) => ({ kind: 'data', path, span: nowhere }));

export function arbitraryReference(): fc.Arbitrary<Reference> {
  return fc.oneof(
    { weight: 6, arbitrary: arbitraryDataReference },
    {
      weight: 2,
      arbitrary: fc
        .constantFrom(...attributeNames)
        .map((name): Reference => ({ kind: 'attribute', name, span: nowhere })),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(...envelopeNames)
        .map((name): Reference => ({ kind: 'envelope', name, span: nowhere })),
    },
  );
}

const arbitraryLiteral: fc.Arbitrary<Operand> = arbitraryScalar().map((value) => ({
  kind: 'literal',
  value,
  span: nowhere,
}));

/** A reference, a literal, or arithmetic over them, at most `depth` operators deep. */
function arbitraryOperand(depth: number): fc.Arbitrary<Operand> {
  const leaf = fc.oneof({ weight: 3, arbitrary: arbitraryReference() }, { weight: 2, arbitrary: arbitraryLiteral });
  if (depth === 0) return leaf;
  const inner = arbitraryOperand(depth - 1);
  const arithmetic = fc
    .record({
      operator: fc.constantFrom('+' as const, '-' as const, '*' as const, '/' as const, '%' as const),
      left: inner,
      right: inner,
    })
    .map((parts): Operand => ({ kind: 'arithmetic', ...parts, span: nowhere }));
  const negated = inner
    .filter((operand) => operand.kind !== 'literal' || typeof operand.value !== 'number')
    .map((operand): Operand => ({ kind: 'negate', operand, span: nowhere }));
  return fc.oneof(
    { weight: 8, arbitrary: leaf },
    { weight: 2, arbitrary: arithmetic },
    { weight: 1, arbitrary: negated },
  );
}

/** A pattern over few characters; with an escape character, every use of it is followed by something to escape. */
const arbitraryLike: fc.Arbitrary<{ pattern: string; escape?: string }> = fc
  .constantFrom(undefined, undefined, '\\', '!', '😀')
  .chain((escapeCharacter) => {
    const plain = ['a', 'b', 'ab', '%', '%', '_', 'é', '', "'"].filter((piece) => piece !== escapeCharacter);
    const pieces =
      escapeCharacter === undefined
        ? [...plain, '\\', '😀']
        : [...plain, `${escapeCharacter}%`, `${escapeCharacter}_`, escapeCharacter + escapeCharacter];
    return fc
      .array(fc.constantFrom(...pieces), { maxLength: 5 })
      .map((parts) =>
        escapeCharacter === undefined
          ? { pattern: parts.join('') }
          : { pattern: parts.join(''), escape: escapeCharacter },
      );
  });

/** A condition without AND, OR and NOT. */
function arbitraryAtom(operandDepth: number): fc.Arbitrary<Condition> {
  const value = arbitraryOperand(operandDepth);
  const negated = fc.boolean();
  const span = nowhere;
  const compare = fc
    .record({ operator: fc.constantFrom<Comparison[]>('=', '<>', '<', '<=', '>', '>='), left: value, right: value })
    .map((parts): Condition => ({ kind: 'compare', ...parts, span }));
  const threshold = fc
    .record({
      operator: fc.constantFrom<Comparison[]>('=', '<>', '<', '<=', '>', '>='),
      left: arbitraryReference(),
      right: arbitraryLiteral,
    })
    .map((parts): Condition => ({ kind: 'compare', ...parts, span }));
  const between = fc
    .record({ value, low: arbitraryOperand(0), high: arbitraryOperand(0), negated })
    .map((parts): Condition => ({ kind: 'between', ...parts, span }));
  const isIn = fc
    .record({ value, literals: fc.array(arbitraryScalar(), { minLength: 1, maxLength: 4 }), negated })
    .map((parts): Condition => ({ kind: 'in', ...parts, span }));
  const element = fc
    .record({ value, array: arbitraryDataReference, negated })
    .map((parts): Condition => ({ kind: 'element', ...parts, span }));
  const like = fc
    .record({ value, like: arbitraryLike, negated })
    .map(({ value, like, negated }): Condition => ({ kind: 'like', value, ...like, negated, span }));
  const text = fc
    .record({
      test: fc.constantFrom('startsWith' as const, 'endsWith' as const, 'contains' as const),
      value,
      literal: arbitraryText,
    })
    .map((parts): Condition => ({ kind: 'text', ...parts, span }));
  const isNull = fc
    .record({ reference: arbitraryReference(), negated })
    .map((parts): Condition => ({ kind: 'isNull', ...parts, span }));
  const exists = arbitraryReference().map((reference): Condition => ({ kind: 'exists', reference, span }));
  const truth = fc
    .oneof(
      { weight: 3, arbitrary: arbitraryReference() as fc.Arbitrary<Operand> },
      { weight: 1, arbitrary: fc.boolean().map((flag): Operand => ({ kind: 'literal', value: flag, span })) },
    )
    .map((operand): Condition => ({ kind: 'truth', operand, span }));
  return fc.oneof(
    { weight: 8, arbitrary: threshold },
    { weight: 3, arbitrary: compare },
    { weight: 3, arbitrary: between },
    { weight: 3, arbitrary: isIn },
    { weight: 1, arbitrary: element },
    { weight: 2, arbitrary: like },
    { weight: 2, arbitrary: text },
    { weight: 1, arbitrary: isNull },
    { weight: 1, arbitrary: exists },
    { weight: 1, arbitrary: truth },
  );
}

export interface ConditionOptions {
  /** Levels of AND, OR and NOT above the atoms. Default 3. */
  readonly depthMax?: number;
  /** Children of one AND or OR before nested ones of its kind are merged into it. Default 4. */
  readonly widthMax?: number;
  /** Levels of arithmetic inside an operand; 0 gives references and literals only. Default 2. */
  readonly operandDepthMax?: number;
}

/** Every node kind of the tree, as the parser would build it. */
export function arbitraryCondition(options: ConditionOptions = {}): fc.Arbitrary<Condition> {
  const { depthMax = 3, widthMax = 4, operandDepthMax = 2 } = options;
  const atom = arbitraryAtom(operandDepthMax);
  if (depthMax === 0) return atom;
  const inner = arbitraryCondition({ depthMax: depthMax - 1, widthMax, operandDepthMax });
  const joined = fc
    .record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      conditions: fc.array(inner, { minLength: 2, maxLength: widthMax }),
    })
    .map(
      ({ kind, conditions }): Condition => ({
        kind,
        conditions: conditions.flatMap((child) => (child.kind === kind ? child.conditions : [child])),
        span: nowhere,
      }),
    );
  const inverted = inner.map((condition): Condition => ({ kind: 'not', condition, span: nowhere }));
  return fc.oneof({ weight: 3, arbitrary: atom }, { weight: 4, arbitrary: joined }, { weight: 1, arbitrary: inverted });
}

const arbitraryLeafValue: fc.Arbitrary<JsonValue> = fc.oneof(
  { weight: 8, arbitrary: arbitraryScalar() },
  { weight: 1, arbitrary: fc.constant(null) },
);
const arbitraryList: fc.Arbitrary<JsonValue> = fc.array(arbitraryLeafValue, { maxLength: 3 });
const arbitraryField: fc.Arbitrary<JsonValue> = fc.oneof(
  { weight: 10, arbitrary: arbitraryLeafValue },
  { weight: 1, arbitrary: arbitraryList },
  { weight: 1, arbitrary: fc.constant({ floor: 1 }) },
);
const arbitraryRoom: fc.Arbitrary<JsonValue> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record(
      { floor: arbitraryField, in: arbitraryField, 'floor plan': arbitraryField, length: arbitraryField },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: arbitraryField },
);
const arbitraryBody: fc.Arbitrary<JsonValue> = fc.record(
  {
    a: arbitraryField,
    b: arbitraryField,
    c: arbitraryField,
    tags: fc.oneof({ weight: 4, arbitrary: arbitraryList }, { weight: 1, arbitrary: arbitraryField }),
    room: arbitraryRoom,
    length: arbitraryField,
    in: arbitraryField,
    "it's": fc.record({ é: arbitraryField }, { requiredKeys: [] }),
    list: fc.constantFrom<JsonValue[]>([], [0, 1, { a: 5 }], [0, 1, { a: 'abc' }], { 2: { a: 1 } }),
  },
  { requiredKeys: [] },
);

/** An event whose fields are often those that {@link arbitraryCondition} names, and now and then missing or of another type. */
export function arbitraryEvent(): fc.Arbitrary<MatchableEvent> {
  return fc.record(
    {
      topic: arbitraryTopic(),
      data: fc.oneof(
        { weight: 12, arbitrary: arbitraryBody },
        { weight: 1, arbitrary: arbitraryField },
        { weight: 1, arbitrary: fc.constant(undefined) },
      ),
      attributes: fc.dictionary(fc.constantFrom(...attributeNames), arbitraryScalar(), { maxKeys: 4 }),
      source: arbitraryText,
      id: arbitraryText,
      time: arbitraryNumber,
      size: arbitraryNumber,
      contentType: fc.constantFrom('application/json', 'text/plain', 'a', ''),
    },
    { requiredKeys: ['topic'] },
  );
}

/** A valid topic name of one to four levels; empty levels and a leading `$SYS` occur. */
export function arbitraryTopic(): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(...topicLevels) },
        { weight: 1, arbitrary: fc.constant('$SYS') },
      ),
      fc.array(fc.constantFrom(...topicLevels), { maxLength: 3 }),
    )
    .map(([first, rest]) => [first, ...rest].join('/'))
    .filter((topic) => topic.length > 0);
}

/** A valid topic filter of one to four levels over the same names, with `+` anywhere and `#` at the end. */
export function arbitraryTopicFilter(): fc.Arbitrary<string> {
  const level = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...topicLevels) },
    { weight: 1, arbitrary: fc.constant('+') },
  );
  const first = fc.oneof({ weight: 9, arbitrary: level }, { weight: 1, arbitrary: fc.constant('$SYS') });
  return fc
    .tuple(first, fc.array(level, { maxLength: 3 }), fc.constantFrom('', '', '#'))
    .map(([head, rest, tail]) => {
      const levels = tail === '' ? [head, ...rest] : [head, ...rest.slice(0, 2), tail];
      return levels.join('/');
    })
    .filter((filter) => filter.length > 0);
}
