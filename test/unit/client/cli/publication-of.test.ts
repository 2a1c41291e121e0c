import { describe, expect, it } from 'vitest';
import { contentTypeOf, publishOptionsOf } from '../../../../client/cli/publication-of.ts';
import { UsageError } from '../../../../client/cli/usage-error.ts';

const nothing = { attr: [], id: undefined, source: undefined, contentType: undefined };

describe('contentTypeOf', () => {
  it.each(['{"a":1}', '[1]', '12', 'true', 'null', '"text"'])('%s is JSON', (data) => {
    expect(contentTypeOf(data)).toBe('application/json');
  });

  it.each(['hello', '', '12 degrees', 'ok {'])('"%s" is text', (data) => {
    expect(contentTypeOf(data)).toBe('text/plain');
  });

  it.each(['{a:1}', ' [1,', '"open'])('%s looks like JSON, and is refused', (data) => {
    expect(() => contentTypeOf(data)).toThrow(UsageError);
  });
});

describe('publishOptionsOf', () => {
  it('takes numbers and booleans as such, and the rest as text', () => {
    const attr = ['a=1', 'b=-2.5e3', 'c=true', 'd=x=y', 'e=', 'f=007', 'g=Infinity', 'h=false'];
    expect(publishOptionsOf({ ...nothing, attr }).attributes).toEqual({
      a: 1,
      b: -2500,
      c: true,
      d: 'x=y',
      e: '',
      f: '007',
      g: 'Infinity',
      h: false,
    });
  });

  it('has no attributes where none are given', () => {
    expect(publishOptionsOf(nothing).attributes).toBeUndefined();
  });

  it.each([[['floor']], [['=1']], [['a=1', 'a=2']]])('refuses %j', (attr) => {
    expect(() => publishOptionsOf({ ...nothing, attr })).toThrow(UsageError);
  });
});
