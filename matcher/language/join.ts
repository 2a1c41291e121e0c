import { type Condition, isReference, type Operand, type Scalar, type Span } from './ast.ts';
import { printCondition, printOperand } from './print.ts';

type Joiner = 'and' | 'or';

/**
 * AND or OR of normalised conditions, itself normalised: flat, without constants and duplicates, equality tests on one
 * reference gathered into one IN (under AND: unequality tests into one NOT IN), and sorted by text.
 */
export function joinConditions(kind: Joiner, parts: readonly Condition[], span: Span): Condition {
  const flat = parts.flatMap((part) => (part.kind === kind ? part.conditions : [part]));
  // `false` decides an AND and `true` an OR; the other one changes nothing.
  const decisive = kind === 'or';
  const decided = flat.find((part) => constantOf(part) === decisive);
  if (decided !== undefined) return decided;
  const open = flat.filter((part) => constantOf(part) === undefined);
  const conditions = sortUnique(gatherSets(kind, open, span));
  const first = conditions[0];
  if (first === undefined) return { kind: 'truth', operand: { kind: 'literal', value: !decisive, span }, span };
  return conditions.length === 1 ? first : { kind, conditions, span };
}

/** By text; of those that print equally, the first. */
function sortUnique(conditions: readonly Condition[]): Condition[] {
  const printed = conditions.map((condition) => ({ text: printCondition(condition), condition }));
  printed.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  return printed.filter(({ text }, i) => i === 0 || text !== printed[i - 1]?.text).map(({ condition }) => condition);
}

function constantOf(condition: Condition): boolean | undefined {
  if (condition.kind !== 'truth' || condition.operand.kind !== 'literal') return undefined;
  return condition.operand.value === true;
}

/** One operand and the literals that it is, or is not, among. */
interface SetTest {
  readonly value: Operand;
  readonly literals: readonly Scalar[];
  readonly span: Span;
}

function gatherSets(kind: Joiner, parts: readonly Condition[], span: Span): Condition[] {
  const isNegated = kind === 'and';
  const gathered: Condition[] = [];
  const sets = new Map<string, SetTest[]>();
  for (const part of parts) {
    const test = setTestOf(part, isNegated);
    if (test === undefined) {
      gathered.push(part);
      continue;
    }
    // Of what is reckoned no index knows that two tests are about one thing, and filters are brought into this form by parts.
    if (!isReference(test.value)) {
      gathered.push(conditionOf(uniteTests([test], span), isNegated));
      continue;
    }
    const key = printOperand(test.value);
    const present = sets.get(key);
    if (present === undefined) sets.set(key, [test]);
    else present.push(test);
  }
  for (const tests of sets.values()) gathered.push(conditionOf(uniteTests(tests, span), isNegated));
  return gathered;
}

/** The tests are of one operand. A single one keeps its own span. */
function uniteTests(tests: readonly SetTest[], span: Span): SetTest {
  const first = tests[0] as SetTest;
  return tests.length === 1 ? first : { value: first.value, literals: tests.flatMap((test) => test.literals), span };
}

/** The set test that a condition is: `=` and IN for the positive one, `<>` and NOT IN for the negative one. */
function setTestOf(condition: Condition, isNegated: boolean): SetTest | undefined {
  if (condition.kind === 'in' && condition.negated === isNegated) return condition;
  if (condition.kind !== 'compare' || condition.operator !== (isNegated ? '<>' : '=')) return undefined;
  if (condition.right.kind !== 'literal') return undefined;
  return { value: condition.left, literals: [condition.right.value], span: condition.span };
}

function conditionOf(test: SetTest, isNegated: boolean): Condition {
  const { value, span } = test;
  const literals = sortScalars(test.literals);
  const [first] = literals;
  if (literals.length > 1 || first === undefined) return { kind: 'in', value, literals, negated: isNegated, span };
  const right: Operand = { kind: 'literal', value: first, span };
  return { kind: 'compare', operator: isNegated ? '<>' : '=', left: value, right, span };
}

/** Without duplicates: booleans, numbers, strings, each kind in ascending order. */
function sortScalars(scalars: readonly Scalar[]): Scalar[] {
  const of = <T extends Scalar>(type: 'boolean' | 'number' | 'string'): T[] =>
    scalars.filter((scalar): scalar is T => typeof scalar === type);
  const unique = <T extends Scalar>(sorted: T[]): T[] => [...new Set(sorted)];
  return [
    ...unique(of<boolean>('boolean').sort((a, b) => Number(a) - Number(b))),
    ...unique(of<number>('number').sort((a, b) => a - b)),
    ...unique(of<string>('string').sort()),
  ];
}
