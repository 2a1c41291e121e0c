/**
 * What a template is, as JSON:
 *
 *     {"is": shape, "when": "predicate"}       both may be left out: `{}` fits every tuple
 *
 * A *shape* says of a value what it must be:
 *
 * | shape                      | fits                                                                              |
 * |----------------------------|-----------------------------------------------------------------------------------|
 * | `{"?": "any"}`             | whatever is there, null too                                                       |
 * | `{"?": "string"}` …        | a value of this type                                                              |
 * | a scalar or null           | the same, without conversion                                                      |
 * | an array                   | an array of as many elements, each of which fits its shape                        |
 * | any other object           | an object that has at least these fields, each of which fits its shape            |
 *
 * The shape of a whole tuple is an array or an object. In `when`, `$0`, `$1`, … are the positions of an array tuple, and
 * bare names the fields of an object tuple.
 */
export interface Template {
  readonly is?: unknown;
  readonly when?: string | undefined;
}

/** The one field of an object that is no value but says what fits. */
export const WILDCARD = '?';

/** What a wildcard may say. */
export const VALUE_TYPES = ['any', 'string', 'number', 'boolean', 'array', 'object'] as const;
export type ValueType = (typeof VALUE_TYPES)[number];

/** A shape is nested no deeper. */
export const SHAPE_DEPTH_MAX = 32;

/** Where the tuples of a space are told to subscribers: `$space/<name>/<arity>`, or `$space/<name>/object`. */
export const SPACE_TOPICS = '$space';
