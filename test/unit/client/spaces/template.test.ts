import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  ANY,
  type Json,
  type Space,
  type Taken,
  type Template,
  type Tuple,
  type TupleOf,
} from '../../../../client/index.ts';
import { wireTemplate } from '../../../../client/spaces/template.ts';

describe('a template on the wire', () => {
  it.each<[Template, unknown]>([
    [ANY, undefined],
    [
      ['alice', 'distsys', String],
      ['alice', 'distsys', { '?': 'string' }],
    ],
    [
      [ANY, Number, Boolean, Array, Object, null, 1.5, false],
      [{ '?': 'any' }, { '?': 'number' }, { '?': 'boolean' }, { '?': 'array' }, { '?': 'object' }, null, 1.5, false],
    ],
    [
      { kind: 'resize', room: { floor: Number } },
      { kind: 'resize', room: { floor: { '?': 'number' } } },
    ],
    [[], []],
    [{}, {}],
  ])('%j', (template, is) => {
    expect(wireTemplate(template, undefined).is).toEqual(is);
    expect(wireTemplate(template, '$0 > 1').when).toBe('$0 > 1');
  });

  it('keeps a field whose name has a meaning elsewhere', () => {
    const template = JSON.parse('{"__proto__": 1, "?": "string", "b": 2}');
    expect(JSON.stringify(wireTemplate(template, undefined))).toBe('{"is":{"__proto__":1,"?":"string","b":2}}');
  });

  it.each<[unknown, string]>([
    ['a', 'a text'],
    [{ '?': 'string' }, 'a field that would be read as a type'],
    [[undefined], 'a place of which nothing is said'],
    [[Number.NaN], 'a number that JSON has not'],
    [[Symbol('other')], 'another symbol'],
    [[Date], 'another class'],
    [[new Date(0)], 'an object that is more than its fields'],
    [[1n], 'a number of another kind'],
  ])('is refused: %o, %s', (template, _what) => {
    expect(() => wireTemplate(template as unknown as Template, undefined)).toThrow(
      expect.objectContaining({ code: 'invalid_argument' }),
    );
  });
});

it('tells the compiler what the tuples are that fit', () => {
  const is = <const T extends Template>(_template: T): TupleOf<T> | undefined => undefined;
  const post = is(['alice', 'distsys', String]);
  expectTypeOf(post).toEqualTypeOf<['alice', 'distsys', string] | undefined>();
  const places = is([ANY, Number, Boolean, Array, Object, null]);
  expectTypeOf(places).toEqualTypeOf<[Json, number, boolean, Json[], { [name: string]: Json }, null] | undefined>();
  const job = is({ kind: 'resize', size: Number });
  expectTypeOf(job?.size).toEqualTypeOf<number | undefined>();
  expectTypeOf(job?.kind).toEqualTypeOf<'resize' | undefined>();
  const any = is(ANY);
  expectTypeOf(any).toEqualTypeOf<Tuple | undefined>();

  type In = Awaited<ReturnType<typeof taken>>;
  const taken = (space: Space) => space.in(['a', Number], { manual: true });
  expectTypeOf<In>().toEqualTypeOf<Taken<['a', number]>>();
});
