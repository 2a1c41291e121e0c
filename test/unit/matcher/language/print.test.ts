import { describe, expect, it } from 'vitest';
import type { Condition, Operand, Reference } from '../../../../matcher/language/ast.ts';
import { parsePredicate } from '../../../../matcher/language/parse.ts';
import {
  printCondition,
  printOperand,
  printReference,
  printScalar,
  sameCondition,
} from '../../../../matcher/language/print.ts';

const span = { start: 0, end: 0 };

describe('printReference', () => {
  const data = (...path: (string | number)[]): Reference => ({ kind: 'data', path, span });
  it.each<[Reference, string]>([
    [data('a'), 'a'],
    [data('a', 'b', 0, 'c'), 'a.b[0].c'],
    [data('room', 'floor plan'), "room['floor plan']"],
    [data('room', "it's"), "room['it''s']"],
    [data('room', ''), "room['']"],
    [data('room', '0'), "room['0']"],
    [data('room', 'in', 'this', '$x'), 'room.in.this.$x'],
    [data('in'), '$data.in'],
    [data('Null'), '$data.Null'],
    [data('this'), '$data.this'],
    [data('$topic'), '$data.$topic'],
    [data('floor plan', 1), "$data['floor plan'][1]"],
    [data(0), '$data[0]'],
    [data('contains'), 'contains'],
    [{ kind: 'attribute', name: 'x', span }, '$attr.x'],
    [{ kind: 'attribute', name: 'x y', span }, "$attr['x y']"],
    [{ kind: 'envelope', name: 'contentType', span }, '$contentType'],
  ])('%j', (reference, text) => {
    expect(printReference(reference)).toBe(text);
  });
});

describe('printScalar', () => {
  it.each([
    ["it's", "'it''s'"],
    ['a\\b', String.raw`'a\\b'`],
    ['\n\r\t\u0000\u007f\u009f', String.raw`'\n\r\t\u0000\u007f\u009f'`],
    ['\ud800x', String.raw`'\ud800x'`],
    ['😀"é', `'😀"é'`],
    [1e21, '1e+21'],
    [-0.5, '-0.5'],
    [true, 'true'],
  ])('%j', (value, text) => {
    expect(printScalar(value)).toBe(text);
  });
});

describe('printOperand', () => {
  it('keeps two minus signs apart, for together they are refused', () => {
    const name: Operand = { kind: 'data', path: ['a'], span };
    const minus: Operand = { kind: 'negate', operand: name, span };
    expect(printOperand({ kind: 'negate', operand: minus, span })).toBe('- -a');
    expect(printOperand({ kind: 'arithmetic', operator: '-', left: minus, right: minus, span })).toBe('-a - -a');
  });
});

describe('sameCondition', () => {
  it('does not look at spans', () => {
    expect(sameCondition(parsePredicate('a=1&&b'), parsePredicate('  (a == 1) AND b'))).toBe(true);
  });

  it.each([
    ['a = 1', 'a = 2'],
    ['a = 1', "a = '1'"],
    ['a = 1', '1 = a'],
    ['a = 1 AND b', 'b AND a = 1'],
    ["a LIKE 'x'", "a LIKE 'x' ESCAPE '!'"],
    ['a IN (1)', 'a NOT IN (1)'],
    ['a[0]', "a['0']"],
    ['NOT NOT a', 'a'],
  ])('tells %s from %s', (left, right) => {
    expect(sameCondition(parsePredicate(left), parsePredicate(right))).toBe(false);
    expect(sameCondition(parsePredicate(right), parsePredicate(left))).toBe(false);
  });
});

it('printCondition writes brackets only where the tree needs them', () => {
  const texts = ['(a OR b) AND (c OR d)', 'a AND b OR c AND d', 'NOT (a OR b)', 'NOT a OR b', '(a + b) * -(c - d) = 1'];
  for (const text of texts) {
    const condition: Condition = parsePredicate(text);
    expect(printCondition(condition)).toBe(text);
  }
});
