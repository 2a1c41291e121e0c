import { FilterError, type FilterErrorCode } from '../filter-error.ts';
import type { Operand, Reference, Scalar } from './ast.ts';
import type { Tree } from './jsep-front.ts';
import type { Marks } from './marks.ts';
import { binaryOperatorOf, unaryOperatorOf } from './operators.ts';
import { referenceFrom } from './references.ts';

type Binary = Extract<Tree, { type: 'BinaryExpression' }>;
type Unary = Extract<Tree, { type: 'UnaryExpression' }>;

/**
 * Turns those parts of jsep's tree that stand where a value is wanted into operands: references, literals, arithmetic
 * over them. A condition is never an operand, so `(a = 1) = (b = 1)` is refused; nor is null, which the caller has to
 * look for first where it may stand. A number literal takes the unary minus before it as its sign, and zero has none.
 *
 * All methods throw FilterError: `predicate_type`, and `predicate_unsupported` for a reference that there is not.
 */
export class OperandChecker {
  readonly #text: string;
  readonly #marks: Marks;

  constructor(text: string, marks: Marks) {
    this.#text = text;
    this.#marks = marks;
  }

  operand(node: Tree): Operand {
    switch (node.type) {
      case 'Identifier':
        return this.#leaf(node);
      case 'MemberExpression':
        return referenceFrom(this.#text, node, this.#marks);
      case 'UnaryExpression':
        return this.#negate(node);
      case 'BinaryExpression':
        return this.#arithmetic(node);
      case 'CallExpression':
        throw this.#noValue(node);
      default:
        throw this.#fault('predicate_unsupported', 'this is not part of the language', node);
    }
  }

  #leaf(node: Extract<Tree, { type: 'Identifier' }>): Operand {
    const { kind, value, start, end } = this.#marks.of(node);
    if (kind === 'name') return referenceFrom(this.#text, node, this.#marks);
    if (kind === 'literal' && value !== undefined) return { kind: 'literal', value, span: { start, end } };
    throw this.#fault('predicate_type', "null stands beside '=', '<>' and IS only", node);
  }

  #arithmetic(node: Binary): Operand {
    const operator = binaryOperatorOf(node.operator);
    switch (operator) {
      case '+':
      case '-':
      case '*':
      case '/':
      case '%': {
        const left = this.operand(node.left);
        const right = this.operand(node.right);
        return { kind: 'arithmetic', operator, left, right, span: this.#marks.spanOf(node) };
      }
      default:
        throw this.#noValue(node);
    }
  }

  #negate(node: Unary): Operand {
    if (unaryOperatorOf(node.operator) !== 'negate') throw this.#noValue(node);
    const operand = this.operand(node.argument);
    const span = this.#marks.spanOf(node);
    if (operand.kind !== 'literal' || typeof operand.value !== 'number') return { kind: 'negate', operand, span };
    return { kind: 'literal', value: operand.value === 0 ? 0 : -operand.value, span };
  }

  reference(node: Tree, where: string): Reference {
    const isName =
      node.type === 'MemberExpression' || (node.type === 'Identifier' && this.#marks.of(node).kind === 'name');
    if (!isName) throw this.#fault('predicate_type', `${where} wants a field`, node);
    return referenceFrom(this.#text, node, this.#marks);
  }

  literal(node: Tree, where: string): Scalar {
    const operand = this.operand(node);
    if (operand.kind !== 'literal') throw this.#fault('predicate_type', `${where} takes literals only`, node);
    return operand.value;
  }

  string(node: Tree, where: string): string {
    const literal = this.literal(node, where);
    if (typeof literal !== 'string') throw this.#fault('predicate_type', `${where} wants a string`, node);
    return literal;
  }

  isNull(node: Tree): boolean {
    return node.type === 'Identifier' && this.#marks.of(node).kind === 'null';
  }

  #noValue(node: Tree): FilterError {
    return this.#fault('predicate_type', 'a value is wanted here, and this is a condition', node);
  }

  #fault(code: FilterErrorCode, message: string, node: Tree): FilterError {
    return new FilterError(code, message, this.#text, this.#marks.startOf(node));
  }
}
