import type { Condition, Group, Operand, Reference, Scalar } from './ast.ts';
import { isBareName, isName } from './words.ts';

/**
 * The canonical text of a condition: SQL's spelling, keywords in capitals, single spaces, and brackets only where
 * precedence needs them. Parsing the text gives the same tree again, spans apart. Control characters and lone surrogates
 * are written as escapes, so that the text survives UTF-8 and a terminal. Cost: the size of the text.
 */
export function printCondition(condition: Condition): string {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return printGroup(condition, condition.conditions.map(printCondition));
    case 'not':
      return printGroup(condition, [printCondition(condition.condition)]);
    case 'compare':
      return `${printOperand(condition.left)} ${condition.operator} ${printOperand(condition.right)}`;
    case 'between': {
      const bounds = `BETWEEN ${printOperand(condition.low)} AND ${printOperand(condition.high)}`;
      return `${printOperand(condition.value)} ${notIf(condition.negated)}${bounds}`;
    }
    case 'in': {
      const members = condition.literals.map(printScalar).join(', ');
      return `${printOperand(condition.value)} ${notIf(condition.negated)}IN (${members})`;
    }
    case 'element':
      return `${printOperand(condition.value)} ${notIf(condition.negated)}IN ${printReference(condition.array)}`;
    case 'like': {
      const ending = condition.escape === undefined ? '' : ` ESCAPE ${printScalar(condition.escape)}`;
      const pattern = printScalar(condition.pattern);
      return `${printOperand(condition.value)} ${notIf(condition.negated)}LIKE ${pattern}${ending}`;
    }
    case 'text':
      return `${condition.test}(${printOperand(condition.value)}, ${printScalar(condition.literal)})`;
    case 'isNull':
      return `${printReference(condition.reference)} IS ${notIf(condition.negated)}NULL`;
    case 'exists':
      return `EXISTS ${printReference(condition.reference)}`;
    case 'truth':
      return printOperand(condition.operand);
  }
}

/**
 * As {@link printCondition}, from the printed parts. If of each part its first `n` characters are given, the first `n` of
 * the whole come out right.
 */
export function printGroup(condition: Group, parts: readonly string[]): string {
  const level = levelOf(condition);
  if (condition.kind === 'not') return `NOT ${bracketIf(levelOf(condition.condition) < level, parts[0] ?? '')}`;
  const word = condition.kind === 'and' ? ' AND ' : ' OR ';
  return condition.conditions.map((child, i) => bracketIf(levelOf(child) <= level, parts[i] ?? '')).join(word);
}

/** The canonical text of an operand, as it stands in {@link printCondition}. */
export function printOperand(operand: Operand): string {
  switch (operand.kind) {
    case 'literal':
      return printScalar(operand.value);
    case 'arithmetic': {
      const level = levelOfOperand(operand);
      // Left-associative: a right operand of the same level keeps its brackets.
      const left = printOperandInside(operand.left, level);
      return `${left} ${operand.operator} ${printOperandInside(operand.right, level + 1)}`;
    }
    case 'negate': {
      const inner = printOperandInside(operand.operand, levelOfOperand(operand));
      return inner.startsWith('-') ? `- ${inner}` : `-${inner}`;
    }
    default:
      return printReference(operand);
  }
}

/** `room.floor`, `tags[0]`, `$attr.x`, `$time`; through `$data` where the first step cannot be written bare. */
export function printReference(reference: Reference): string {
  switch (reference.kind) {
    case 'envelope':
      return `$${reference.name}`;
    case 'attribute':
      return `$attr${printStep(reference.name)}`;
    case 'data': {
      const [first, ...rest] = reference.path;
      const isBare = typeof first === 'string' && isBareName(first);
      return isBare ? first + rest.map(printStep).join('') : `$data${reference.path.map(printStep).join('')}`;
    }
  }
}

/** A literal as the language writes it. */
export function printScalar(value: Scalar): string {
  return typeof value === 'string'
    ? `'${value.replace(/['\\]|[\p{Cc}\p{Surrogate}]/gu, escapeCharacter)}'`
    : String(value);
}

/** Whether two conditions are the same tree. Where they stood in their texts does not count. */
export function sameCondition(left: Condition, right: Condition): boolean {
  return isSame(left, right);
}

function printStep(step: string | number): string {
  if (typeof step === 'number') return `[${step}]`;
  return isName(step) ? `.${step}` : `[${printScalar(step)}]`;
}

function escapeCharacter(character: string): string {
  switch (character) {
    case "'":
      return "''";
    case '\\':
      return '\\\\';
    case '\n':
      return '\\n';
    case '\r':
      return '\\r';
    case '\t':
      return '\\t';
    default:
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  }
}

function notIf(negated: boolean): string {
  return negated ? 'NOT ' : '';
}

/** How tightly a condition binds; brackets are needed inside anything that binds tighter. */
function levelOf(condition: Condition): number {
  switch (condition.kind) {
    case 'or':
      return 1;
    case 'and':
      return 2;
    case 'not':
      return 3;
    default:
      return 4;
  }
}

function levelOfOperand(operand: Operand): number {
  if (operand.kind === 'arithmetic') return operand.operator === '+' || operand.operator === '-' ? 1 : 2;
  return operand.kind === 'negate' ? 3 : 4;
}

function bracketIf(isLooser: boolean, text: string): string {
  return isLooser ? `(${text})` : text;
}

function printOperandInside(operand: Operand, level: number): string {
  const text = printOperand(operand);
  return levelOfOperand(operand) < level ? `(${text})` : text;
}

function isSame(left: unknown, right: unknown): boolean {
  if (typeof left !== 'object' || left === null || typeof right !== 'object' || right === null) return left === right;
  const leftFields = Object.entries(left).filter(([name]) => name !== 'span');
  const rightFields = new Map(Object.entries(right).filter(([name]) => name !== 'span'));
  return (
    leftFields.length === rightFields.size &&
    leftFields.every(([name, value]) => rightFields.has(name) && isSame(value, rightFields.get(name)))
  );
}
