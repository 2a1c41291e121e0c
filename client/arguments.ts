import { TellwhenError } from './errors.ts';

/**
 * Throws TellwhenError `invalid_argument` unless it is a text that UTF-8 has a form for. An encoder would put another
 * character for half a surrogate pair, without a word: two ids could become one.
 */
export function checkText(what: string, value: unknown): void {
  if (typeof value !== 'string') throw invalid(`${what} must be a text, not ${kindOf(value)}`);
  if (!value.isWellFormed()) throw invalid(`${what} has half a surrogate pair: it has no form in UTF-8`);
}

/**
 * Throws TellwhenError `invalid_argument` unless it is an object with no other names than these: an option that is
 * misspelt must not be an option that is ignored.
 */
export function checkNames(what: string, given: unknown, names: ReadonlySet<string>): void {
  if (typeof given !== 'object' || given === null) throw invalid(`${what} must be an object, not ${kindOf(given)}`);
  for (const name in given) {
    if (!names.has(name) && Object.hasOwn(given, name))
      throw invalid(`${what}: there is no ${name}; there are ${[...names].join(', ')}`);
  }
}

export function invalid(message: string, cause?: unknown): TellwhenError {
  return new TellwhenError('invalid_argument', message, { cause });
}

/** What a value that should be another is, to be read. */
export function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value;
}
