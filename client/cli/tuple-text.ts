import { ANY, type FieldTemplate, type Template, type Tuple } from '../index.ts';
import { UsageError } from './usage-error.ts';

const WORDS: { readonly [word: string]: FieldTemplate } = {
  '*': ANY,
  ANY,
  String,
  Number,
  Boolean,
  Array,
  Object,
  true: true,
  false: false,
  null: null,
};
/** A string or number of JSON, or a word, and the colon that makes a name of it. */
const TOKEN = /"(?:\\.|[^"\\])*"|-?\d[\w.+-]*|(\*|[A-Za-z_$][\w$]*)(\s*:)?/gs;

/**
 * A template as people type it: JSON in which the words `String`, `Number`, `Boolean`, `Array` and `Object` stand for any
 * value of the type, and `*` or `ANY` for anything; names need no quotes. Throws UsageError.
 */
export function templateOf(text: string): Template {
  const quoted = text.replace(TOKEN, (token: string, word?: string, colon?: string) => {
    if (word === undefined) return token.startsWith('"') ? `"${TEXT}${token.slice(1)}` : token;
    return colon === undefined ? `"${WORD}${word}"` : `"${TEXT}${word}"${colon}`;
  });
  const template = unquoted(parsed('template', quoted));
  if (typeof template === 'object' && template !== null) return template;
  throw new UsageError(`a template is an array or an object, as '["resize", String]', not ${text}`);
}

/** Throws UsageError for what is no JSON, or neither an array nor an object. */
export function tupleOf(text: string): Tuple {
  const tuple = parsed('tuple', text);
  if (typeof tuple === 'object' && tuple !== null) return tuple as Tuple;
  throw new UsageError(`a tuple is an array or an object, as '["resize", "a.png"]', not ${text}`);
}

/** While it is JSON, the first character of each string says which it was: a string, or a word. */
const TEXT = '=';
const WORD = '?';

function unquoted(value: unknown): FieldTemplate {
  if (typeof value === 'string') return value.startsWith(TEXT) ? value.slice(1) : meaning(value.slice(1));
  if (Array.isArray(value)) return value.map(unquoted);
  if (typeof value !== 'object' || value === null) return value as FieldTemplate;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name.slice(1), unquoted(field)]));
}

function meaning(word: string): FieldTemplate {
  if (Object.hasOwn(WORDS, word)) return WORDS[word] as FieldTemplate;
  throw new UsageError(`${word} means nothing in a template; a text stands in quotes: "${word}"`);
}

function parsed(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`the ${what} is not JSON`);
  }
}
