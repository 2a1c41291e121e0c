import type { Operand, Scalar, Span } from './ast.ts';
import { printOperand } from './print.ts';
import { calculate } from './values.ts';

/**
 * Arithmetic over literals done once, and the sides of `+` and `*` in canonical order (see {@link isBefore}).
 * `undefined` means: missing for every event, as are `1 / 0` and `'a' + 1`, and whatever is computed from them.
 */
export function foldOperand(operand: Operand): Operand | undefined {
  switch (operand.kind) {
    case 'arithmetic':
      return foldArithmetic(operand);
    case 'negate': {
      const inner = foldOperand(operand.operand);
      if (inner === undefined) return undefined;
      if (inner.kind === 'literal') return literalOf(calculate('-', 0, inner.value), operand.span);
      return { ...operand, operand: inner };
    }
    default:
      return operand;
  }
}

/**
 * The canonical order of two operands whose places can be exchanged: literals last, so that a threshold stands on the
 * right of its field, and then by text.
 */
export function isBefore(left: Operand, right: Operand): boolean {
  const isLeftLiteral = left.kind === 'literal';
  if (isLeftLiteral !== (right.kind === 'literal')) return !isLeftLiteral;
  return printOperand(left) <= printOperand(right);
}

function foldArithmetic(operand: Extract<Operand, { kind: 'arithmetic' }>): Operand | undefined {
  const left = foldOperand(operand.left);
  const right = foldOperand(operand.right);
  if (left === undefined || right === undefined || isNoNumber(left) || isNoNumber(right)) return undefined;
  const { operator, span } = operand;
  if (left.kind === 'literal' && right.kind === 'literal') {
    return literalOf(calculate(operator, left.value, right.value), span);
  }
  if ((operator === '/' || operator === '%') && right.kind === 'literal' && right.value === 0) return undefined;
  const isCommutative = operator === '+' || operator === '*';
  return isCommutative && !isBefore(left, right)
    ? { kind: 'arithmetic', operator, left: right, right: left, span }
    : { kind: 'arithmetic', operator, left, right, span };
}

function isNoNumber(operand: Operand): boolean {
  return operand.kind === 'literal' && typeof operand.value !== 'number';
}

/** Zero never carries a sign: no operator of the language can tell. */
function literalOf(value: Scalar | undefined, span: Span): Operand | undefined {
  return value === undefined ? undefined : { kind: 'literal', value: value === 0 ? 0 : value, span };
}
