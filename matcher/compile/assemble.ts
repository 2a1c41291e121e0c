import type { RangeTest } from '../index/conjunction.ts';
import type { Scalar } from '../language/ast.ts';
import {
  type Branch,
  type Draft,
  hashOfBranch,
  isSameBranch,
  isSameDraft,
  rangeDraft,
  type Subject,
  setDraft,
  sortDrafts,
} from './draft.ts';

/** So few drafts are compared in pairs; most filters have no two about one reference, and need no more. */
const PAIRED_MAX = 16;

/**
 * Drafts that must all be true, as one conjunction: of ranges on one reference their intersection, of unwanted values on
 * one reference the union, without duplicates, in order. `undefined` when ranges exclude each other. The array given may be
 * the one returned.
 */
export function assembleAll(drafts: Draft[]): Branch | undefined {
  const merged = haveSharedPlace(drafts) ? mergeByPlace(drafts) : drafts;
  if (merged !== undefined) sortDrafts(merged);
  return merged;
}

/**
 * Branches of which one must be true: without duplicates, and those that are nothing but wanted values of one reference as
 * one. Not in order.
 */
export function assembleAny(branches: readonly Branch[]): readonly Branch[] {
  return hasEqual(branches.map(keyOfBranch)) ? mergeBranches(branches) : branches;
}

/** Different for branches that are neither duplicates nor values of one reference. */
function keyOfBranch(branch: Branch): number {
  const draft = valueOfBranch(branch);
  return draft === undefined ? hashOfBranch(branch) : draft.place;
}

/** The draft of a branch that is nothing but wanted values of one reference. */
function valueOfBranch(branch: Branch): Draft | undefined {
  const draft = branch[0] as Draft;
  const isValue = branch.length === 1 && (draft.test.kind === 'equal' || draft.test.kind === 'oneOf');
  return isValue ? draft : undefined;
}

function mergeBranches(branches: readonly Branch[]): readonly Branch[] {
  const different: Branch[] = [];
  const first = new Map<number, Branch>();
  const wanted = new Map<string, [Draft, ...Draft[]]>();
  for (const branch of branches) {
    const draft = valueOfBranch(branch);
    if (draft !== undefined) {
      addTo(wanted, draft);
      continue;
    }
    const hash = hashOfBranch(branch);
    const present = first.get(hash);
    // Where hashes are equal by accident, a duplicate may stay. It changes nothing but the cost.
    if (present !== undefined && isSameBranch(present, branch)) continue;
    if (present === undefined) first.set(hash, branch);
    different.push(branch);
  }
  for (const drafts of wanted.values()) different.push([unite(drafts, false)]);
  return different;
}

/** True also for more than {@link PAIRED_MAX}, which are not compared in pairs. */
function haveSharedPlace(drafts: readonly Draft[]): boolean {
  if (drafts.length > PAIRED_MAX) return true;
  for (let i = 1; i < drafts.length; i += 1) {
    const { place } = drafts[i] as Draft;
    for (let j = 0; j < i; j += 1) if ((drafts[j] as Draft).place === place) return true;
  }
  return false;
}

/** True also for more than {@link PAIRED_MAX}. */
function hasEqual(keys: readonly number[]): boolean {
  if (keys.length > PAIRED_MAX) return true;
  for (let i = 1; i < keys.length; i += 1) for (let j = 0; j < i; j += 1) if (keys[i] === keys[j]) return true;
  return false;
}

function mergeByPlace(drafts: readonly Draft[]): Draft[] | undefined {
  const merged: Draft[] = [];
  const ranges = new Map<string, Draft>();
  const unwanted = new Map<string, [Draft, ...Draft[]]>();
  const others = new Map<number, Draft>();
  for (const draft of drafts) {
    const { test, subject, hash } = draft;
    if (subject !== undefined && test.kind === 'range') {
      const range = intersect(subject, ranges.get(subject.name), draft);
      if (range === undefined) return undefined;
      ranges.set(subject.name, range);
    } else if (subject !== undefined && (test.kind === 'notEqual' || test.kind === 'noneOf')) {
      addTo(unwanted, draft);
    } else {
      const present = others.get(hash);
      if (present !== undefined && isSameDraft(present, draft)) continue;
      if (present === undefined) others.set(hash, draft);
      merged.push(draft);
    }
  }
  for (const range of ranges.values()) merged.push(range);
  for (const present of unwanted.values()) merged.push(unite(present, true));
  return merged;
}

function intersect(subject: Subject, left: Draft | undefined, right: Draft): Draft | undefined {
  if (left === undefined) return right;
  const one = left.test as RangeTest;
  const other = right.test as RangeTest;
  const low = Math.max(one.low, other.low);
  const high = Math.min(one.high, other.high);
  return low > high ? undefined : rangeDraft(subject, low, high);
}

/** Drafts of values of one reference. */
function unite(drafts: readonly [Draft, ...Draft[]], isNegated: boolean): Draft {
  const [first] = drafts;
  if (drafts.length === 1) return first;
  return setDraft(first.subject as Subject, isNegated, drafts.flatMap(valuesOf));
}

function valuesOf({ test }: Draft): readonly Scalar[] {
  if (test.kind === 'equal' || test.kind === 'notEqual') return [test.value];
  return test.kind === 'oneOf' || test.kind === 'noneOf' ? test.values : [];
}

function addTo(groups: Map<string, [Draft, ...Draft[]]>, draft: Draft): void {
  const { name } = draft.subject as Subject;
  const present = groups.get(name);
  if (present === undefined) groups.set(name, [draft]);
  else present.push(draft);
}
