/**
 * From a predicate's text to its tests.
 *
 *     text ─ outline ─▶ clauses ─┬ of a known shape ────────────────────▶ plan ─┐
 *                                └ of a new one ─ parse ─▶ tree ─ planOf ─▶ plan ┴ carryOut ─▶ tests
 *
 * Most predicates differ from others in their literals only, clause by clause, so that most clauses need no parsing: jsep
 * reads each shape once. Whatever is out of the ordinary, and whatever is wrong, goes the plain way, text to tree to plan,
 * which alone decides what is refused and with which words.
 */
import { FilterError } from '../filter-error.ts';
import { hashText } from '../hash.ts';
import type { Conjunction } from '../index/conjunction.ts';
import { completeLimits, type PredicateLimits, predicateCeilings } from '../language/limits.ts';
import { normalise } from '../language/normalise.ts';
import { parsePredicate } from '../language/parse.ts';
import { printCondition } from '../language/print.ts';
import { assembleAll } from './assemble.ts';
import { type ClauseLiterals, carryOut, UNSUITED } from './carry-out.ts';
import { type ClauseShape, shapeOf } from './clause-shape.ts';
import { type Draft, hashOfBranch, testsOf } from './draft.ts';
import { NO_GAPS } from './gaps.ts';
import { Outline } from './outline.ts';
import { planOf } from './plan.ts';
import { ShapeCache } from './shape-cache.ts';

export interface CompiledPredicate {
  /** `undefined` for a predicate that is never true. */
  readonly tests: Conjunction | undefined;
  /** Equal for predicates with equal normal forms. 32 bits. */
  readonly hash: number;
}

// For the whole process: they remember nothing that shows in an answer, and one matcher's filters look like another's.
const outline = new Outline();
const shapes = new ShapeCache();
const literals: ClauseLiterals = { outline, firstGap: 0 };
/** By clause of the outline: its shape, if that is known. */
const found: (ClauseShape | undefined)[] = [];

/** The drafts of a predicate that is never true. */
const NEVER: Draft[] = [];

/**
 * Checks a predicate and makes its tests. Cost: linear in the text, a few nanoseconds a character where all shapes are
 * known.
 *
 * @throws FilterError
 */
export function compilePredicate(text: string, limits?: Partial<PredicateLimits>): CompiledPredicate {
  const complete = completeLimits(limits);
  const drafts = draftsByShapes(text, complete) ?? draftsByParsing(text, complete);
  const branch = drafts === NEVER ? undefined : assembleAll(drafts);
  const tests = branch && testsOf(branch);
  // Predicates that are never true, or always, have no tests to tell them apart by.
  const hash = branch === undefined || tests?.length === 0 ? hashOfNormalForm(text) : hashOfBranch(branch);
  return { tests, hash };
}

function hashOfNormalForm(text: string): number {
  return hashText(printCondition(normalise(parsePredicate(text, predicateCeilings))));
}

/** `undefined` where the text is to be parsed as a whole. */
function draftsByShapes(text: string, limits: PredicateLimits): Draft[] | undefined {
  // Callers in JavaScript have no types; the parser has the answer to those who pass no string.
  if (typeof text !== 'string' || text.length > limits.charactersMax || !outline.read(text)) return undefined;
  try {
    return draftsOfOutline(limits);
  } catch (error) {
    if (error === UNSUITED || error instanceof FilterError) return undefined;
    throw error;
  }
}

function draftsOfOutline(limits: PredicateLimits): Draft[] | undefined {
  if (!findShapes(limits)) return undefined;
  const drafts: Draft[] = [];
  let atoms = 0;
  let count = outline.literalCount;
  let isPossible = true;
  for (let clause = 0; clause < outline.clauseCount; clause += 1) {
    const shape = found[clause] ?? addShape(clause, limits);
    atoms += shape.atoms;
    count += shape.fixedLiterals;
    if (atoms > limits.atomsMax || count > limits.literalsMax) return undefined;
    literals.firstGap = outline.clauseGaps[clause] as number;
    // What follows a clause that is never true is still checked.
    if (!carryOut(shape.plan, literals, drafts)) isPossible = false;
  }
  return isPossible ? drafts : NEVER;
}

/** Looks up all clauses. False if one is seen for the first time, or lately only with more depth than is allowed. */
function findShapes(limits: PredicateLimits): boolean {
  let areExpected = true;
  for (let clause = 0; clause < outline.clauseCount; clause += 1) {
    const shape = shapes.find(outline, clause);
    const isKnown = shape !== undefined && shape.depthMax <= limits.depthMax;
    found[clause] = isKnown ? shape : undefined;
    if (!isKnown && !shapes.expects(outline, clause)) areExpected = false;
  }
  return areExpected;
}

function addShape(clause: number, limits: PredicateLimits): ClauseShape {
  const { shape, isGeneral } = shapeOf(outline, clause, limits);
  if (isGeneral) shapes.add(shape);
  return shape;
}

function draftsByParsing(text: string, limits: PredicateLimits): Draft[] {
  const drafts: Draft[] = [];
  return carryOut(planOf(parsePredicate(text, limits), NO_GAPS), literals, drafts) ? drafts : NEVER;
}
