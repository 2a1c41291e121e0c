/**
 * Why a filter was refused. Codes are for ever; the words of a message may change.
 *
 * - `predicate_empty`: no text, or only white space.
 * - `predicate_syntax`: not a sentence of the language (unbalanced, two expressions, a bad string or number).
 * - `predicate_unsupported`: a sentence of JavaScript or SQL that this language leaves out on purpose.
 * - `predicate_type`: a value where a condition is wanted, or the reverse; ordering or IN with null.
 * - `predicate_number_range`: a number literal outside the double range.
 * - `predicate_too_long`, `predicate_too_deep`, `predicate_too_many_atoms`, `predicate_too_many_literals`: over a limit.
 * - `residual_limit`: one more filter that must be evaluated for every event, or every event of its topic filter, and there are
 *   as many as there may be.
 * - `topic_filter_invalid`, `topic_invalid`: MQTT 5's rules for topics, or a limit, is broken.
 */
export type FilterErrorCode =
  | 'predicate_empty'
  | 'predicate_syntax'
  | 'predicate_unsupported'
  | 'predicate_type'
  | 'predicate_number_range'
  | 'predicate_too_long'
  | 'predicate_too_deep'
  | 'predicate_too_many_atoms'
  | 'predicate_too_many_literals'
  | 'residual_limit'
  | 'topic_filter_invalid'
  | 'topic_invalid';

/** A filter or a topic was refused. Nothing was changed. */
export class FilterError extends Error {
  override readonly name = 'FilterError';

  readonly code: FilterErrorCode;
  /** The refused text. */
  readonly text: string;
  /** Where the fault starts, in UTF-16 code units of `text`. */
  readonly offset: number;

  constructor(code: FilterErrorCode, message: string, text: string, offset: number) {
    super(message);
    this.code = code;
    this.text = text;
    this.offset = offset;
  }

  /**
   * Two lines for a terminal: the part of the text around the fault, and a caret under it. Control characters are
   * shown as a dot, and at most 72 characters of the text.
   */
  get caret(): string {
    const from = Math.max(0, this.offset - 48);
    const shown = Array.from({ length: Math.min(72, this.text.length - from) }, (_, i) => {
      const unit = this.text.charCodeAt(from + i);
      return unit < 0x20 || unit === 0x7f ? '·' : this.text.charAt(from + i);
    }).join('');
    return `${shown}\n${' '.repeat(this.offset - from)}^`;
  }
}
