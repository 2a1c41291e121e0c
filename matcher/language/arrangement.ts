import { type Mark, Marks, placeholderOf } from './marks.ts';
import { type Operator, symbolOf } from './operators.ts';
import type { Token } from './tokens.ts';

/** A text that jsep reads as it is meant, while it is being written: one character and one mark at a time. */
export class Arrangement {
  readonly #marks: Mark[] = [];
  readonly #partners = new Map<number, number>();
  #text = '';

  /** What jsep is given. */
  get text(): string {
    return this.#text;
  }

  /** What stands behind each character of the text. */
  get marks(): Marks {
    return new Marks(this.#marks, this.#partners);
  }

  /** How many characters there are, which is the index of the next one. */
  get length(): number {
    return this.#marks.length;
  }

  at(index: number): Mark | undefined {
    return this.#marks[index];
  }

  get last(): Mark | undefined {
    return this.#marks[this.#marks.length - 1];
  }

  /** Whether the last character closes a bracket that {@link pair} knows: not one around a path's step. */
  get closesBracket(): boolean {
    return this.#partners.has(this.#marks.length - 1);
  }

  /** A name or a literal, of which jsep sees a placeholder. */
  addPlaceholder(token: Token): void {
    this.add(token, placeholderOf(this.#marks.length));
  }

  /** The empty operand of an operator that lacks a side. */
  addNothing(offset: number): void {
    this.add({ kind: 'nothing', start: offset, end: offset, value: undefined }, placeholderOf(this.#marks.length));
  }

  addOperator(operator: Operator, start: number, end: number): void {
    this.add({ kind: operator, start, end, value: undefined }, symbolOf(operator));
  }

  add(mark: Mark, character: string): void {
    this.#marks.push(mark);
    this.#text += character;
  }

  /** The bracket at `opener` and the one at the end belong together. */
  pair(opener: number): void {
    const closer = this.#marks.length - 1;
    this.#partners.set(opener, closer);
    this.#partners.set(closer, opener);
  }
}
