/**
 * Tests on their way into a conjunction, each with a hash of what it says. Hashes are equal for equal tests, whatever the
 * order of a set's values or of an OR's branches; so the hash of a filter does not depend on its spelling.
 */
import { combineHashes, hashNumber, hashText } from '../hash.ts';
import type { Conjunction, Test } from '../index/conjunction.ts';
import type { Prefix } from '../index/prefix.ts';
import { nameOf, type SlotReference } from '../index/slot-reference.ts';
import type { Condition, Reference, Scalar } from '../language/ast.ts';
import { normalise } from '../language/normalise.ts';
import { printCondition } from '../language/print.ts';

export interface Draft {
  readonly test: Test;
  /** What the test is about; undefined for `any` and `opaque`. */
  readonly subject: Subject | undefined;
  /** Draws drafts about one reference together: the hash of its name, or the draft's own where it is about none. */
  readonly place: number;
  readonly hash: number;
  /** Of `any`: its branches, whose tests `test` has. */
  readonly branches: readonly Branch[] | undefined;
}

/** Drafts that must all be true, in order. */
export type Branch = readonly Draft[];

/** A reference and its name, made once for all filters of a shape. */
export interface Subject {
  readonly reference: Reference | Prefix;
  readonly name: string;
  readonly hash: number;
}

export function subjectOf(reference: Reference | Prefix): Subject {
  const name = nameOf(reference);
  return { reference, name, hash: combineHashes(hashText(name), 0) };
}

const EQUAL = 1;
const NOT_EQUAL = 2;
const RANGE = 3;
const ONE_OF = 4;
const NONE_OF = 5;
const OPAQUE = 6;
const ANY = 7;
const PRESENCE = { isNull: 8, notNull: 9, exists: 10 } as const;

export function hashScalar(value: Scalar): number {
  switch (typeof value) {
    case 'string':
      return hashText(value);
    case 'number':
      return hashNumber(value);
    default:
      return value ? 1 : 0;
  }
}

/** @param hash `hashScalar` of the value */
export function equalDraft(subject: Subject, value: Scalar, hash: number): Draft {
  const { reference } = subject;
  return drafted(subject, { kind: 'equal', reference, value }, EQUAL, tagged(value, hash));
}

/** @param hash `hashScalar` of the value */
export function notEqualDraft(subject: Subject, value: Scalar, hash: number): Draft {
  const reference = subject.reference as Reference;
  return drafted(subject, { kind: 'notEqual', reference, value }, NOT_EQUAL, tagged(value, hash));
}

/** A number from `low` to `high`, both included. */
export function rangeDraft(subject: Subject, low: number, high: number): Draft {
  const reference = subject.reference as Reference;
  return drafted(
    subject,
    { kind: 'range', reference, low, high },
    RANGE,
    combineHashes(hashNumber(low), hashNumber(high)),
  );
}

/**
 * One of the values, or present and none of them.
 *
 * @param hashes `hashScalar` of each value, if they are at hand
 */
export function setDraft(
  subject: Subject,
  isNegated: boolean,
  values: readonly Scalar[],
  hashes: readonly number[] = values.map(hashScalar),
): Draft {
  const different = withoutDuplicates(values, hashes);
  const [first] = different.values;
  if (first !== undefined && different.values.length === 1) {
    const hash = different.hashes[0] as number;
    return isNegated ? notEqualDraft(subject, first, hash) : equalDraft(subject, first, hash);
  }
  let sum = 0;
  for (let i = 0; i < different.values.length; i += 1) {
    sum = (sum + tagged(different.values[i] as Scalar, different.hashes[i] as number)) | 0;
  }
  return isNegated
    ? drafted(subject, new ValueSet('noneOf', subject.reference, different.values), NONE_OF, sum)
    : drafted(subject, new ValueSet('oneOf', subject.reference, different.values), ONE_OF, sum);
}

export function presenceDraft(subject: Subject, kind: 'isNull' | 'notNull' | 'exists'): Draft {
  const reference = subject.reference as Reference;
  return drafted(subject, { kind, reference }, PRESENCE[kind], 0);
}

/** @param condition in normal form */
export function opaqueDraft(condition: Condition): Draft {
  const hash = combineHashes(hashText(printCondition(condition)), OPAQUE);
  return { test: { kind: 'opaque', condition }, subject: undefined, place: hash, hash, branches: undefined };
}

/** @param branches two or more, all different */
export function anyDraft(branches: readonly Branch[]): Draft {
  const hashed = branches.map((branch) => ({ branch, hash: hashOfBranch(branch) }));
  hashed.sort((a, b) => a.hash - b.hash);
  let sum = 0;
  for (const { hash } of hashed) sum = (sum + hash) | 0;
  const hash = combineHashes(sum, ANY);
  const ordered = hashed.map(({ branch }) => branch);
  const test: Test = { kind: 'any', branches: ordered.map(testsOf) };
  return { test, subject: undefined, place: hash, hash, branches: ordered };
}

/** Of any order of the drafts. */
export function hashOfBranch(branch: Branch): number {
  let sum = branch.length;
  for (const draft of branch) sum = (sum + combineHashes(draft.hash, 1)) | 0;
  return combineHashes(sum, branch.length);
}

export function testsOf(branch: Branch): Conjunction {
  return branch.map((draft) => draft.test);
}

/** In their order: of references, and then as the tests differ. */
export function sortDrafts(drafts: Draft[]): void {
  // Array.sort is slow to begin, and most conjunctions are short.
  if (drafts.length > 16) {
    drafts.sort((a, b) => a.place - b.place || a.hash - b.hash);
    return;
  }
  for (let i = 1; i < drafts.length; i += 1) {
    const draft = drafts[i] as Draft;
    let at = i;
    for (; at > 0; at -= 1) {
      const other = drafts[at - 1] as Draft;
      if (other.place < draft.place || (other.place === draft.place && other.hash <= draft.hash)) break;
      drafts[at] = other;
    }
    drafts[at] = draft;
  }
}

/** Whether two drafts say the same. Equal hashes are likely, but no proof. */
export function isSameDraft(left: Draft, right: Draft): boolean {
  return left.hash === right.hash && isSameTest(left.test, right.test);
}

/** Drafts of either have the canonical order. */
export function isSameBranch(left: Branch, right: Branch): boolean {
  return left.length === right.length && left.every((draft, i) => isSameDraft(draft, right[i] as Draft));
}

function isSameTest(left: Test, right: Test): boolean {
  switch (left.kind) {
    case 'equal':
    case 'notEqual':
      return right.kind === left.kind && right.value === left.value && isSameReference(left, right);
    case 'range':
      return (
        right.kind === 'range' && right.low === left.low && right.high === left.high && isSameReference(left, right)
      );
    case 'oneOf':
    case 'noneOf': {
      if (right.kind !== left.kind || right.values.length !== left.values.length) return false;
      const values = new Set(left.values);
      return right.values.every((value) => values.has(value)) && isSameReference(left, right);
    }
    case 'isNull':
    case 'notNull':
    case 'exists':
      return right.kind === left.kind && isSameReference(left, right);
    case 'any':
      return (
        right.kind === 'any' &&
        right.branches.length === left.branches.length &&
        left.branches.every((branch, i) => isSameConjunction(branch, right.branches[i] as Conjunction))
      );
    case 'opaque':
      return right.kind === 'opaque' && printCondition(right.condition) === printCondition(left.condition);
  }
}

function isSameConjunction(left: Conjunction, right: Conjunction): boolean {
  return left.length === right.length && left.every((test, i) => isSameTest(test, right[i] as Test));
}

function isSameReference(left: { reference: SlotReference }, right: { reference: SlotReference }): boolean {
  return left.reference === right.reference || nameOf(left.reference) === nameOf(right.reference);
}

function drafted(subject: Subject, test: Test, kind: number, content: number): Draft {
  const hash = combineHashes(subject.hash + kind, content);
  return { test, subject, place: subject.hash, hash, branches: undefined };
}

/** Tells `5` from `'5'` and from `true`. */
function tagged(value: Scalar, hash: number): number {
  return combineHashes(hash, typeof value === 'string' ? 1 : typeof value === 'number' ? 2 : 3);
}

/** Below so many, all pairs of hashes are compared; above it a Set is cheaper, and nobody can make it slow. */
const COMPARED_MAX = 24;

/** In their order; the given arrays where nothing repeats. */
function withoutDuplicates(
  values: readonly Scalar[],
  hashes: readonly number[],
): { readonly values: readonly Scalar[]; readonly hashes: readonly number[] } {
  const isRepeated = values.length > COMPARED_MAX ? new Set(values).size < values.length : hasEqual(hashes);
  if (!isRepeated) return { values, hashes };
  const different = [...new Set(values)];
  return { values: different, hashes: different.map(hashScalar) };
}

function hasEqual(hashes: readonly number[]): boolean {
  for (let i = 1; i < hashes.length; i += 1) {
    for (let j = 0; j < i; j += 1) if (hashes[i] === hashes[j]) return true;
  }
  return false;
}

/** A set test that makes the condition it stands for when it is asked: few sets are so long that they are. */
class ValueSet<Kind extends 'oneOf' | 'noneOf'> {
  readonly kind: Kind;
  readonly reference: Reference | Prefix;
  readonly values: readonly Scalar[];

  constructor(kind: Kind, reference: Reference | Prefix, values: readonly Scalar[]) {
    this.kind = kind;
    this.reference = reference;
    this.values = values;
  }

  get condition(): Condition {
    const { reference, values } = this;
    const span = { start: 0, end: 0 };
    if (reference.kind === 'prefix') {
      const conditions = values.map(
        (value): Condition => ({ kind: 'text', test: 'startsWith', value: reference.of, literal: String(value), span }),
      );
      return normalise({ kind: 'or', conditions, span });
    }
    return normalise({ kind: 'in', value: reference, literals: values, negated: this.kind === 'noneOf', span });
  }
}
