import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../../../matcher/event.ts';
import { Fields, NO_SLOT, type Path } from '../../../../matcher/index/fields.ts';

/** What is read, by slot; what is missing is left out. */
function found(fields: Fields, object: JsonValue | undefined): Record<number, unknown> {
  const values: Record<number, unknown> = {};
  const count = fields.read(object);
  for (let i = 0; i < count; i += 1) {
    const slot = fields.slots[i] as number;
    const number = fields.numbers[i] as number;
    const value = Number.isNaN(number) ? fields.others[i] : number;
    if (slot !== NO_SLOT && value !== undefined) values[slot] = value;
  }
  fields.others.fill(undefined);
  return values;
}

/** More objects than are read before code is made. */
const MANY = 200;

function readMany(fields: Fields, object: JsonValue): void {
  for (let i = 0; i < MANY; i += 1) found(fields, object);
}

const paths: readonly Path[] = [
  ['a'],
  ['a', 'b'],
  ['a', 'b', 'c'],
  ['list', 1],
  ['list', 'length'],
  ['__proto__'],
  ['constructor'],
  ['constructor', 'name'],
  ['toString'],
  ["');process.exit(1);('"],
  ['\u2028\n"\\'],
  Array.from({ length: 12 }, () => 'deep'),
  [''],
];
const deep = '{"deep":'.repeat(12);
const objects = [
  '{"a": 5, "list": [1, 2, 3]}',
  '{"a": {"b": {"c": "x"}}, "": null}',
  '{"a": {"b": [7]}, "list": {"length": 9, "1": 4}}',
  '{"a": [{"b": 1}], "list": [1]}',
  '{"a": null, "__proto__": 1.5, "constructor": {"name": "own"}, "toString": false}',
  `{"');process.exit(1);('": 1, ${JSON.stringify('\u2028\n"\\')}: -0.0}`,
  `${deep}3${'}'.repeat(12)}`,
  '[{"a": 1}]',
  '"a"',
  'null',
  '{}',
].map((text) => JSON.parse(text) as JsonValue);

describe('Fields', () => {
  it('reads the same before and after code is made, own properties only', () => {
    const fields = new Fields();
    for (const [slot, path] of paths.entries()) fields.add(path, slot);
    const before = [...objects, undefined].map((object) => found(fields, object));
    expect(before).toEqual([
      { 0: 5, 3: 2 },
      { 0: { b: { c: 'x' } }, 1: { c: 'x' }, 2: 'x', 12: null },
      { 0: { b: [7] }, 1: [7], 4: 9 },
      { 0: [{ b: 1 }] },
      { 0: null, 5: 1.5, 6: { name: 'own' }, 7: 'own', 8: false },
      { 9: 1, 10: -0 },
      { 11: 3 },
      {},
      {},
      {},
      {},
      {},
    ]);
    for (const object of objects) {
      const own = new Fields();
      for (const [slot, path] of paths.entries()) own.add(path, slot);
      readMany(own, object);
      expect([...objects, undefined].map((other) => found(own, other))).toEqual(before);
    }
  });

  it('reads objects of many shapes that take turns', () => {
    const fields = new Fields();
    const names = Array.from({ length: 12 }, (_, i) => `f${i}`);
    for (const [slot, name] of names.entries()) fields.add([name], slot);
    for (let i = 0; i < 5000; i += 1) {
      const shape = i % 3 === 0 ? i % 7 : 0;
      const rotated = [...names.slice(shape), ...names.slice(0, shape)].slice(0, 12 - shape);
      const values = new Map(rotated.map((name) => [name, name.length % 2 === 0 ? i : name]));
      const expected = Object.fromEntries(rotated.map((name) => [names.indexOf(name), values.get(name)]));
      expect(found(fields, Object.fromEntries(values) as JsonValue)).toEqual(expected);
    }
  });

  it('reads NaN, which is null in the language, as a value', () => {
    const fields = new Fields();
    fields.add(['a'], 0);
    expect(found(fields, { a: Number.NaN })).toEqual({ 0: Number.NaN });
    readMany(fields, { a: 1 });
    expect(found(fields, { a: Number.NaN })).toEqual({ 0: Number.NaN });
    expect(found(fields, { a: 2 })).toEqual({ 0: 2 });
  });

  it('reads what comes and goes at any time, and slots that are used again', () => {
    const fields = new Fields();
    const names = Array.from({ length: 400 }, (_, i) => `f${i}`);
    const object = Object.fromEntries(names.map((name, i) => [name, i % 2 === 0 ? i : name]));
    const slots = new Map<string, number>();
    let state = 1;
    const draw = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      return (state >>> 8) % below;
    };
    const free: number[] = [];
    for (let step = 0; step < 4000; step += 1) {
      const name = names[draw(step < 2000 ? 400 : 20)] as string;
      const slot = slots.get(name);
      if (slot === undefined) {
        const taken = free.pop() ?? slots.size;
        fields.add([name], taken);
        slots.set(name, taken);
      } else {
        fields.remove([name]);
        slots.delete(name);
        free.push(slot);
      }
      expect(fields.find([name])).toBe(slots.get(name) ?? NO_SLOT);
      const expected = Object.fromEntries([...slots].map(([held, at]) => [at, object[held]]));
      if (step % 100 === 0) readMany(fields, object);
      expect(found(fields, object)).toEqual(expected);
    }
    for (const name of slots.keys()) fields.remove([name]);
    expect(fields.size).toBe(0);
    expect(found(fields, object)).toEqual({});
  });
});
