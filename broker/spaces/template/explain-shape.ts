import type { JsonValue } from '../../../matcher/index.ts';
import { WILDCARD } from '../../protocol/index.ts';
import type { Path } from '../index/field-index.ts';
import { pathText } from './shape.ts';

/** Longer values are shown in part. */
const SHOWN_CHARACTERS = 60;

/** What of a value is not as a shape says, part by part; the shape was compiled before. Empty when it fits. */
export function explainShape(shape: JsonValue, value: JsonValue | undefined, path: Path = []): string[] {
  if (typeof shape !== 'object' || shape === null) return value === shape ? [] : [differs(path, shown(shape), value)];
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) return [differs(path, 'an array', value)];
    if (value.length !== shape.length) {
      return [`${pathText(path)} has ${value.length} elements, and ${shape.length} are wanted`];
    }
    return shape.flatMap((part: JsonValue, i) => explainShape(part, value[i], [...path, i]));
  }
  const fields = shape as { readonly [name: string]: JsonValue };
  const names = Object.keys(fields);
  if (names.length === 1 && names[0] === WILDCARD) {
    const type = String(fields[WILDCARD]);
    return isOfType(type, value) ? [] : [differs(path, type === 'any' ? 'something' : `a ${type}`, value)];
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [differs(path, 'an object', value)];
  const present = value as { readonly [name: string]: JsonValue };
  return names.flatMap((name) =>
    explainShape(fields[name] ?? null, Object.hasOwn(present, name) ? present[name] : undefined, [...path, name]),
  );
}

function isOfType(type: string, value: JsonValue | undefined): boolean {
  if (type === 'any') return value !== undefined;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}

function differs(path: Path, wanted: string, value: JsonValue | undefined): string {
  return `${pathText(path)} is ${shown(value)}, and ${wanted} is wanted`;
}

function shown(value: JsonValue | undefined): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  const text = JSON.stringify(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
