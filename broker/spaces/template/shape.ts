import type { JsonValue, Scalar } from '../../../matcher/index.ts';
import { ProtocolError, SHAPE_DEPTH_MAX, VALUE_TYPES, type ValueType, WILDCARD } from '../../protocol/index.ts';
import type { Path } from '../index/field-index.ts';

/** Whether a value is as a part of a template says. `undefined`: nothing is there. */
export type Shape = (value: JsonValue | undefined) => boolean;

/** What of a shape is a scalar that must be the same, and where. */
export type FoundScalar = (path: Path, value: Scalar) => void;

/** More would make one template cost what a predicate with as many atoms may not. */
const PARTS_MAX = 1_024;

/**
 * Compiles a shape, as `template.ts` of the protocol describes them, and tells of every scalar in it. Throws ProtocolError
 * `template_invalid`. Linear.
 */
export function compileShape(json: JsonValue, found: FoundScalar): Shape {
  let parts = 0;
  const compile = (part: JsonValue, path: Path): Shape => {
    parts += 1;
    if (parts > PARTS_MAX) throw invalid(path, `has more than ${PARTS_MAX} parts`);
    if (path.length > SHAPE_DEPTH_MAX) throw invalid(path, `is nested deeper than ${SHAPE_DEPTH_MAX}`);
    if (typeof part !== 'object' || part === null) {
      if (part !== null) found(path, part);
      return (value) => value === part;
    }
    if (isList(part)) return arrayOf(part.map((element, i) => compile(element, [...path, i])));
    const names = Object.keys(part);
    if (names.length === 1 && names[0] === WILDCARD) return typeShape((part as { '?': JsonValue })[WILDCARD], path);
    return objectOf(
      names.map((name) => [name, compile((part as { [name: string]: JsonValue })[name] ?? null, [...path, name])]),
    );
  };
  return compile(json, []);
}

function arrayOf(elements: readonly Shape[]): Shape {
  return (value) => {
    if (!isList(value) || value.length !== elements.length) return false;
    for (let i = 0; i < elements.length; i++) if (!(elements[i] as Shape)(value[i])) return false;
    return true;
  };
}

function objectOf(fields: readonly (readonly [name: string, shape: Shape])[]): Shape {
  return (value) => {
    if (typeof value !== 'object' || value === null || isList(value)) return false;
    for (const [name, shape] of fields) {
      // Only its own: `constructor` is a field of a tuple that has one.
      if (!Object.hasOwn(value, name) || !shape(value[name])) return false;
    }
    return true;
  };
}

function typeShape(type: JsonValue | undefined, path: Path): Shape {
  if (!VALUE_TYPES.includes(type as ValueType)) {
    throw invalid(path, `wants {"?": …} to be one of ${VALUE_TYPES.join(', ')}`);
  }
  switch (type as ValueType) {
    case 'any':
      return (value) => value !== undefined;
    case 'array':
      return isList;
    case 'object':
      return (value) => typeof value === 'object' && value !== null && !isList(value);
    default:
      return (value) => typeof value === type;
  }
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function invalid(path: Path, what: string): ProtocolError {
  return new ProtocolError('template_invalid', `the template, at ${pathText(path)}, ${what}`);
}

/** As in the language of tuples: `$1.room[2]`. */
export function pathText(path: Path): string {
  const [first, ...rest] = path;
  if (first === undefined) return 'the tuple';
  const steps = rest.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
  return (typeof first === 'number' ? `$${first}` : first) + steps;
}
