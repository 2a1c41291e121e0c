import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Condition, evaluate, Matcher, parsePredicate } from '../../../matcher/index.ts';

/** A generator of integers in 0…below - 1, decided by its seed. */
function integers(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return Math.floor(((state >>> 8) / 2 ** 24) * below);
  };
}

type Draw = (below: number) => number;

const band = (draw: Draw, field: string): string => {
  const low = draw(1000);
  return `${field} BETWEEN ${low} AND ${low + draw(60)}`;
};

/** One of a few lists of 65 or 100 values each, which have many of them in common, in any order. */
const longList = (draw: Draw): string => {
  const [start, step] = [draw(3), 1 + draw(3)];
  const values = Array.from({ length: 65 + draw(2) * 35 }, (_, i) => `'x${start + i * step}'`);
  return (draw(2) === 0 ? values : values.reverse()).join(', ');
};

/** Brackets within brackets, with more tests than an entry holds. */
const deep = (draw: Draw): string => {
  let condition = band(draw, 'a');
  for (let i = 0; i < 40; i += 1) {
    const other = [`${'abc'[draw(3)]} > ${draw(1000)}`, `t <> 'q${draw(9)}'`, `s IN ('x', 'x${draw(9)}')`][draw(3)];
    condition = `(${condition} ${i % 2 === 0 ? 'OR' : 'AND'} ${other})`;
  }
  return condition;
};

/** Thousands of filters of one kind, so that every structure grows past its first run and shrinks again. */
const kinds: Readonly<Record<string, (draw: Draw) => string>> = {
  'two bands': (draw) => `${band(draw, 'a')} AND ${band(draw, 'b')}`,
  'two bands and a threshold': (draw) => `${band(draw, 'a')} AND ${band(draw, 'b')} AND c > ${draw(900)}`,
  'one band of few, another of many': (draw) => `a BETWEEN ${draw(3)} AND ${3 + draw(3)} AND ${band(draw, 'b')}`,
  'a hot value and thresholds': (draw) => `s = 'x' AND a > ${draw(40) * 25} AND b < ${draw(1000)}`,
  'a value and sets': (draw) =>
    `s = 'x${draw(4)}' AND t IN ('p', 'q${draw(3)}') AND a <> ${draw(9)} AND b >= ${draw(1000)}`,
  'a prefix': (draw) => `startsWith(p, '/${'abcdefg'.slice(draw(3), 3 + draw(4))}') AND a > ${draw(1000)}`,
  'long lists': (draw) =>
    [
      `s IN (${longList(draw)})`,
      `s IN (${longList(draw)}) AND a > ${draw(1000)}`,
      `s = 'x' AND t NOT IN (${longList(draw)}) AND a <> ${draw(1000)}`,
      `(s IN (${longList(draw)}) OR t IN (${longList(draw)})) AND b > ${draw(1000)}`,
      `t IN (${longList(draw)}, 'p') AND s NOT IN (${longList(draw)})`,
    ][draw(5)] as string,
  'deep conditions': (draw) =>
    [deep(draw), `c > ${draw(1000)} AND ${deep(draw)}`, `t = 'p' AND ${deep(draw)}`][draw(3)] as string,
  alternatives: (draw) => `(s = 'x${draw(9)}' OR t = 'q${draw(9)}' OR ${band(draw, 'c')}) AND a > ${draw(500)}`,
};

/** Of filters that the oracle takes long to answer for, there are fewer. */
const LONG: ReadonlySet<string> = new Set(['long lists', 'deep conditions']);

const event = (draw: Draw) => ({
  topic: 't',
  data: {
    a: draw(1000),
    b: draw(1000),
    c: draw(1000),
    s: draw(3) === 0 ? `x${draw(9)}` : 'x',
    t: draw(2) === 0 ? 'p' : `q${draw(9)}`,
    p: `/${'abcdefg'.slice(draw(4))}`,
  },
});

describe('Matcher with thousands of filters', () => {
  for (const [kind, filter] of Object.entries(kinds)) {
    const steps = LONG.has(kind) ? 900 : 3000;
    it(`answers as the oracle does while filters of ${kind} come, change and go`, () => {
      fc.assert(
        fc.property(fc.integer(), (seed) => {
          const draw = integers(seed);
          const matcher = new Matcher();
          const conditions = new Map<number, Condition>();
          const check = (): void => {
            const { topic, data } = event(draw);
            const expected = [...conditions].flatMap(([id, parsed]) =>
              evaluate(parsed, { topic, data }) === true ? [id] : [],
            );
            const { ids, count } = matcher.match({ topic, data });
            expect([...ids.subarray(0, count)].sort((x, y) => x - y)).toEqual(expected.sort((x, y) => x - y));
          };
          for (let i = 0; i < 100; i += 1) matcher.match(event(draw));
          for (let i = 0; i < steps; i += 1) {
            const id = draw((steps * 2) / 3);
            const when = filter(draw);
            if (matcher.has(id) && draw(3) === 0) {
              matcher.remove(id);
              conditions.delete(id);
            } else {
              if (matcher.has(id)) matcher.replace(id, { topic: 't', when });
              else matcher.add(id, { topic: 't', when });
              conditions.set(id, parsePredicate(when));
            }
            if (i % 300 === 0) matcher.retune(200);
            if (i % 150 === 0) check();
          }
          for (const id of [...conditions.keys()].sort(() => draw(3) - 1)) {
            matcher.remove(id);
            conditions.delete(id);
            if (conditions.size % 200 === 0) check();
          }
          expect(matcher.stats.bytes).toEqual(new Matcher().stats.bytes);
        }),
        { numRuns: 3 },
      );
    });
  }
});
