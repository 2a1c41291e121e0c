import { FilterError } from '../filter-error.ts';
import { readTokens, type TokenKind } from './tokens.ts';

const POSITION = /^\$\d+$/;

/**
 * The language of tuples in the language of events: where tuples are meant, `$0`, `$1`, … name the positions of an array,
 * which elsewhere are `$data[0]`, `$data[1]`, …
 *
 * A text that has no position, or is no sentence, comes back as it is: whoever parses it says what is wrong.
 */
export class Positions {
  /** What it says in the language of events. */
  readonly text: string;
  readonly #given: string;
  /** Where each position ends in `text`, and how much longer the text has become by then. */
  readonly #shifts: { readonly end: number; readonly by: number }[] = [];

  constructor(text: string) {
    this.#given = text;
    this.text = this.#translated();
  }

  /** The same refusal, with the text as it was given and the offset in that. */
  refusal({ code, message, offset }: FilterError): FilterError {
    let by = 0;
    for (const shift of this.#shifts) if (shift.end <= offset) by = shift.by;
    return new FilterError(code, message, this.#given, Math.max(0, offset - by));
  }

  #translated(): string {
    const text = this.#given;
    if (!text.includes('$')) return text;
    let translated = '';
    let from = 0;
    let previous: TokenKind | undefined;
    for (const { kind, start, end, value } of tokensOf(text)) {
      // After a dot it is the name of a field.
      const isPosition = kind === 'name' && previous !== '.' && POSITION.test(String(value));
      previous = kind;
      if (!isPosition) continue;
      translated += `${text.slice(from, start)}$data[${Number(text.slice(start + 1, end))}]`;
      from = end;
      this.#shifts.push({ end: translated.length, by: translated.length - end });
    }
    return translated + text.slice(from);
  }
}

function tokensOf(text: string): ReturnType<typeof readTokens> {
  try {
    return readTokens(text);
  } catch (error) {
    if (error instanceof FilterError) return [];
    throw error;
  }
}
