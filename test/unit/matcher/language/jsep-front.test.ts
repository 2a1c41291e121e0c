import { describe, expect, it } from 'vitest';
import { buildTree } from '../../../../matcher/language/jsep-front.ts';
import { binaryOperators, unaryOperators } from '../../../../matcher/language/operators.ts';

/** The tree in brackets, with letters as placeholders. */
function grouping(arranged: string): string {
  const show = (node: ReturnType<typeof buildTree>): string => {
    switch (node.type) {
      case 'Identifier':
        return node.name;
      case 'UnaryExpression':
        return `(${node.operator}${show(node.argument)})`;
      case 'BinaryExpression':
        return `(${show(node.left)}${node.operator}${show(node.right)})`;
      case 'MemberExpression':
        return `${show(node.object)}.${show(node.property)}`;
      case 'CallExpression':
        return `${show(node.callee)}(${node.arguments.map(show).join()})`;
      case 'ArrayExpression':
        return `[${node.elements.map(show).join()}]`;
    }
  };
  return show(buildTree(arranged));
}

describe('jsep, as it is configured', () => {
  it.each([
    ['x¬a=b', '(x¬(a=b))'],
    ['x¬x¬a', '(x¬(x¬a))'],
    ['x¬-a=b', '(x¬((-a)=b))'],
    ['x¬~a&b', '((x¬(~a))&b)'],
    ['a&x¬b=c|d', '((a&(x¬(b=c)))|d)'],
    ['a⊂b+c⋯d&e', '((a⊂((b+c)⋯d))&e)'],
    ['a≈b∖c|d', '((a≈(b∖c))|d)'],
    ['a≡x&b', '((a≡x)&b)'],
    ['a∈[b,-c]&d', '((a∈[b,(-c)])&d)'],
    ['a-b-c*-d', '((a-b)-(c*(-d)))'],
    ['-a.b[c]*d', '((-a.b.c)*d)'],
    ['f(a+b,c)&d', '(f((a+b),c)&d)'],
  ])('%s', (arranged, expected) => {
    expect(grouping(arranged)).toBe(expected);
  });

  it('gives every operator the precedence of the table', () => {
    for (const [loosePrecedence, looseOperator, loose] of binaryOperators) {
      for (const [tightPrecedence, , tight] of binaryOperators) {
        if (loosePrecedence > tightPrecedence || looseOperator === 'not') continue;
        const isSame = loosePrecedence === tightPrecedence;
        expect(grouping(`a${loose}b${tight}c`)).toBe(isSame ? `((a${loose}b)${tight}c)` : `(a${loose}(b${tight}c))`);
      }
    }
  });

  it('has one symbol for each operator', () => {
    const binary = binaryOperators.map(([, , symbol]) => symbol);
    expect(new Set(binary).size).toBe(binary.length);
    expect([...binary, ...unaryOperators.map(([, symbol]) => symbol)].every((symbol) => symbol.length === 1)).toBe(
      true,
    );
  });

  it('knows no operator of its own any more', () => {
    for (const text of ['a&&b', 'a||b', 'a==b', 'a!=b', '!a', 'a**b', 'a??b', '+a', 'a^b']) {
      expect(() => buildTree(text), text).toThrow();
    }
  });
});
