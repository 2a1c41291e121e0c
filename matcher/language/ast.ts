/**
 * The tree of a predicate, after parsing and checking. Both spellings of the language give the same tree, so that
 * everything behind the parser (oracle, printer, index, explain) knows one meaning only.
 *
 * Nodes are frozen data: no methods, no parents. `span` is where the node stood in the text, for errors and explain;
 * it takes no part in equality, see `sameCondition` in print.ts.
 */

/** Half-open range of UTF-16 code units in the predicate's text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The values a literal or an attribute can have. Never NaN, never infinite. */
export type Scalar = string | number | boolean;

/** Names in an event's envelope that a predicate can read, written `$topic`, `$source`, … */
export type EnvelopeName = 'topic' | 'source' | 'id' | 'time' | 'size' | 'contentType';

/** Something of the event that a predicate names. */
export type Reference =
  /** `room.floor`, `tags[0]`: own properties of the JSON data, outermost first. A number step indexes an array. */
  | { readonly kind: 'data'; readonly path: readonly (string | number)[]; readonly span: Span }
  /** `$attr.x`: an attribute set by the publisher. */
  | { readonly kind: 'attribute'; readonly name: string; readonly span: Span }
  | { readonly kind: 'envelope'; readonly name: EnvelopeName; readonly span: Span };

/** Something that has a value: a scalar, or missing. */
export type Operand =
  | { readonly kind: 'literal'; readonly value: Scalar; readonly span: Span }
  | Reference
  | {
      readonly kind: 'arithmetic';
      readonly operator: '+' | '-' | '*' | '/' | '%';
      readonly left: Operand;
      readonly right: Operand;
      readonly span: Span;
    }
  | { readonly kind: 'negate'; readonly operand: Operand; readonly span: Span };

/** Does it stand for something of the event, as it is? */
export function isReference(operand: Operand): operand is Reference {
  return operand.kind === 'data' || operand.kind === 'attribute' || operand.kind === 'envelope';
}

export type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>=';

/** Something that is true, false or unknown. */
export type Condition =
  | { readonly kind: 'and' | 'or'; readonly conditions: readonly Condition[]; readonly span: Span }
  | { readonly kind: 'not'; readonly condition: Condition; readonly span: Span }
  | {
      readonly kind: 'compare';
      readonly operator: Comparison;
      readonly left: Operand;
      readonly right: Operand;
      readonly span: Span;
    }
  | {
      readonly kind: 'between';
      readonly value: Operand;
      readonly low: Operand;
      readonly high: Operand;
      readonly negated: boolean;
      readonly span: Span;
    }
  /** `v IN (1, 'two')`. At least one literal. */
  | {
      readonly kind: 'in';
      readonly value: Operand;
      readonly literals: readonly Scalar[];
      readonly negated: boolean;
      readonly span: Span;
    }
  /** `v IN field`, where the field is an array of the event. */
  | {
      readonly kind: 'element';
      readonly value: Operand;
      readonly array: Reference;
      readonly negated: boolean;
      readonly span: Span;
    }
  | {
      readonly kind: 'like';
      readonly value: Operand;
      readonly pattern: string;
      /** One code point, or absent where the text has no ESCAPE. */
      readonly escape?: string;
      readonly negated: boolean;
      readonly span: Span;
    }
  | {
      readonly kind: 'text';
      readonly test: 'startsWith' | 'endsWith' | 'contains';
      readonly value: Operand;
      readonly literal: string;
      readonly span: Span;
    }
  | { readonly kind: 'isNull'; readonly reference: Reference; readonly negated: boolean; readonly span: Span }
  | { readonly kind: 'exists'; readonly reference: Reference; readonly span: Span }
  /** A reference or boolean literal standing where a truth value is wanted: `armed AND …`. Non-booleans are unknown. */
  | { readonly kind: 'truth'; readonly operand: Operand; readonly span: Span };

/** A condition made of conditions. */
export type Group = Extract<Condition, { readonly kind: 'and' | 'or' | 'not' }>;

/** A condition that has no condition in it. */
export type Atom = Exclude<Condition, Group>;

/** The outcome of a condition over one event. `undefined` is *unknown*, as in Kleene's logic. */
export type Verdict = true | false | undefined;
