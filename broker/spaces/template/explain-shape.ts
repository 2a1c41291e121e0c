import type { JsonValue } from '../../../matcher/index.ts';
import { WILDCARD } from '../../protocol/index.ts';
import type { Path } from '../index/field-index.ts';
import { pathText } from './shape.ts';

/** Longer values are shown in part. */
const SHOWN_CHARACTERS = 60;

/** What of a value is not as a shape says, part by part; the shape was compiled before. Empty when it fits. */
export function explainShape(shape: JsonValue, value: JsonValue): string[] {
  const texts: string[] = [];
  eachFault(shape, value, [], (text) => void texts.push(text()));
  return texts;
}

/** In how many parts that is so. */
export function countFaults(shape: JsonValue, value: JsonValue): number {
  let count = 0;
  eachFault(shape, value, [], () => {
    count += 1;
  });
  return count;
}

/** `found` may ask for the text of a fault: only then it is made. */
function eachFault(
  shape: JsonValue,
  value: JsonValue | undefined,
  path: Path,
  found: (text: () => string) => void,
): void {
  const fault = (wanted: string): void => found(() => `${pathText(path)} is ${shown(value)}, and ${wanted} is wanted`);
  if (typeof shape !== 'object' || shape === null) {
    if (value !== shape) fault(shown(shape));
    return;
  }
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) fault('an array');
    else if (value.length !== shape.length) {
      found(() => `${pathText(path)} has ${value.length} elements, and ${shape.length} are wanted`);
    } else shape.forEach((part: JsonValue, i) => void eachFault(part, value[i], [...path, i], found));
    return;
  }
  const fields = shape as { readonly [name: string]: JsonValue };
  const names = Object.keys(fields);
  if (names.length === 1 && names[0] === WILDCARD) {
    const type = String(fields[WILDCARD]);
    if (!isOfType(type, value)) fault(type === 'any' ? 'something' : `a ${type}`);
    return;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    fault('an object');
    return;
  }
  const present = value as { readonly [name: string]: JsonValue };
  for (const name of names) {
    const there = Object.hasOwn(present, name) ? present[name] : undefined;
    eachFault(fields[name] ?? null, there, [...path, name], found);
  }
}

function isOfType(type: string, value: JsonValue | undefined): boolean {
  if (type === 'any') return value !== undefined;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}

function shown(value: JsonValue | undefined): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  const text = JSON.stringify(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
