import type { Condition } from '../language/ast.ts';
import type { PredicateLimits } from '../language/limits.ts';
import { parsePredicate } from '../language/parse.ts';
import { gapsOf, NO_GAPS } from './gaps.ts';
import type { Outline } from './outline.ts';
import { type Plan, planOf } from './plan.ts';

/** Larger clauses have no company of the same shape, and would only take its place, and memory: a shape keeps its tree. */
const CHARACTERS_MAX = 1024;
/** Of those that are in no gap. */
const CHARACTERS_AROUND_MAX = 256;
const GAPS_MAX = 16;

/**
 * All clauses that differ in their literals only, and what is known of them once one was parsed: that they are well-formed,
 * how much they ask for, and how their tests are made.
 *
 * What jsep makes of a clause depends on the kinds of its literals and not on their values. What does depend on values is
 * not left to it: strings and numbers are read, and patterns checked, for each filter; and where a path has a literal for a
 * step, it is part of the shape.
 */
export interface ClauseShape {
  readonly hash: number;
  /** The text around the gaps, without them. */
  readonly units: Uint16Array;
  /** By gap: where in the units it is, and its kind. */
  readonly places: readonly number[];
  readonly kinds: readonly number[];
  readonly plan: Plan;
  readonly atoms: number;
  /** Literals that are in no gap, counted generously. */
  readonly fixedLiterals: number;
  /** The limit of depth that it was parsed with. */
  readonly depthMax: number;
}

/** Whether a clause has this shape. */
export function hasShape(outline: Outline, clause: number, { units, places, kinds }: ClauseShape): boolean {
  const { text, gapStarts, gapEnds, gapKinds } = outline;
  const first = outline.clauseGaps[clause] as number;
  const count = (outline.clauseGaps[clause + 1] as number) - first;
  if (count !== kinds.length) return false;
  let at = outline.clauseStarts[clause] as number;
  let place = 0;
  for (let i = 0; i <= count; i += 1) {
    const isLast = i === count;
    const end = (isLast ? outline.clauseEnds[clause] : gapStarts[first + i]) as number;
    const nextPlace = isLast ? units.length : (places[i] as number);
    if (end - at !== nextPlace - place || !(isLast || gapKinds[first + i] === kinds[i])) return false;
    for (; at < end; at += 1, place += 1) if (text.charCodeAt(at) !== units[place]) return false;
    if (!isLast) at = gapEnds[first + i] as number;
  }
  return true;
}

/**
 * Parses and plans a clause.
 *
 * @returns its shape, and whether the shape is one: whether its plan does for other literals too.
 * @throws FilterError
 */
export function shapeOf(
  outline: Outline,
  clause: number,
  limits: PredicateLimits,
): { shape: ClauseShape; isGeneral: boolean } {
  const { text, gapStarts, gapEnds } = outline;
  const start = outline.clauseStarts[clause] as number;
  const end = outline.clauseEnds[clause] as number;
  const first = outline.clauseGaps[clause] as number;
  const afterLast = outline.clauseGaps[clause + 1] as number;
  const parsed = parsePredicate(detached(text.slice(start, end)), limits);
  const isSmall = end - start <= CHARACTERS_MAX && afterLast - first <= GAPS_MAX;
  const places: number[] = [];
  const kinds: number[] = [];
  let around = '';
  let at = start;
  for (let gap = first; gap < afterLast; gap += 1) {
    around += text.slice(at, gapStarts[gap]);
    places.push(around.length);
    kinds.push(outline.gapKinds[gap] as number);
    at = gapEnds[gap] as number;
  }
  around += text.slice(at, end);
  const gaps = isSmall && around.length <= CHARACTERS_AROUND_MAX ? gapsOf(outline, clause) : undefined;
  const plan = gaps && planOf(parsed, gaps);
  const isGeneral = plan !== undefined && gaps?.areSound === true;
  const shape: ClauseShape = {
    hash: outline.clauseHashes[clause] as number,
    units: unitsOf(around),
    places,
    kinds,
    plan: isGeneral ? plan : planOf(parsed, NO_GAPS),
    atoms: countAtoms(parsed),
    fixedLiterals: around.match(maybeLiterals)?.length ?? 0,
    depthMax: limits.depthMax,
  };
  return { shape, isGeneral };
}

/** What may be a literal that is in no gap: a Boolean, or what was taken for the first step of a path and may be a list's. */
const maybeLiterals = /true|false|\[/gi;

/** A copy: names and strings that are cut from it do not keep the text that it is a part of. */
function detached(part: string): string {
  return ` ${part}`.slice(1);
}

function unitsOf(text: string): Uint16Array {
  const units = new Uint16Array(text.length);
  for (let i = 0; i < text.length; i += 1) units[i] = text.charCodeAt(i);
  return units;
}

function countAtoms(condition: Condition): number {
  if (condition.kind === 'not') return countAtoms(condition.condition);
  if (condition.kind !== 'and' && condition.kind !== 'or') return 1;
  let atoms = 0;
  for (const part of condition.conditions) atoms += countAtoms(part);
  return atoms;
}
