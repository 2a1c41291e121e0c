import jsep from 'jsep';
import { binaryOperators, unaryOperators } from './operators.ts';

/**
 * What jsep makes of an arranged text. The names are those of ESTree, the members are those that the language allows;
 * whoever walks a tree refuses any other type, since nothing but jsep's good behaviour keeps them out.
 */
export type Tree =
  | { readonly type: 'Identifier'; readonly name: string }
  | { readonly type: 'MemberExpression'; readonly computed: boolean; readonly object: Tree; readonly property: Tree }
  | { readonly type: 'CallExpression'; readonly callee: Tree; readonly arguments: readonly Tree[] }
  | { readonly type: 'ArrayExpression'; readonly elements: readonly Tree[] }
  | { readonly type: 'UnaryExpression'; readonly operator: string; readonly argument: Tree }
  | { readonly type: 'BinaryExpression'; readonly operator: string; readonly left: Tree; readonly right: Tree };

// jsep keeps its tables on the class, for the whole process: they are set once, here, and nowhere else. Nothing of
// JavaScript is left in them, so that an operator which this language does not have cannot slip through.
jsep.removeAllUnaryOps();
jsep.removeAllBinaryOps();
jsep.removeAllLiterals();
for (const [, symbol] of unaryOperators) jsep.addUnaryOp(symbol);
for (const [precedence, operator, symbol] of binaryOperators) {
  // `NOT NOT a` is `NOT (NOT a)`. Only one precedence may associate to the right: between two that do, jsep 1.6 lets
  // the looser one bind first.
  jsep.addBinaryOp(symbol, precedence, operator === 'not');
}

/**
 * Builds the tree of a text that `arrange` made. That function lets only well-formed sequences through; so if jsep
 * throws, it is our own mistake and no answer to a subscriber.
 *
 * jsep recurses once for each open bracket and each unary operator, which `arrange` has bounded by `depthMax`. Chains
 * of binary operators it keeps on a stack of its own, in linear time.
 */
export function buildTree(arranged: string): Tree {
  return jsep(arranged) as unknown as Tree;
}
