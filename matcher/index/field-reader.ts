/**
 * Generated code that reads many fields of an object. Each has a place of its own in the code, so that V8 learns where
 * objects of one shape keep it, and a fraction comes out as it is. A loop over names would look each one up, and make
 * an object of each fraction.
 */
import type { JsonValue } from '../event.ts';

/**
 * Reads an object that is no array: the field of each path to the position that the path has in the list. A number is written to
 * `numbers`; for anything else that is NaN, and `others` has the value, undefined when the field is missing.
 */
export type FieldReader = (object: object, numbers: Float64Array, others: (JsonValue | undefined)[]) => void;

interface Field {
  position: number;
  readonly children: Map<string, Field>;
}

const NO_POSITION = -1;

/**
 * A reader of own properties, at `paths`, none of which is empty. Blocks nest in the code as deep as the longest path.
 *
 * Names stand in the code as JSON strings only. Cost: some microseconds a path, and more as V8 optimises it.
 *
 * @returns undefined where code may not be generated.
 */
export function compileFieldReader(paths: readonly (readonly string[])[]): FieldReader | undefined {
  const root = treeOf(paths);
  const lines = ["'use strict';", 'const { hasOwn } = Object, { isArray } = Array;', 'return (object, n, x) => {'];
  // What is in an object that is not there is missing.
  for (const [position, { length }] of paths.entries()) {
    if (length > 1) lines.push(`n[${position}] = NaN; x[${position}] = undefined;`);
  }
  emit(root, 'object', lines);
  lines.push('};');
  try {
    return new Function(lines.join('\n'))() as FieldReader;
  } catch (error) {
    // A host may forbid it.
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}

function treeOf(paths: readonly (readonly string[])[]): Field {
  const root: Field = { position: NO_POSITION, children: new Map() };
  for (const [position, path] of paths.entries()) {
    let field = root;
    for (const step of path) {
      const child = field.children.get(step) ?? { position: NO_POSITION, children: new Map() };
      field.children.set(step, child);
      field = child;
    }
    field.position = position;
  }
  return root;
}

function emit(field: Field, object: string, lines: string[]): void {
  for (const [step, { position, children }] of field.children) {
    const name = JSON.stringify(step);
    const value = `v${lines.length}`;
    // Every object has a property of such a name, its own or not.
    const isInherited = step in Object.prototype;
    lines.push(
      `const ${value} = ${isInherited ? `!hasOwn(${object}, ${name}) ? undefined : ` : ''}${object}[${name}];`,
    );
    if (position !== NO_POSITION) {
      lines.push(`if (typeof ${value} === 'number' && ${value} === ${value}) n[${position}] = ${value};`);
      lines.push(`else { n[${position}] = NaN; x[${position}] = ${value}; }`);
    }
    if (children.size === 0) continue;
    lines.push(`if (typeof ${value} === 'object' && ${value} !== null && !isArray(${value})) {`);
    emit({ position, children }, value, lines);
    lines.push('}');
  }
}
