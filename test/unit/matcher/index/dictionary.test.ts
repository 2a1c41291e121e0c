import { describe, expect, it } from 'vitest';
import { NOWHERE } from '../../../../matcher/index/arena.ts';
import { Dictionary } from '../../../../matcher/index/dictionary.ts';
import type { Scalar } from '../../../../matcher/language/ast.ts';

function integers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) % below;
  };
}

/** Texts of four code units whose hashes in space 5 are equal: what the first two make is undone by the others. */
function alike(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const product = Math.imul(5 ^ i, 0x9e3779b1);
    const word = product ^ (product >>> 15) ^ 0x12345678;
    return String.fromCharCode(i & 0xffff, i >>> 16, word & 0xffff, word >>> 16);
  });
}

/** Adds and removes keys at random, all of them in the end, and compares with a Map. */
function churn(keys: readonly Scalar[], steps: number): void {
  const draw = integers(7);
  const dictionary = new Dictionary();
  const empty = dictionary.bytes;
  const ids = new Map<Scalar, number>();
  const free: number[] = [];
  const remove = (key: Scalar, id: number): void => {
    dictionary.remove(id);
    ids.delete(key);
    free.push(id);
  };
  for (let step = 0; step < steps; step += 1) {
    const key = keys[draw(keys.length)] as Scalar;
    const id = ids.get(key);
    expect(dictionary.find(5, key)).toBe(id ?? NOWHERE);
    if (id !== undefined) {
      expect(dictionary.keyOf(id)).toBe(key);
      expect(dictionary.spaceOf(id)).toBe(5);
      if (draw(3) === 0) remove(key, id);
    } else {
      const taken = free.pop() ?? ids.size;
      dictionary.add(5, key, taken);
      ids.set(key, taken);
    }
    expect(dictionary.size).toBe(ids.size);
  }
  for (const key of keys) expect(dictionary.find(5, key)).toBe(ids.get(key) ?? NOWHERE);
  for (const [key, id] of [...ids]) remove(key, id);
  for (const key of keys) expect(dictionary.find(5, key)).toBe(NOWHERE);
  expect(dictionary.bytes).toBe(empty);
}

describe('Dictionary', () => {
  it('tells types, spaces and lengths apart, and takes -0 for 0', () => {
    const dictionary = new Dictionary();
    const keys: Scalar[] = [
      '',
      '5',
      5,
      true,
      false,
      0,
      'a',
      'a\0',
      '\0a',
      'é',
      '\u{1f600}',
      1.5,
      -1.5,
      Infinity,
      '\u0141',
    ];
    for (const [i, key] of keys.entries()) {
      dictionary.add(0, key, 2 * i);
      dictionary.add(1, key, 2 * i + 1);
    }
    for (const [i, key] of keys.entries()) {
      expect([dictionary.find(0, key), dictionary.find(1, key)]).toEqual([2 * i, 2 * i + 1]);
      expect(dictionary.keyOf(2 * i)).toBe(key);
    }
    expect(dictionary.find(0, -0)).toBe(dictionary.find(0, 0));
    for (const other of ['A', 'aa', '\0', 1, -Infinity]) expect(dictionary.find(0, other)).toBe(NOWHERE);
    expect(dictionary.find(2, '')).toBe(NOWHERE);
  });

  it('finds a part of a text', () => {
    const dictionary = new Dictionary();
    for (const [id, key] of ['sensors', 'temp', '', 'sen'].entries()) dictionary.add(9, key, id);
    const text = 'sensors/temp';
    expect(dictionary.findText(9, text, 0, 7)).toBe(0);
    expect(dictionary.findText(9, text, 8)).toBe(1);
    expect(dictionary.findText(9, text, 5, 5)).toBe(2);
    expect(dictionary.findText(9, text, 0, 3)).toBe(3);
    expect(dictionary.findText(9, text, 0, 8)).toBe(NOWHERE);
  });

  it('finds what is there and nothing else while texts and numbers come and go', () => {
    churn(
      [...Array.from({ length: 4000 }, (_, i) => `device-${i}`), ...Array.from({ length: 2000 }, (_, i) => i / 4)],
      30_000,
    );
  });

  it('finds what is there and nothing else however hashes collide', () => {
    churn(alike(3000), 20_000);
  });

  it('takes texts of any length', () => {
    churn(
      Array.from({ length: 12 }, (_, i) => 'x'.repeat(8000 + i * 40)),
      200,
    );
  });
});
