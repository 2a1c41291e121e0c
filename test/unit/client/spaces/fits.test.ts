import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ANY, type Json, type Template, type Tuple } from '../../../../client/index.ts';
import { fits, narrowing } from '../../../../client/spaces/fits.ts';
import { Matcher } from '../../../../matcher/index.ts';

describe('whether a tuple is of a shape', () => {
  it.each<[Template, Tuple, boolean]>([
    [ANY, ['a'], true],
    [['a', Number], ['a', 1], true],
    [['a', Number], ['a', '1'], false],
    [['a'], ['a', 1], false],
    [['a', ANY], ['a', null], true],
    [[null], [null], true],
    [[null], [0], false],
    [[Object], [{}], true],
    [[Object], [[]], false],
    [[Object], [null], false],
    [[Array], [[]], true],
    [[Array], [{}], false],
    [[[1, Number]], [[1, 2]], true],
    [[[1, Number]], [[1]], false],
    [{}, {}, true],
    [{}, [], false],
    [[], [], true],
    [{ a: 1 }, { a: 1, b: 2 }, true],
    [{ a: ANY }, { b: 2 }, false],
    [{ a: ANY }, { a: null }, true],
    [{ toString: ANY }, {}, false],
    [{ a: { b: String } }, { a: { b: 'x', c: 1 } }, true],
  ])('%j, %j: %s', (template, tuple, expected) => {
    expect(fits(template, tuple)).toBe(expected);
  });
});

describe('the predicate that is asked of the broker', () => {
  it.each<[Template, string | undefined]>([
    [ANY, undefined],
    [['a', String, ANY], "$0 = 'a'"],
    [[1, -2, true], '$0 = 1 AND $1 = -2 AND $2 = true'],
    [{ kind: 'x', room: { floor: 2 } }, "kind = 'x' AND room.floor = 2"],
    [["it's", 1.5, 'a\\b', 'é', null], undefined],
    [{ 'a b': 1, and: 2 }, undefined],
  ])('%j: %s', (template, expected) => {
    expect(narrowing(template)).toBe(expected);
  });

  // What the broker thinks of the places of an array is its own affair; of fields it is the language.
  it('is true of every object that fits, and one that the language takes', () => {
    const value = fc.oneof(fc.string(), fc.integer(), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null));
    const name = fc.oneof(fc.constantFrom('a', 'kind', 'and', 'length', 'in', 'this', 'exists'), fc.string());
    const object = fc.dictionary(name, fc.oneof(value, fc.dictionary(name, value, { maxKeys: 3 })), { maxKeys: 5 });
    fc.assert(
      fc.property(object, (tuple) => {
        const plain = JSON.parse(JSON.stringify(tuple)) as { readonly [name: string]: Json };
        expect(fits(plain as Template, plain)).toBe(true);
        const when = narrowing(plain as Template);
        if (when === undefined) return;
        const matcher = new Matcher();
        matcher.add(1, { topic: 't', when });
        expect(matcher.match({ topic: 't', data: plain }).count, when).toBe(1);
      }),
      { numRuns: 2_000 },
    );
  });
});
