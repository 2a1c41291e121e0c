import { describe, expect, it } from 'vitest';
import { Arena } from '../../../../matcher/index/arena.ts';
import { PAIRINGS_MAX } from '../../../../matcher/index/pair-index.ts';
import { PairWishes, WISHES_MAX } from '../../../../matcher/index/pair-wishes.ts';
import { GRIDS_MAX, Grid, Pairing } from '../../../../matcher/index/pairing.ts';
import { Matcher } from '../../../../matcher/index.ts';

const side = (slot: number) => ({ slot, isRange: false, share: 0.1 });

describe('wishes', () => {
  it('are worth it when they save what looking costs', () => {
    const wishes = new PairWishes();
    for (let i = 0; i < 3; i += 1) wishes.add(side(1), side(2), 0.5);
    expect(wishes.areWorthIt(side(1), side(2))).toBe(false);
    wishes.add(side(1), side(2), 0.5);
    expect(wishes.areWorthIt(side(1), side(2))).toBe(true);
    expect(wishes.areWorthIt(side(1), side(3))).toBe(false);
  });

  it('forget the first of too many', () => {
    const wishes = new PairWishes();
    for (let i = 0; i < WISHES_MAX; i += 1) wishes.add(side(i), side(i + 1), 10);
    const { bytes } = wishes;
    expect(wishes.areWorthIt(side(0), side(1))).toBe(true);
    wishes.add(side(WISHES_MAX), side(0), 10);
    expect(wishes.bytes).toBe(bytes);
    expect(wishes.areWorthIt(side(0), side(1))).toBe(false);
    expect(wishes.areWorthIt(side(1), side(2))).toBe(true);
  });
});

it('A pairing has so many grids at most, and one for what fits none, whatever the widths', () => {
  const sides = { first: 0, second: 1, firstRuler: undefined, secondRuler: undefined };
  const pairing = new Pairing(sides, { usual: { first: 8, second: 8 }, saving: 1 });
  const arena = new Arena();
  let id = 0;
  for (let round = 0; round < 200; round += 1) {
    for (let cell = 80; cell >= 0; cell -= 1) {
      const bits = { first: Math.floor(cell / 9), second: cell % 9 };
      const grid = pairing.gridFor(bits, (wanted) => new Grid(id++, wanted, arena));
      expect(grid.firstBits).toBeLessThanOrEqual(bits.first);
      expect(grid.secondBits).toBeLessThanOrEqual(bits.second);
    }
  }
  expect(pairing.grids.length).toBe(GRIDS_MAX + 1);
});

it('no more pairings open than may, and what they find is counted', () => {
  const matcher = new Matcher();
  const fields = Array.from({ length: 50 }, (_, i) => `f${i}`);
  const values = (i: number) => Object.fromEntries(fields.map((field, j) => [field, (i * (j + 3)) % 11]));
  let id = 0;
  for (const field of fields)
    for (let i = 0; i < 11; i += 1) matcher.add(id++, { topic: '#', when: `${field} = ${i}` });
  for (let i = 0; i < 300; i += 1) matcher.match({ topic: 't', data: values(i) });
  for (const [i, first] of fields.entries()) {
    for (const second of fields.slice(i + 1)) {
      for (let j = 0; j < 40; j += 1) {
        matcher.add(id++, {
          topic: '#',
          when: `${first} = ${j % 11} AND ${second} = ${(j * 5) % 11} AND text <> '${j}'`,
        });
      }
    }
  }
  expect(matcher.stats.pairings).toBe(PAIRINGS_MAX);
  const data = { ...values(5), text: 'other' };
  const expected = 50 + countPairs(data);
  expect(matcher.match({ topic: 't', data }).count).toBe(expected);
  expect(matcher.stats.hitsByPair).toBeGreaterThan(0);

  function countPairs(event: Readonly<Record<string, unknown>>): number {
    let count = 0;
    for (const [i, first] of fields.entries()) {
      for (const second of fields.slice(i + 1)) {
        for (let j = 0; j < 40; j += 1) if (event[first] === j % 11 && event[second] === (j * 5) % 11) count += 1;
      }
    }
    return count;
  }
});
