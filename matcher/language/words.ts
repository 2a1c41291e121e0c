/**
 * The words of the language. Keywords are so in any case; all other words here are told apart by case, as names are.
 * After a dot every word is a name: `a.in`, `a.this`.
 */

export type Keyword =
  | 'and'
  | 'or'
  | 'not'
  | 'in'
  | 'is'
  | 'null'
  | 'like'
  | 'escape'
  | 'between'
  | 'exists'
  | 'true'
  | 'false';

const keywords: ReadonlyMap<string, Keyword> = new Map(
  (['and', 'or', 'not', 'in', 'is', 'null', 'like', 'escape', 'between', 'exists', 'true', 'false'] as const).map(
    (word) => [word, word],
  ),
);

const longestKeyword = 'between'.length;

/** The keyword that a word is, if any. */
export function keywordOf(word: string): Keyword | undefined {
  // Most words are names in lower case: the first look-up is the only one for them, or none is needed.
  return word.length > longestKeyword ? undefined : (keywords.get(word) ?? keywords.get(word.toLowerCase()));
}

/**
 * Words of JavaScript that cannot be a bare name here, because whoever writes one means JavaScript's meaning: read as a
 * field they would match nothing, silently. A field of that name is `$data.this`.
 */
const reservedWords: ReadonlySet<string> = new Set([
  'this',
  'new',
  'typeof',
  'instanceof',
  'void',
  'delete',
  'undefined',
  'NaN',
  'Infinity',
]);

export function isReservedWord(word: string): boolean {
  return reservedWords.has(word);
}

/** Operators of other dialects, in lower case: named in the refusal when one stands where an operator would. */
const foreignOperators: ReadonlySet<string> = new Set([
  'ilike',
  'rlike',
  'regexp',
  'similar',
  'matches',
  'glob',
  'xor',
  'div',
  'mod',
  'collate',
  'overlaps',
]);

export function isForeignOperator(word: string): boolean {
  return foreignOperators.has(word.toLowerCase());
}

export type FunctionName = 'startsWith' | 'endsWith' | 'contains';

/** The functions, by name. They are names everywhere else: `contains = 1` reads a field. */
export function isFunctionName(word: string): word is FunctionName {
  return word === 'startsWith' || word === 'endsWith' || word === 'contains';
}

const nameShape = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** Whether a step of a path can be written after a dot, without brackets and quotes. */
export function isName(step: string): boolean {
  return nameShape.test(step);
}

/** Whether the first step of a data path can be written bare. */
export function isBareName(step: string): boolean {
  return isName(step) && !step.startsWith('$') && keywordOf(step) === undefined && !isReservedWord(step);
}
