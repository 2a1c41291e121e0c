/**
 * Generated code that reads many fields of an object. Each has a place of its own in the code, so that V8 learns where
 * objects of one layout keep it, and a fraction comes out as it is. A loop over names would look each one up, and make
 * an object of each fraction.
 */
import type { JsonValue } from '../event.ts';

/**
 * Reads an object that has all fields of a list: each to its position there. A number is written to `numbers`; for anything else that is
 * NaN, and `others` has the value.
 */
export type FieldReader = (object: object, numbers: Float64Array, others: (JsonValue | undefined)[]) => void;

/**
 * A reader of own properties. Names stand in the code as JSON strings only. Cost: some microseconds a name, and more as
 * V8 optimises it.
 *
 * @returns undefined where code may not be generated.
 */
export function compileFieldReader(names: readonly string[]): FieldReader | undefined {
  const lines = ["'use strict';", 'return (object, numbers, others) => {', 'let value;'];
  for (const [position, name] of names.entries()) {
    lines.push(`value = object[${JSON.stringify(name)}];`);
    lines.push(`if (typeof value === 'number' && value === value) numbers[${position}] = value;`);
    lines.push(`else { numbers[${position}] = NaN; others[${position}] = value; }`);
  }
  lines.push('};');
  try {
    return new Function(lines.join('\n'))() as FieldReader;
  } catch (error) {
    // A host may forbid it.
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}
