import type { Scalar } from '../../../matcher/index.ts';
import type { Path } from '../index/field-index.ts';
import type { Interval } from '../index/value-order.ts';
import type { Tuple } from '../tuple.ts';

/** A field that must have a value. `key` names its path. */
export interface Equal {
  readonly path: Path;
  readonly key: string;
  readonly value: Scalar;
}

/** A field that must have one of some values, no two the same. */
export interface Among {
  readonly path: Path;
  readonly key: string;
  readonly values: readonly Scalar[];
}

/** A field that must lie in an interval, of numbers or of strings. */
export interface Between extends Interval<number | string> {
  readonly path: Path;
  readonly key: string;
}

/** A template that was checked. */
export interface CompiledTemplate {
  /** Equal for equal ones. */
  readonly text: string;
  /** What tuples it fits: arrays of a length, as `3`; `object`; or `+`, any. */
  readonly level: string;
  /** Needed, not enough: what an index may find candidates by. */
  readonly equals: readonly Equal[];
  readonly choices: readonly Among[];
  readonly intervals: readonly Between[];
  /** The same for the matcher, in the language of events: whatever fits makes it true. Absent: nothing is needed. */
  readonly when: string | undefined;
  /** Tuples that may be held against it in one turn: a millisecond's worth, or a few. */
  readonly turnTuples: number;
  /** The truth. */
  fits(tuple: Tuple): boolean;
  /** How much of it a tuple fails; 0 when it fits. */
  faults(tuple: Tuple): number;
  /** What of it a tuple fails, for people; empty when it fits. Some milliseconds, for a long predicate. */
  explain(tuple: Tuple): string[];
}
