import { WILDCARD } from '../../broker/protocol/index.ts';
import { invalid, kindOf } from '../arguments.ts';
import { ANY, type FieldTemplate, type Template } from './tuple.ts';

const TYPES: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [String, 'string'],
  [Number, 'number'],
  [Boolean, 'boolean'],
  [Array, 'array'],
  [Object, 'object'],
]);

const ANY_SHAPE = { [WILDCARD]: 'any' };

/** What the wire makes of a template: see broker/protocol/template.ts. */
export interface WireTemplate {
  readonly is?: unknown;
  readonly when?: string;
}

/** Throws TellwhenError `invalid_argument` for what is no template. */
export function wireTemplate(template: Template, when: string | undefined): WireTemplate {
  if (when !== undefined && typeof when !== 'string') throw invalid(`when must be a text, not ${kindOf(when)}`);
  const is = template === ANY ? undefined : wholeShape(template);
  if (is === undefined) return when === undefined ? {} : { when };
  return when === undefined ? { is } : { is, when };
}

function wholeShape(template: Template): unknown {
  if (typeof template !== 'object' || template === null) {
    throw invalid(`a template is an array, an object or ANY, not ${kindOf(template)}`);
  }
  return shapeOf(template as FieldTemplate);
}

function shapeOf(part: FieldTemplate): unknown {
  switch (typeof part) {
    case 'string':
    case 'boolean':
      return part;
    case 'number':
      if (Number.isFinite(part)) return part;
      throw invalid(`${part} is no value of JSON, and fits nothing`);
    case 'object':
      if (part === null) return null;
      if (part === ANY) return ANY_SHAPE;
      return Array.isArray(part) ? part.map(shapeOf) : fieldShapes(part as { readonly [name: string]: FieldTemplate });
    default: {
      const type = TYPES.get(part);
      if (type !== undefined) return { [WILDCARD]: type };
      throw invalid(`a template says values, ANY, String, Number, Boolean, Array or Object; not ${kindOf(part)}`);
    }
  }
}

function fieldShapes(fields: { readonly [name: string]: FieldTemplate }): unknown {
  const prototype: unknown = Object.getPrototypeOf(fields);
  // A date or a map would be taken for an object without fields, which fits every object.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw invalid(`a template is made of plain arrays and objects, not of ${fields.constructor?.name ?? 'others'}`);
  }
  const names = Object.keys(fields);
  if (names.length === 1 && names[0] === WILDCARD) {
    throw invalid(`a template cannot ask for an object by its field "${WILDCARD}" alone; say it in when`);
  }
  return Object.fromEntries(names.map((name) => [name, shapeOf(fields[name] as FieldTemplate)]));
}
