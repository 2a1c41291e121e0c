import { FilterError, type FilterErrorCode } from '../filter-error.ts';
import { Arrangement } from './arrangement.ts';
import type { PredicateLimits } from './limits.ts';
import { isIn } from './marks.ts';
import { type Frame, Nesting } from './nesting.ts';
import type { Operator } from './operators.ts';
import type { Token } from './tokens.ts';
import { isForeignOperator, isFunctionName } from './words.ts';

/**
 * Checks the order of the tokens, and rewrites them for jsep: one character for each, placeholders for names and
 * literals, one symbol for each operator of either spelling (see operators.ts).
 *
 * jsep takes much that is no single expression without a word (`a b`, `a; b`, `a, b`, nothing at all) and recurses as
 * deep as the text tells it. So everything that depends on what stands next to what is decided here, in one pass without
 * recursion, with the exact place of a fault; to jsep it leaves what belongs to what.
 *
 * @throws FilterError `predicate_empty`, `predicate_syntax`, `predicate_unsupported`, `predicate_type` (NOT where a value
 *   is wanted), `predicate_too_deep`, `predicate_too_many_literals`
 */
export function arrange(text: string, tokens: readonly Token[], limits: PredicateLimits): Arrangement {
  return new Arranger(text, tokens, limits).run();
}

class Arranger {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  readonly #limits: PredicateLimits;
  readonly #nesting: Nesting;
  readonly #output = new Arrangement();
  #position = 0;
  #literals = 0;
  /** Steps of the path being read. */
  #steps = 0;

  constructor(text: string, tokens: readonly Token[], limits: PredicateLimits) {
    this.#text = text;
    this.#tokens = tokens;
    this.#limits = limits;
    this.#nesting = new Nesting(text, limits.depthMax);
  }

  run(): Arrangement {
    if (this.#peek().kind === 'end') throw this.#fault('predicate_empty', 'the predicate is empty', 0);
    let wantsOperand = true;
    for (;;) {
      const token = this.#take();
      if (wantsOperand) {
        wantsOperand = this.#readOperand(token);
      } else {
        if (token.kind === 'end') break;
        wantsOperand = this.#readOperator(token);
      }
    }
    const open = this.#output.at(this.#nesting.frame.opener);
    if (open !== undefined) throw this.#fault('predicate_syntax', 'the bracket is never closed', open.start);
    this.#requireBounds(this.#text.length);
    return this.#output;
  }

  /** Reads a token where a value or a condition begins. Returns whether one is still wanted after it. */
  #readOperand(token: Token): boolean {
    switch (token.kind) {
      case 'name':
        this.#steps = 1;
        if (this.#peek().kind === '(') return this.#openCall(token);
        this.#output.addPlaceholder(token);
        return false;
      case 'literal':
        if (++this.#literals > this.#limits.literalsMax) {
          throw this.#fault(
            'predicate_too_many_literals',
            `more than ${this.#limits.literalsMax} literals`,
            token.start,
          );
        }
        this.#output.addPlaceholder(token);
        return false;
      case 'null':
        this.#output.addPlaceholder(token);
        return false;
      case 'not':
        return this.#readNot(token);
      case '-':
        return this.#readPrefix('negate', token);
      case 'exists':
        return this.#readPrefix('exists', token);
      case '(':
        return this.#openBracket(token, isIn(this.#output.last) ? 'list' : 'group');
      case '[':
        if (isIn(this.#output.last)) return this.#openBracket(token, 'list');
        throw this.#fault('predicate_unsupported', 'a list stands after IN only', token.start);
      case '+':
        throw this.#fault('predicate_unsupported', "there is no unary '+'", token.start);
      case '/':
        throw this.#fault('predicate_unsupported', 'there are no regular expressions; use LIKE', token.start);
      case 'end':
        throw this.#fault('predicate_syntax', 'the text ends where a value is expected', token.start);
      case 'in':
      case 'is':
      case 'like':
      case 'escape':
      case 'between':
        throw this.#fault(
          'predicate_syntax',
          `a value is expected before ${token.kind.toUpperCase()}; a field of that name is $data.${token.kind}`,
          token.start,
        );
      default:
        throw this.#fault('predicate_syntax', 'a value is expected here', token.start);
    }
  }

  /** Reads a token after a value or a condition. Returns whether another one is wanted after it. */
  #readOperator(token: Token): boolean {
    switch (token.kind) {
      case 'and':
        if (this.#nesting.frame.awaited === 'between and') return this.#readSecondPart('between and', token);
        return this.#readLogical('and', token);
      case 'or':
        return this.#readLogical('or', token);
      case '=':
      case '<>':
      case '<':
      case '<=':
      case '>':
      case '>=':
      case 'in':
      case 'like':
      case 'between':
        return this.#readComparison(token.kind, token);
      case 'not':
        return this.#readNegatedComparison(token);
      case 'is':
        return this.#readIsNull(token);
      case 'escape':
        if (this.#nesting.frame.awaited === 'escape') return this.#readSecondPart('escape', token);
        throw this.#fault('predicate_syntax', 'ESCAPE stands after a LIKE pattern only', token.start);
      case '+':
      case '-':
      case '*':
      case '/':
      case '%':
        this.#nesting.addLink(token.start);
        this.#output.addOperator(token.kind, token.start, token.end);
        return true;
      case '.':
        return this.#readStep(token);
      case '[':
        return this.#readBracketStep(token);
      case '(':
        throw this.#fault('predicate_unsupported', 'only startsWith, endsWith and contains can be called', token.start);
      case ',':
        return this.#readComma(token);
      case ')':
      case ']':
        return this.#close(token);
      default:
        throw this.#strayOperand(token);
    }
  }

  #readNot(token: Token): boolean {
    const frame = this.#nesting.frame;
    const beginsCondition =
      (frame.kind === 'text' || frame.kind === 'group') && !frame.hasComparison && frame.links === 0;
    if (!beginsCondition)
      throw this.#fault('predicate_type', 'NOT gives a condition, but a value is wanted', token.start);
    this.#nesting.addNot(token.start);
    this.#output.addNothing(token.start);
    this.#output.addOperator('not', token.start, token.end);
    return true;
  }

  #readPrefix(operator: 'negate' | 'exists', token: Token): boolean {
    this.#nesting.addLink(token.start);
    this.#output.addOperator(operator, token.start, token.end);
    return true;
  }

  #readLogical(operator: 'and' | 'or', token: Token): boolean {
    this.#requireBounds(token.start);
    this.#nesting.beginCondition();
    this.#output.addOperator(operator, token.start, token.end);
    return true;
  }

  #readComparison(operator: Operator, token: Token, end = token.end): boolean {
    if (this.#nesting.frame.hasComparison) {
      throw this.#fault('predicate_unsupported', 'comparisons do not chain; join two with AND', token.start);
    }
    this.#nesting.frame.hasComparison = true;
    if (operator === 'between' || operator === 'not between') this.#nesting.frame.awaited = 'between and';
    if (operator === 'like' || operator === 'not like') this.#nesting.frame.awaited = 'escape';
    this.#nesting.endOperand();
    this.#output.addOperator(operator, token.start, end);
    return true;
  }

  #readNegatedComparison(token: Token): boolean {
    const { kind, end } = this.#take();
    if (kind === 'in' || kind === 'like' || kind === 'between') return this.#readComparison(`not ${kind}`, token, end);
    throw this.#fault(
      'predicate_syntax',
      'an operator is expected here; NOT stands before IN, LIKE and BETWEEN',
      token.start,
    );
  }

  #readIsNull(token: Token): boolean {
    const isNegated = this.#peek().kind === 'not';
    if (isNegated) this.#take();
    const { kind, start, end } = this.#take();
    if (kind !== 'null') {
      const code = kind === 'end' ? 'predicate_syntax' : 'predicate_unsupported';
      throw this.#fault(code, 'IS stands before NULL and NOT NULL only', start);
    }
    this.#readComparison(isNegated ? 'is not null' : 'is null', token, end);
    this.#output.addNothing(end);
    return false;
  }

  #readSecondPart(part: 'between and' | 'escape', token: Token): boolean {
    this.#nesting.frame.awaited = undefined;
    this.#nesting.endOperand();
    this.#output.addOperator(part, token.start, token.end);
    return true;
  }

  #readStep(dot: Token): boolean {
    this.#requirePath(dot);
    const name = this.#take();
    if (name.kind !== 'name') throw this.#fault('predicate_syntax', 'a name is expected after the dot', name.start);
    this.#output.add(dot, '.');
    this.#output.addPlaceholder(name);
    return false;
  }

  #readBracketStep(open: Token): boolean {
    this.#requirePath(open);
    const step = this.#take();
    const isIndex = typeof step.value === 'number' && Number.isSafeInteger(step.value);
    if (step.kind !== 'literal' || !(isIndex || typeof step.value === 'string')) {
      throw this.#fault('predicate_unsupported', 'a step in brackets is a string or a whole number from 0', step.start);
    }
    const close = this.#take();
    if (close.kind !== ']') throw this.#fault('predicate_syntax', "']' is expected here", close.start);
    this.#output.add(open, '[');
    this.#output.addPlaceholder(step);
    this.#output.add(close, ']');
    return false;
  }

  /** Refuses a step unless a path goes before it: `'abc'.length`, `(a).b` and `f(x).y` have none. */
  #requirePath(token: Token): void {
    const last = this.#output.last?.kind;
    // The bracket that closes a step has no partner, the one that closes a list has.
    const isPath = last === 'name' || (last === ']' && !this.#output.closesBracket);
    if (!isPath) throw this.#fault('predicate_unsupported', 'only a field has members', token.start);
    this.#nesting.requireSteps(++this.#steps, token.start);
  }

  #openCall(name: Token): boolean {
    if (typeof name.value !== 'string' || !isFunctionName(name.value)) {
      throw this.#fault('predicate_unsupported', 'only startsWith, endsWith and contains can be called', name.start);
    }
    this.#output.addPlaceholder(name);
    return this.#openBracket(this.#take(), 'call');
  }

  #openBracket(token: Token, kind: Frame['kind']): boolean {
    this.#nesting.enter(kind, this.#output.length, token.start);
    this.#output.add(token, kind === 'list' ? '[' : '(');
    return true;
  }

  #close(token: Token): boolean {
    const { kind, opener } = this.#nesting.frame;
    const open = this.#output.at(opener);
    if (open === undefined || (open.kind === '(') !== (token.kind === ')')) {
      throw this.#fault('predicate_syntax', 'no bracket of this kind is open here', token.start);
    }
    this.#requireBounds(token.start);
    this.#output.add(token, kind === 'list' ? ']' : ')');
    this.#output.pair(opener);
    this.#nesting.leave();
    return false;
  }

  #readComma(token: Token): boolean {
    if (this.#nesting.frame.kind !== 'list' && this.#nesting.frame.kind !== 'call') {
      throw this.#fault('predicate_syntax', 'a predicate is one expression only', token.start);
    }
    this.#requireBounds(token.start);
    this.#nesting.beginCondition();
    this.#output.add(token, ',');
    return true;
  }

  #strayOperand(token: Token): FilterError {
    if (token.kind === 'name' && typeof token.value === 'string' && isForeignOperator(token.value)) {
      return this.#fault('predicate_unsupported', `'${token.value}' is not an operator of the language`, token.start);
    }
    return this.#fault(
      'predicate_syntax',
      'an operator is expected here; a predicate is one expression only',
      token.start,
    );
  }

  #requireBounds(offset: number): void {
    if (this.#nesting.frame.awaited !== 'between and') return;
    throw this.#fault('predicate_syntax', 'BETWEEN wants AND and a second bound', offset);
  }

  #peek(): Token {
    return this.#tokens[Math.min(this.#position, this.#tokens.length - 1)] as Token;
  }

  #take(): Token {
    const token = this.#peek();
    this.#position++;
    return token;
  }

  #fault(code: FilterErrorCode, message: string, offset: number): FilterError {
    return new FilterError(code, message, this.#text, offset);
  }
}
