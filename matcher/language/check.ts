import { FilterError, type FilterErrorCode } from '../filter-error.ts';
import type { Comparison, Condition } from './ast.ts';
import { OperandChecker } from './check-operand.ts';
import type { Tree } from './jsep-front.ts';
import { isSearchable, isWellEscaped } from './like.ts';
import { type PredicateLimits, wildcardPartMax } from './limits.ts';
import type { Marks } from './marks.ts';
import { binaryOperatorOf, type Operator, unaryOperatorOf } from './operators.ts';
import { isFunctionName } from './words.ts';

type Binary = Extract<Tree, { type: 'BinaryExpression' }>;
type Unary = Extract<Tree, { type: 'UnaryExpression' }>;
type Call = Extract<Tree, { type: 'CallExpression' }>;

/**
 * Turns jsep's tree into a condition. An allow-list: each place in the language names the nodes that it takes, and
 * anything else is refused. Here a value is told from a condition:
 *
 * - A condition is a comparison, a function, EXISTS, AND, OR, NOT; or a reference or boolean literal, which stands for its
 *   own truth. Strings, numbers, null and arithmetic are no conditions.
 * - `null` stands beside `=` and `<>` only, with a reference on the other side, and then means IS NULL or IS NOT NULL.
 * - AND directly in AND is one AND, whatever the brackets, and OR likewise.
 *
 * Recursion goes no deeper than brackets, NOT and arithmetic that `arrange` has let through; chains of AND and OR, which
 * only `atomsMax` bounds, are walked in a loop.
 *
 * @throws FilterError `predicate_type`, `predicate_unsupported`, `predicate_syntax` (a bad LIKE escape),
 *   `predicate_too_many_atoms`, `predicate_too_long` (what LIKE has to search for)
 */
export function checkTree(text: string, tree: Tree, marks: Marks, limits: PredicateLimits): Condition {
  return new Checker(text, marks, limits).condition(tree);
}

class Checker {
  readonly #text: string;
  readonly #marks: Marks;
  readonly #limits: PredicateLimits;
  readonly #operands: OperandChecker;
  #atoms = 0;

  constructor(text: string, marks: Marks, limits: PredicateLimits) {
    this.#text = text;
    this.#marks = marks;
    this.#limits = limits;
    this.#operands = new OperandChecker(text, marks);
  }

  condition(node: Tree): Condition {
    const operator = operatorOfNode(node);
    if (node.type === 'BinaryExpression' && (operator === 'and' || operator === 'or')) {
      return this.#logical(operator, node);
    }
    if (node.type === 'BinaryExpression' && operator === 'not') {
      return { kind: 'not', condition: this.condition(node.right), span: this.#marks.spanOf(node) };
    }
    if (++this.#atoms > this.#limits.atomsMax) {
      throw this.#fault('predicate_too_many_atoms', `more than ${this.#limits.atomsMax} conditions`, node);
    }
    return this.#atom(node, operator);
  }

  #logical(kind: 'and' | 'or', node: Binary): Condition {
    const conditions: Condition[] = [];
    const pending: Tree[] = [node];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (next.type === 'BinaryExpression' && binaryOperatorOf(next.operator) === kind) {
        pending.push(next.right, next.left);
      } else {
        conditions.push(this.condition(next));
      }
    }
    return { kind, conditions, span: this.#marks.spanOf(node) };
  }

  #atom(node: Tree, operator: Operator | undefined): Condition {
    switch (node.type) {
      case 'Identifier':
      case 'MemberExpression':
        return this.#truth(node);
      case 'CallExpression':
        return this.#textTest(node);
      case 'UnaryExpression':
        return this.#exists(node);
      case 'BinaryExpression':
        return this.#comparison(node, operator);
      default:
        throw this.#fault('predicate_unsupported', 'this is not part of the language', node);
    }
  }

  #comparison(node: Binary, operator: Operator | undefined): Condition {
    switch (operator) {
      case '=':
      case '<>':
      case '<':
      case '<=':
      case '>':
      case '>=':
        return this.#compare(operator, node);
      case 'between':
      case 'not between':
        return this.#between(node, operator === 'not between');
      case 'in':
      case 'not in':
        return this.#in(node, operator === 'not in');
      case 'like':
      case 'not like':
        return this.#like(node, operator === 'not like');
      case 'is null':
      case 'is not null':
        return this.#isNull(node, node.left, operator === 'is not null');
      default:
        throw this.#noCondition(node);
    }
  }

  #exists(node: Unary): Condition {
    if (unaryOperatorOf(node.operator) !== 'exists') throw this.#noCondition(node);
    return {
      kind: 'exists',
      reference: this.#operands.reference(node.argument, 'EXISTS'),
      span: this.#marks.spanOf(node),
    };
  }

  #truth(node: Tree): Condition {
    const operand = this.#operands.operand(node);
    if (operand.kind === 'literal' && typeof operand.value !== 'boolean') {
      throw this.#fault('predicate_type', `a ${typeof operand.value} is no condition`, node);
    }
    return { kind: 'truth', operand, span: operand.span };
  }

  #compare(operator: Comparison, node: Binary): Condition {
    if (operator === '=' || operator === '<>') {
      if (this.#operands.isNull(node.right)) return this.#isNull(node, node.left, operator === '<>');
      if (this.#operands.isNull(node.left)) return this.#isNull(node, node.right, operator === '<>');
    }
    const left = this.#operands.operand(node.left);
    const right = this.#operands.operand(node.right);
    return { kind: 'compare', operator, left, right, span: this.#marks.spanOf(node) };
  }

  #isNull(node: Binary, operand: Tree, negated: boolean): Condition {
    const reference = this.#operands.reference(operand, 'a comparison with null');
    return { kind: 'isNull', reference, negated, span: this.#marks.spanOf(node) };
  }

  #between(node: Binary, negated: boolean): Condition {
    const bounds = node.right;
    if (bounds.type !== 'BinaryExpression' || binaryOperatorOf(bounds.operator) !== 'between and') {
      throw this.#fault('predicate_syntax', 'BETWEEN wants two bounds joined by AND', bounds);
    }
    const value = this.#operands.operand(node.left);
    const low = this.#operands.operand(bounds.left);
    const high = this.#operands.operand(bounds.right);
    return { kind: 'between', value, low, high, negated, span: this.#marks.spanOf(node) };
  }

  #in(node: Binary, negated: boolean): Condition {
    const value = this.#operands.operand(node.left);
    const set = node.right;
    if (set.type === 'ArrayExpression') {
      const literals = set.elements.map((member) => this.#operands.literal(member, 'an IN list'));
      return { kind: 'in', value, literals, negated, span: this.#marks.spanOf(node) };
    }
    const array = this.#operands.reference(set, 'IN without a list');
    if (array.kind !== 'data') {
      throw this.#fault('predicate_type', 'only a field of the data can be an array', set);
    }
    return { kind: 'element', value, array, negated, span: this.#marks.spanOf(node) };
  }

  #like(node: Binary, negated: boolean): Condition {
    const value = this.#operands.operand(node.left);
    const span = this.#marks.spanOf(node);
    if (operatorOfNode(node.right) !== 'escape' || node.right.type !== 'BinaryExpression') {
      return { kind: 'like', value, pattern: this.#pattern(node.right), negated, span };
    }
    const escapeCharacter = this.#operands.string(node.right.right, 'ESCAPE');
    if (Array.from(escapeCharacter).length !== 1) {
      throw this.#fault('predicate_syntax', 'ESCAPE wants exactly one character', node.right.right);
    }
    const pattern = this.#pattern(node.right.left, escapeCharacter);
    return { kind: 'like', value, pattern, escape: escapeCharacter, negated, span };
  }

  #pattern(node: Tree, escapeCharacter?: string): string {
    const pattern = this.#operands.string(node, 'LIKE');
    if (escapeCharacter !== undefined && !isWellEscaped(pattern, escapeCharacter)) {
      throw this.#fault('predicate_syntax', "the escape character stands before '%', '_' and itself only", node);
    }
    if (!isSearchable(pattern, escapeCharacter)) {
      const message = `more than ${wildcardPartMax} characters, '_' among them, between two '%'`;
      throw this.#fault('predicate_too_long', message, node);
    }
    return pattern;
  }

  #textTest(node: Call): Condition {
    const test = node.callee.type === 'Identifier' ? this.#marks.of(node.callee).value : undefined;
    if (typeof test !== 'string' || !isFunctionName(test)) {
      throw this.#fault('predicate_unsupported', 'only startsWith, endsWith and contains can be called', node);
    }
    const [first, second] = node.arguments;
    if (first === undefined || second === undefined || node.arguments.length > 2) {
      throw this.#fault('predicate_type', `${test} takes a value and a string`, node);
    }
    const value = this.#operands.operand(first);
    return { kind: 'text', test, value, literal: this.#operands.string(second, test), span: this.#marks.spanOf(node) };
  }

  #noCondition(node: Tree): FilterError {
    return this.#fault('predicate_type', 'arithmetic gives a value, but a condition is wanted', node);
  }

  #fault(code: FilterErrorCode, message: string, node: Tree): FilterError {
    return new FilterError(code, message, this.#text, this.#marks.startOf(node));
  }
}

function operatorOfNode(node: Tree): Operator | undefined {
  return node.type === 'BinaryExpression' ? binaryOperatorOf(node.operator) : undefined;
}
