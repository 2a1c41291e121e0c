import { describe, expect, it } from 'vitest';
import { templateOf, tupleOf } from '../../../../client/cli/tuple-text.ts';
import { ANY } from '../../../../client/index.ts';

describe('a template as it is typed', () => {
  it.each([
    ['["alice", "distsys", String]', ['alice', 'distsys', String]],
    ['[*, ANY, Number, Boolean, Array, Object]', [ANY, ANY, Number, Boolean, Array, Object]],
    ['[true, false, null, 1, -1.5, 1e5, 2E-3]', [true, false, null, 1, -1.5, 1e5, 2e-3]],
    ['{kind: "resize", "size": Number, of: {a: [*]}}', { kind: 'resize', size: Number, of: { a: [ANY] } }],
    ['["String", "*", "a \\"quoted\\" word, [1]: x", "=", "?"]', ['String', '*', 'a "quoted" word, [1]: x', '=', '?']],
    ['{"String": String, true: 1}', { String: String, true: 1 }],
    ['[]', []],
  ])('%s', (text, template) => {
    expect(templateOf(text)).toEqual(template);
  });

  it.each([['["a", Sting]'], ['"a"'], ['String'], ['["a"'], [''], ['[toString]'], ['[1 2]'], ['{"a": constructor}']])(
    'is refused: %s',
    (text) => expect(() => templateOf(text)).toThrow(expect.objectContaining({ name: 'UsageError' })),
  );

  it('has no other fields than those that were typed', () => {
    const template = templateOf('{"__proto__": {"a": 1}}');
    expect(Object.keys(template)).toEqual(['__proto__']);
  });
});

describe('a tuple as it is typed', () => {
  it('is JSON, and an array or object', () => {
    expect(tupleOf('["a", 1]')).toEqual(['a', 1]);
    expect(tupleOf('{"a": null}')).toEqual({ a: null });
  });

  it.each([['String'], ['[String]'], ['1'], ['null'], ['"a"'], ['[1,]']])('is refused: %s', (text) =>
    expect(() => tupleOf(text)).toThrow(expect.objectContaining({ name: 'UsageError' })),
  );
});
