import type { Span } from './ast.ts';
import type { Tree } from './jsep-front.ts';
import type { Operator } from './operators.ts';
import type { Token, TokenKind } from './tokens.ts';

/**
 * What stands behind each character of an arranged text: mark `i` is the token, or the two merged ones (`NOT IN`), that
 * became character `i`. jsep's nodes carry no positions, but every name and literal is a placeholder that gives its
 * mark's index, and from the marks at its edges a node's place in the original text follows.
 *
 *     text       NOT  room.floor  >=  3
 *     arranged   ∅ ¬  x   . y     ≥   z      x, y, z and ∅ are placeholders
 *     mark       0 1  2   3 4     5   6
 */
export interface Mark {
  readonly kind: TokenKind | Operator | 'nothing';
  readonly start: number;
  readonly end: number;
  readonly value: Token['value'];
}

/**
 * Placeholders are single UTF-16 units, letters to jsep. The first 26 are A to Z: V8 has a string of each at hand, and
 * jsep makes several of every letter that it reads. The rest go on from here, none of them an operator's symbol, and
 * 43,008 of them before the surrogates begin. A character of text makes two marks at most, which bounds
 * `charactersCeiling`.
 */
const placeholderBase = 0x3000;
const firstLetter = 0x41;
const letters = 26;

export function placeholderOf(index: number): string {
  return String.fromCharCode(index < letters ? firstLetter + index : placeholderBase + index);
}

/** The mark behind a placeholder that jsep returned as a name. */
function indexOfPlaceholder(name: string): number {
  const unit = name.charCodeAt(0);
  return unit < placeholderBase ? unit - firstLetter : unit - placeholderBase;
}

/** Marks of one predicate, and which bracket closes which. */
export class Marks {
  readonly #marks: readonly Mark[];
  /** For the index of a bracket's mark, that of its partner. Brackets of a path's steps are not in it. */
  readonly #partners: ReadonlyMap<number, number>;

  constructor(marks: readonly Mark[], partners: ReadonlyMap<number, number>) {
    this.#marks = marks;
    this.#partners = partners;
  }

  at(index: number): Mark {
    return this.#marks[index] as Mark;
  }

  /** The mark of a placeholder node. */
  of(node: { readonly name: string }): Mark {
    return this.at(indexOfPlaceholder(node.name));
  }

  /** Where a node begins in the original text, without brackets around it. */
  startOf(node: Tree): number {
    return this.at(this.#first(node)).start;
  }

  /** Where a node, or a run of siblings from `node` to `until`, stands in the original text. Brackets balance in it. */
  spanOf(node: Tree, until: Tree = node): Span {
    let first = this.#first(node);
    let last = this.#last(until);
    // A group at an edge has lost its brackets in the tree; those that close inside the node are part of it.
    for (let partner = this.#partners.get(first - 1); partner !== undefined && partner >= first && partner <= last; ) {
      first--;
      partner = this.#partners.get(first - 1);
    }
    for (let partner = this.#partners.get(last + 1); partner !== undefined && partner >= first && partner <= last; ) {
      last++;
      partner = this.#partners.get(last + 1);
    }
    return { start: this.at(first).start, end: this.at(last).end };
  }

  #first(node: Tree): number {
    for (;;) {
      switch (node.type) {
        case 'Identifier':
          return indexOfPlaceholder(node.name);
        case 'BinaryExpression':
          node = node.left;
          break;
        case 'MemberExpression':
          node = node.object;
          break;
        case 'CallExpression':
          node = node.callee;
          break;
        case 'UnaryExpression':
          return this.#before(node.argument, isPrefix);
        case 'ArrayExpression':
          return this.#openerOf(node);
      }
    }
  }

  #last(node: Tree): number {
    for (;;) {
      switch (node.type) {
        case 'Identifier':
          return indexOfPlaceholder(node.name);
        case 'BinaryExpression':
          node = node.right;
          break;
        case 'UnaryExpression':
          node = node.argument;
          break;
        case 'MemberExpression':
          return this.#last(node.property) + (node.computed ? 1 : 0);
        case 'CallExpression':
          return this.#partners.get(this.#first(node) + 1) as number;
        case 'ArrayExpression':
          return this.#partners.get(this.#openerOf(node)) as number;
      }
    }
  }

  /** The bracket that opens an IN list. */
  #openerOf(list: Extract<Tree, { type: 'ArrayExpression' }>): number {
    return this.#before(list.elements[0] as Tree, isIn) + 1;
  }

  /** The nearest such mark before a node: between the two there are only opening brackets. */
  #before(node: Tree, isWanted: (mark: Mark) => boolean): number {
    let index = this.#first(node) - 1;
    while (!isWanted(this.at(index))) index--;
    return index;
  }
}

function isPrefix(mark: Mark): boolean {
  return mark.kind === 'negate' || mark.kind === 'exists';
}

/** Whether an IN list or an array's name follows this mark. */
export function isIn(mark: Mark | undefined): boolean {
  return mark?.kind === 'in' || mark?.kind === 'not in';
}
