import { ANY, type FieldTemplate, type Template, type Tuple } from './tuple.ts';

/** Whether a tuple is of a template's shape: what the broker finds by its index, looked at one by one. */
export function fits(template: Template, tuple: Tuple): boolean {
  return fitsIn(template, tuple);
}

function fitsIn(part: FieldTemplate, value: unknown): boolean {
  switch (part) {
    case ANY:
      return value !== undefined;
    case String:
      return typeof value === 'string';
    case Number:
      return typeof value === 'number';
    case Boolean:
      return typeof value === 'boolean';
    case Array:
      return Array.isArray(value);
    case Object:
      return isObject(value);
  }
  if (typeof part !== 'object' || part === null) return part === value;
  if (Array.isArray(part)) {
    return Array.isArray(value) && value.length === part.length && part.every((one, i) => fitsIn(one, value[i]));
  }
  return (
    isObject(value) &&
    Object.entries(part).every(([name, one]) => Object.hasOwn(value, name) && fitsIn(one, value[name]))
  );
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A predicate that every tuple of the shape satisfies, and fewer others: its values, as far as the language has plain words
 * for them. `undefined`: none is to be had.
 */
export function narrowing(template: Template): string | undefined {
  const atoms: string[] = [];
  if (Array.isArray(template)) template.forEach((part, i) => void gather(part, `$${i}`, atoms));
  else if (template !== ANY) gather(template, '', atoms);
  return atoms.length === 0 ? undefined : atoms.slice(0, ATOMS_MAX).join(' AND ');
}

const ATOMS_MAX = 16;
/** Without quotes, escapes, and what is no character of ASCII. */
const PLAIN_TEXT = /^[\w !#$%&()*+,./:;<=>?@[\]^`{|}~-]*$/;
const PLAIN_NAME = /^[A-Za-z_]\w*$/;
const KEYWORDS =
  /^(?:and|or|not|in|is|null|true|false|like|between|exists|escape|this|undefined|nan|infinity|prototype|constructor|length|__proto__)$/i;

function gather(part: FieldTemplate, path: string, atoms: string[]): void {
  if (typeof part === 'string') {
    if (PLAIN_TEXT.test(part)) atoms.push(`${path} = '${part}'`);
  } else if (typeof part === 'boolean' || Number.isSafeInteger(part)) atoms.push(`${path} = ${String(part)}`);
  else if (typeof part === 'object' && part !== null && part !== ANY && !Array.isArray(part)) {
    for (const [name, one] of Object.entries(part)) {
      if (PLAIN_NAME.test(name) && !KEYWORDS.test(name)) gather(one, path === '' ? name : `${path}.${name}`, atoms);
    }
  }
}
