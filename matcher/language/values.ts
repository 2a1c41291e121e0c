import type { JsonValue, MatchableEvent } from '../event.ts';
import type { EnvelopeName, Operand, Reference } from './ast.ts';

/**
 * What a reference reads in an event. `undefined` is *missing*, `null` is present but null.
 *
 * - Own properties only. A text step reads a field of a JSON object, a number step an element of a JSON array; on
 *   anything else the value is missing. So `length`, `__proto__` and `constructor` exist only where the publisher's
 *   JSON has a field of that name.
 * - NaN, which JSON cannot carry but a caller's object can, reads as null.
 *
 * Never throws. Cost: one own-property look-up for each step.
 */
export function readReference(reference: Reference, event: MatchableEvent): JsonValue | undefined {
  const value = readRaw(reference, event);
  return Number.isNaN(value) ? null : value;
}

function readRaw(reference: Reference, event: MatchableEvent): JsonValue | undefined {
  switch (reference.kind) {
    case 'data':
      return readPath(reference.path, event.data);
    case 'attribute': {
      const attributes = event.attributes;
      return attributes !== undefined && Object.hasOwn(attributes, reference.name)
        ? attributes[reference.name]
        : undefined;
    }
    case 'envelope':
      return readEnvelope(reference.name, event);
  }
}

/** What stands at a path, by the same rules, but for NaN. */
export function readPath(path: readonly (string | number)[], data: JsonValue | undefined): JsonValue | undefined {
  let value = data;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (isList(value)) {
      if (typeof step !== 'number' || !Object.hasOwn(value, step)) return undefined;
      value = value[step];
    } else {
      if (typeof step !== 'string' || !Object.hasOwn(value, step)) return undefined;
      value = value[step];
    }
  }
  return value;
}

function readEnvelope(name: EnvelopeName, event: MatchableEvent): string | number | undefined {
  switch (name) {
    case 'topic':
      return event.topic;
    case 'source':
      return event.source;
    case 'id':
      return event.id;
    case 'time':
      return event.time;
    case 'size':
      return event.size;
    case 'contentType':
      return event.contentType;
  }
}

/** Whether a value leaves a comparison unknown: missing, null, or NaN, which is as null wherever it comes from. */
export function isAbsent(value: JsonValue | undefined): value is null | undefined {
  return value === undefined || value === null || Number.isNaN(value);
}

/** `Array.isArray` that also narrows a readonly array. */
export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/**
 * The value of an operand over an event. Arithmetic takes numbers only and gives finite numbers only: with any other
 * operand, with a zero divisor, and where the result leaves the double range, the value is missing. Never throws.
 */
export function evaluateOperand(operand: Operand, event: MatchableEvent): JsonValue | undefined {
  switch (operand.kind) {
    case 'literal':
      return operand.value;
    case 'arithmetic':
      return calculate(operand.operator, evaluateOperand(operand.left, event), evaluateOperand(operand.right, event));
    case 'negate': {
      const value = evaluateOperand(operand.operand, event);
      return typeof value === 'number' && Number.isFinite(value) ? -value : undefined;
    }
    default:
      return readReference(operand, event);
  }
}

/** One arithmetic step, as {@link evaluateOperand} describes it. */
export function calculate(
  operator: '+' | '-' | '*' | '/' | '%',
  left: JsonValue | undefined,
  right: JsonValue | undefined,
): number | undefined {
  if (typeof left !== 'number' || typeof right !== 'number') return undefined;
  const result = compute(operator, left, right);
  return Number.isFinite(result) ? result : undefined;
}

function compute(operator: '+' | '-' | '*' | '/' | '%', left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
  }
}
