import {
  type Condition,
  compileCondition,
  explainFilter,
  FilterError,
  type JsonValue,
  type Judge,
  normalise,
  Positions,
  type PredicateLimits,
  parsePredicate,
  printCondition,
  printExplanation,
  type Scalar,
} from '../../../matcher/index.ts';
import { BoundedCache } from '../../kernel/bounded-cache.ts';
import { ProtocolError, type Template } from '../../protocol/index.ts';
import type { Path } from '../index/field-index.ts';
import type { Interval } from '../index/value-order.ts';
import type { Tuple } from '../tuple.ts';
import type { Among, Between, CompiledTemplate, Equal } from './compiled-template.ts';
import { countFaults, explainShape } from './explain-shape.ts';
import { compileShape, type Shape } from './shape.ts';

/** Templates that are used again and again, as those of workers are, are compiled once. */
const COMPILED_MAX = 4_096;

/** Longer ones are not kept: what is kept has a bound in bytes too. */
const KEPT_CHARACTERS = 1_024;

/** Texts that were asked for once and are remembered for that. */
const ONCE_MAX = 4_096;

/** Of one template, what the index and the matcher are told of; the rest is left to `fits`. */
const EQUALS_MAX = 8;
const TOLD_CHARACTERS = 256;
/** More choices, and those among more values, are left to `fits`: a search looks into the list of each value. */
const CHOICES_MAX = 4;
const VALUES_MAX = 32;

/** The longest text that the language takes at all. */
const PREDICATE_CHARACTERS_MAX = 16_384;

/** The longest template. */
const TEMPLATE_CHARACTERS_MAX = 32_768;

/** What a template costs goes with its length. One so short may be held against as many tuples in one turn, */
const SHORT_CHARACTERS = 128;
const TURN_TUPLES_MAX = 2_048;
/** and the longest against these. */
const TURN_TUPLES_MIN = 32;

const nowhere = { start: 0, end: 0 };

/** Compiles templates, and keeps those used last. */
export class Templates {
  readonly #limits: PredicateLimits;
  readonly #compiled = new BoundedCache<string, CompiledTemplate>(COMPILED_MAX);
  /** Asked for once, lately. What never comes again, as `$1 = 4711`, costs twice as much where it is kept for a while. */
  readonly #once = new Set<string>();

  constructor(limits: PredicateLimits) {
    this.#limits = limits;
  }

  /**
   * The template that a JSON text is. Throws ProtocolError `template_invalid`, or FilterError for its predicate. Cost: a
   * look-up for one that has come twice; some microseconds, and more with a predicate, for another.
   */
  compile(text: string): CompiledTemplate {
    const known = this.#compiled.get(text);
    if (known !== undefined) return known;
    const compiled = compileTemplate(text, this.#limits);
    if (text.length <= KEPT_CHARACTERS) this.#keepIfKnown(text, compiled);
    return compiled;
  }

  #keepIfKnown(text: string, compiled: CompiledTemplate): void {
    if (this.#once.delete(text)) {
      this.#compiled.set(text, compiled);
      return;
    }
    if (this.#once.size === ONCE_MAX) this.#once.clear();
    this.#once.add(text);
  }
}

function compileTemplate(text: string, limits: PredicateLimits): CompiledTemplate {
  const { is, when } = readTemplate(text);
  const equals: Equal[] = [];
  const shape =
    is === undefined ? undefined : compileShape(is as JsonValue, (path, value) => addEqual(equals, path, value));
  const level = levelOf(is);
  const predicate = when === undefined ? undefined : compileWhen(when, limits);
  const ofShape = equals.length;
  const needs: Needs = { equals, choices: [], intervals: [] };
  if (predicate !== undefined) for (const atom of atomsOf(predicate.condition)) addAtom(atom, needs);
  return new CheckedTemplate({
    text,
    level,
    is: is as JsonValue | undefined,
    needs,
    ofShape,
    shape,
    predicate,
  });
}

interface Predicate {
  /** In the language of events. */
  readonly text: string;
  /** Normalised. */
  readonly condition: Condition;
  readonly judge: Judge;
}

/** What an index is told of. */
interface Needs {
  readonly equals: Equal[];
  readonly choices: Among[];
  readonly intervals: Between[];
}

interface Parts {
  readonly text: string;
  readonly level: string;
  readonly is: JsonValue | undefined;
  readonly needs: Needs;
  /** Of the equals, the first so many are scalars of the shape. */
  readonly ofShape: number;
  readonly shape: Shape | undefined;
  readonly predicate: Predicate | undefined;
}

class CheckedTemplate implements CompiledTemplate {
  readonly text: string;
  readonly level: string;
  readonly equals: readonly Equal[];
  readonly choices: readonly Among[];
  readonly intervals: readonly Between[];
  readonly turnTuples: number;
  readonly #parts: Parts;
  readonly #shape: Shape | undefined;
  readonly #judge: Judge | undefined;
  #when: string | undefined;

  constructor(parts: Parts) {
    this.text = parts.text;
    this.level = parts.level;
    this.equals = parts.needs.equals;
    this.choices = parts.needs.choices;
    this.intervals = parts.needs.intervals;
    const lengths = Math.ceil(parts.text.length / SHORT_CHARACTERS);
    this.turnTuples = Math.max(TURN_TUPLES_MIN, Math.floor(TURN_TUPLES_MAX / lengths));
    this.#parts = parts;
    this.#shape = parts.shape;
    this.#judge = parts.predicate?.judge;
  }

  /** Only who waits has need of it. */
  get when(): string | undefined {
    this.#when ??= whenOf(this.#parts);
    return this.#when === '' ? undefined : this.#when;
  }

  fits(tuple: Tuple): boolean {
    if (this.#shape !== undefined && !this.#shape(tuple.data)) return false;
    return this.#judge === undefined || this.#judge(tuple) === true;
  }

  faults(tuple: Tuple): number {
    const { is } = this.#parts;
    const fails = this.#judge !== undefined && this.#judge(tuple) !== true;
    return (is === undefined ? 0 : countFaults(is, tuple.data)) + (fails ? 1 : 0);
  }

  explain(tuple: Tuple): string[] {
    const { is, predicate } = this.#parts;
    const faults = is === undefined ? [] : explainShape(is, tuple.data);
    if (predicate === undefined || predicate.judge(tuple) === true) return faults;
    const filter = { topic: tuple.topic, when: predicate.text };
    return [...faults, printExplanation(explainFilter(tuple, filter))];
  }
}

function whenOf({ needs, ofShape, predicate }: Parts): string {
  const scalars = needs.equals.slice(0, ofShape).flatMap(({ path, value }) => conditionOf(path, value) ?? []);
  const told = scalars.map(printCondition);
  if (predicate === undefined) return told.join(' AND ');
  const when = [...told, `(${predicate.text})`].join(' AND ');
  // What the matcher is not told, `fits` sees.
  return when.length <= PREDICATE_CHARACTERS_MAX ? when : predicate.text;
}

/** Throws ProtocolError `template_invalid`. */
function readTemplate(text: string): Template {
  if (text.length > TEMPLATE_CHARACTERS_MAX) {
    throw new ProtocolError(
      'template_invalid',
      `a template of ${text.length} characters; at most ${TEMPLATE_CHARACTERS_MAX}`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new ProtocolError('template_invalid', 'a template is JSON');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new ProtocolError('template_invalid', 'a template is an object, as {"is": ["task"], "when": "$1 > 3"}');
  }
  const unknown = Object.keys(json).find((name) => name !== 'is' && name !== 'when');
  if (unknown !== undefined) {
    throw new ProtocolError(
      'template_invalid',
      `a template has "is" and "when", not ${JSON.stringify(unknown).slice(0, 60)}`,
    );
  }
  const { is, when } = json as { is?: unknown; when?: unknown };
  if (is !== undefined && (typeof is !== 'object' || is === null)) {
    throw new ProtocolError('template_invalid', '"is" is an array or an object, as tuples are');
  }
  if (when !== undefined && typeof when !== 'string') {
    throw new ProtocolError('template_invalid', '"when" is a text');
  }
  return { is, when };
}

function levelOf(is: unknown): string {
  if (is === undefined) return '+';
  return Array.isArray(is) ? String(is.length) : 'object';
}

function compileWhen(when: string, limits: PredicateLimits): Predicate {
  const positions = new Positions(when);
  try {
    // A position is longer in the language of events: the limit is on what was given.
    const charactersMax = Math.min(
      limits.charactersMax + positions.text.length - when.length,
      PREDICATE_CHARACTERS_MAX,
    );
    const parsed = parsePredicate(positions.text, { ...limits, charactersMax });
    return { text: positions.text, condition: normalise(parsed), judge: compileCondition(parsed) };
  } catch (error) {
    throw error instanceof FilterError ? positions.refusal(error) : error;
  }
}

/** What must be true of whatever the condition is true of. */
function atomsOf(condition: Condition): readonly Condition[] {
  return condition.kind === 'and' ? condition.conditions : [condition];
}

function addEqual(equals: Equal[], path: Path, value: Scalar): void {
  if (equals.length < EQUALS_MAX && (typeof value !== 'string' || value.length <= TOLD_CHARACTERS)) {
    equals.push({ path, key: JSON.stringify(path), value });
  }
}

/** A literal stands on the right, as the condition is normalised. */
function addAtom(atom: Condition, { equals, choices, intervals }: Needs): void {
  if (atom.kind === 'in' && !atom.negated && atom.value.kind === 'data') {
    addChoice(choices, atom.value.path, atom.literals);
  } else if (atom.kind === 'text' && atom.test === 'startsWith' && atom.value.kind === 'data') {
    addPrefix(intervals, atom.value.path, atom.literal);
  } else if (atom.kind === 'like' && !atom.negated && atom.value.kind === 'data' && atom.escape === undefined) {
    const [prefix = ''] = atom.pattern.split(/[%_]/, 1);
    addPrefix(intervals, atom.value.path, prefix);
  }
  if (atom.kind !== 'compare' || atom.left.kind !== 'data' || atom.right.kind !== 'literal') return;
  const { path } = atom.left;
  const { value } = atom.right;
  if (atom.operator === '=') addEqual(equals, path, value);
  else if (atom.operator !== '<>' && typeof value !== 'boolean') {
    const isLow = atom.operator === '>' || atom.operator === '>=';
    addInterval(intervals, path, isLow ? { low: value } : { high: value });
  }
}

function addChoice(choices: Among[], path: Path, literals: readonly Scalar[]): void {
  if (choices.length === CHOICES_MAX || literals.length > VALUES_MAX) return;
  choices.push({ path, key: JSON.stringify(path), values: [...new Set(literals)] });
}

/** Texts that begin so lie from the beginning itself to the text whose last unit is one more. */
function addPrefix(intervals: Between[], path: Path, prefix: string): void {
  const last = prefix.charCodeAt(prefix.length - 1);
  if (prefix === '' || prefix.length > TOLD_CHARACTERS) return;
  const high = last === 0xffff ? undefined : prefix.slice(0, -1) + String.fromCharCode(last + 1);
  addInterval(intervals, path, { low: prefix, high });
}

/** Two bounds of one field are one interval. */
function addInterval(intervals: Between[], path: Path, { low, high }: Interval<number | string>): void {
  const key = JSON.stringify(path);
  const at = intervals.findIndex(
    (other) =>
      other.key === key &&
      typeof (other.low ?? other.high) === typeof (low ?? high) &&
      (low === undefined || other.low === undefined) &&
      (high === undefined || other.high === undefined),
  );
  const present = intervals[at];
  if (present === undefined) intervals.push({ path, key, low, high });
  else intervals[at] = { path, key, low: low ?? present.low, high: high ?? present.high };
}

/** `undefined` for what the language cannot say. */
function conditionOf(path: Path, value: Scalar): Condition | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) return undefined;
  const left = { kind: 'data', path, span: nowhere } as const;
  // Minus zero equals zero, and has no literal.
  const right = { kind: 'literal', value: value === 0 ? 0 : value, span: nowhere } as const;
  return { kind: 'compare', operator: '=', left, right, span: nowhere };
}
