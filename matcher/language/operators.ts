/**
 * The operators as jsep is told about them. jsep reads a rewritten text (see arrange.ts) in which every operator of
 * either spelling is one character, so that `NOT IN`, `!==` and `BETWEEN … AND` are as easy as `+`.
 *
 * jsep binds a unary operator to the next value alone: right for the minus and EXISTS, but `NOT a = 1` would mean
 * `(NOT a) = 1`. So NOT is a binary operator with an empty operand on its left, and its precedence holds; IS NULL, since
 * jsep has no postfix operators, is one with an empty operand on its right:
 *
 *     NOT a = 1      ∅ ¬ (a = 1)
 *     a IS NULL      a ≡ ∅
 */
export type Operator =
  | 'or'
  | 'and'
  | 'not'
  | '='
  | '<>'
  | '<'
  | '<='
  | '>'
  | '>='
  | 'between'
  | 'not between'
  | 'in'
  | 'not in'
  | 'like'
  | 'not like'
  | 'is null'
  | 'is not null'
  | 'between and'
  | 'escape'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | 'negate'
  | 'exists';

/** Loosest first. A symbol is one UTF-16 unit that means nothing else to jsep. */
type Row = readonly [precedence: number, operator: Operator, symbol: string];

export const binaryOperators: readonly Row[] = [
  [1, 'or', '|'],
  [2, 'and', '&'],
  [3, 'not', '¬'],
  [4, '=', '='],
  [4, '<>', '≠'],
  [4, '<', '<'],
  [4, '<=', '≤'],
  [4, '>', '>'],
  [4, '>=', '≥'],
  [4, 'between', '⊂'],
  [4, 'not between', '⊄'],
  [4, 'in', '∈'],
  [4, 'not in', '∉'],
  [4, 'like', '≈'],
  [4, 'not like', '≉'],
  [4, 'is null', '≡'],
  [4, 'is not null', '≢'],
  [5, 'between and', '⋯'],
  [5, 'escape', '∖'],
  [6, '+', '+'],
  [6, '-', '-'],
  [7, '*', '*'],
  [7, '/', '/'],
  [7, '%', '%'],
];

/** Symbols of these must be ASCII punctuation: jsep would take others for the start of a name. */
export const unaryOperators: readonly (readonly [operator: Operator, symbol: string])[] = [
  ['negate', '-'],
  ['exists', '~'],
];

const symbols: ReadonlyMap<Operator, string> = new Map([
  ...binaryOperators.map(([, operator, symbol]) => [operator, symbol] as const),
  ...unaryOperators,
]);
const operatorsBySymbol: ReadonlyMap<string, Operator> = new Map(
  binaryOperators.map(([, operator, symbol]) => [symbol, operator]),
);
const unaryOperatorsBySymbol: ReadonlyMap<string, Operator> = new Map(
  unaryOperators.map(([operator, symbol]) => [symbol, operator]),
);

export function symbolOf(operator: Operator): string {
  return symbols.get(operator) as string;
}

/** The operator a symbol between two operands stands for. */
export function binaryOperatorOf(symbol: string): Operator | undefined {
  return operatorsBySymbol.get(symbol);
}

/** The operator a symbol before an operand stands for. */
export function unaryOperatorOf(symbol: string): Operator | undefined {
  return unaryOperatorsBySymbol.get(symbol);
}
