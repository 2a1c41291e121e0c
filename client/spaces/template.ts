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

/** What the wire makes of a template: see broker/protocol/template.ts. */
export interface WireTemplate {
  readonly is?: unknown;
  readonly when?: string;
}

/**
 * A template as the wire has it, as JSON: put together piece by piece, because one is made for each call. Throws
 * TellwhenError `invalid_argument` for what is no template.
 */
export function templateText(template: Template, when: string | undefined): string {
  if (when !== undefined && typeof when !== 'string') throw invalid(`when must be a text, not ${kindOf(when)}`);
  if (typeof template !== 'object' || template === null) {
    throw invalid(`a template is an array, an object or ANY, not ${kindOf(template)}`);
  }
  const condition = when === undefined ? '' : `"when":${JSON.stringify(when)}`;
  if (template === ANY) return `{${condition}}`;
  return `{"is":${shapeText(template as FieldTemplate)}${condition === '' ? '' : ','}${condition}}`;
}

/** The same as an object. */
export function wireTemplate(template: Template, when: string | undefined): WireTemplate {
  return JSON.parse(templateText(template, when)) as WireTemplate;
}

function shapeText(part: FieldTemplate): string {
  switch (typeof part) {
    case 'string':
      return PLAIN.test(part) ? `"${part}"` : JSON.stringify(part);
    case 'boolean':
      return part ? 'true' : 'false';
    case 'number':
      if (Number.isFinite(part)) return JSON.stringify(part);
      throw invalid(`${part} is no value of JSON, and fits nothing`);
    case 'object':
      if (part === null) return 'null';
      if (part === ANY) return `{"${WILDCARD}":"any"}`;
      return Array.isArray(part) ? placesText(part) : fieldsText(part as { readonly [name: string]: FieldTemplate });
    default: {
      const type = TYPES.get(part);
      if (type !== undefined) return `{"${WILDCARD}":"${type}"}`;
      throw invalid(`a template says values, ANY, String, Number, Boolean, Array or Object; not ${kindOf(part)}`);
    }
  }
}

/** Needs no escape in JSON. */
const PLAIN = /^[\w !#-[\]-~]*$/;

function placesText(places: readonly FieldTemplate[]): string {
  let text = '[';
  for (let i = 0; i < places.length; i++) text += (i === 0 ? '' : ',') + shapeText(places[i] as FieldTemplate);
  return `${text}]`;
}

function fieldsText(fields: { readonly [name: string]: FieldTemplate }): string {
  const prototype: unknown = Object.getPrototypeOf(fields);
  // A date or a map would be taken for an object without fields, which fits every object.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw invalid(`a template is made of plain arrays and objects, not of ${fields.constructor?.name ?? 'others'}`);
  }
  const names = Object.keys(fields);
  if (names.length === 1 && names[0] === WILDCARD) {
    throw invalid(`a template cannot ask for an object by its field "${WILDCARD}" alone; say it in when`);
  }
  return `{${names.map((name) => `${JSON.stringify(name)}:${shapeText(fields[name] as FieldTemplate)}`).join(',')}}`;
}
