import type { Condition, Operand, Reference } from '../language/ast.ts';

/** The references that a condition reads, in order of appearance, repeated as often as they stand there. */
export function referencesOf(condition: Condition): Reference[] {
  const found: Reference[] = [];
  visitCondition(condition, found);
  return found;
}

function visitCondition(condition: Condition, found: Reference[]): void {
  switch (condition.kind) {
    case 'and':
    case 'or':
      for (const part of condition.conditions) visitCondition(part, found);
      return;
    case 'not':
      visitCondition(condition.condition, found);
      return;
    case 'compare':
      visitOperand(condition.left, found);
      visitOperand(condition.right, found);
      return;
    case 'between':
      visitOperand(condition.value, found);
      visitOperand(condition.low, found);
      visitOperand(condition.high, found);
      return;
    case 'element':
      visitOperand(condition.value, found);
      found.push(condition.array);
      return;
    case 'in':
    case 'like':
    case 'text':
      visitOperand(condition.value, found);
      return;
    case 'isNull':
    case 'exists':
      found.push(condition.reference);
      return;
    case 'truth':
      visitOperand(condition.operand, found);
  }
}

function visitOperand(operand: Operand, found: Reference[]): void {
  switch (operand.kind) {
    case 'literal':
      return;
    case 'arithmetic':
      visitOperand(operand.left, found);
      visitOperand(operand.right, found);
      return;
    case 'negate':
      visitOperand(operand.operand, found);
      return;
    default:
      found.push(operand);
  }
}
