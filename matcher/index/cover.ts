import type { Condition } from '../language/ast.ts';
import type { Conjunction, RangeTest, Test } from './conjunction.ts';
import { type Gram, gramsOf } from './gram.ts';
import { BRANCHES_MAX, isKey, type Key } from './keys.ts';
import { nameOf } from './slot-reference.ts';

/**
 * Keys of which one at least holds wherever a conjunction does, so that it is found by them, whatever is in it:
 *
 *     ((a > 1 OR b > 2) AND c > 3) OR b > 4        covered by  a > 1, b > 2
 *
 * Of an AND it is enough to cover one part, the one that is rarest; of an OR all parts are to be covered. A key of a cover
 * need not be a test of the filter: who is found by one has all tests to pass yet.
 */
export interface Cover {
  readonly keys: readonly Key[];
  /** Expected candidates per event. */
  readonly share: number;
}

/**
 * The cover that is expected to offer least; undefined where there is none of at most `BRANCHES_MAX` keys.
 *
 * @param shareOf The share of events expected to pass a key.
 *
 * Cost: linear in the tests, times the logarithm of the keys; depth of the stack: as deep as the brackets.
 */
export function coverOf(tests: Conjunction, shareOf: (key: Key) => number): Cover | undefined {
  let best: Cover | undefined;
  for (const test of tests) {
    const cover = coverOfTest(test, shareOf);
    if (cover !== undefined && (best === undefined || cover.share < best.share)) best = cover;
  }
  return best;
}

function coverOfTest(test: Test, shareOf: (key: Key) => number): Cover | undefined {
  if (test.kind === 'any') {
    const keys: Key[] = [];
    for (const branch of test.branches) {
      const cover = coverOf(branch, shareOf);
      if (cover === undefined) return undefined;
      keys.push(...cover.keys);
    }
    return covering(united(keys), shareOf);
  }
  if (test.kind === 'oneOf' && test.values.length <= BRANCHES_MAX) {
    const { reference, values } = test;
    return covering(
      values.map((value) => ({ kind: 'equal', reference, value })),
      shareOf,
    );
  }
  if (test.kind === 'opaque') return coverOfText(test.condition, shareOf);
  return isKey(test) ? { keys: [test], share: shareOf(test) } : undefined;
}

/** The rarest gram of what is looked for in a text. */
function coverOfText(condition: Condition, shareOf: (key: Key) => number): Cover | undefined {
  const { reference, grams } = gramsOf(condition) ?? { grams: [] };
  let best: Cover | undefined;
  for (const value of grams) {
    const key: Key = { kind: 'equal', reference: reference as Gram, value };
    const share = shareOf(key);
    if (best === undefined || share < best.share) best = { keys: [key], share };
  }
  return best;
}

function covering(keys: readonly Key[], shareOf: (key: Key) => number): Cover | undefined {
  if (keys.length > BRANCHES_MAX) return undefined;
  return { keys, share: keys.reduce((sum, key) => sum + shareOf(key), 0) };
}

/** Without what others have in them: equal constants once, and of ranges that overlap their union. */
function united(keys: readonly Key[]): Key[] {
  const others: Key[] = [];
  const constants = new Set<string>();
  const ranges = new Map<string, RangeTest[]>();
  for (const key of keys) {
    const name = nameOf(key.reference);
    if (key.kind === 'range') {
      const same = ranges.get(name);
      if (same === undefined) ranges.set(name, [key]);
      else same.push(key);
    } else if (key.kind === 'oneOf') others.push(key);
    else {
      const constant = `${typeof key.value} ${key.value} ${name}`;
      if (constants.has(constant)) continue;
      constants.add(constant);
      others.push(key);
    }
  }
  return [...others, ...[...ranges.values()].flatMap(unitedRanges)];
}

/** Of ranges of one reference. All numbers are no range, and are left as the two that they are made of. */
function unitedRanges(ranges: readonly RangeTest[]): RangeTest[] {
  const united: RangeTest[] = [];
  for (const range of [...ranges].sort((a, b) => a.low - b.low)) {
    const last = united.at(-1);
    const high = last === undefined ? 0 : Math.max(last.high, range.high);
    const isAll = last?.low === Number.NEGATIVE_INFINITY && high === Number.POSITIVE_INFINITY;
    if (last === undefined || range.low > last.high || isAll) united.push(range);
    else united[united.length - 1] = { ...last, high };
  }
  return united;
}
