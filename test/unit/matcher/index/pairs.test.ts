import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Condition, evaluate, Matcher, parsePredicate } from '../../../../matcher/index.ts';

type Draw = (below: number) => number;

/** A generator of integers in 0…below - 1, decided by its seed. */
function integers(seed: number): Draw {
  let state = seed | 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return Math.floor(((state >>> 8) / 2 ** 24) * below);
  };
}

const constant = (draw: Draw, field: string): string => `${field} = '${field}${draw(12)}'`;

/** Bands narrow and wide, some thresholds, some that only one number is in, and some bounds that no event comes near. */
function range(draw: Draw, field: string): string {
  const low = draw(1000);
  switch (draw(12)) {
    case 0:
      return `${field} >= ${900 + draw(100)}`;
    case 1:
      return `${field} < ${draw(100)}`;
    case 2:
      return `${field} BETWEEN ${low} AND ${low}`;
    case 3:
      return `${field} BETWEEN ${-(10 ** draw(300))} AND ${draw(60)}`;
    case 4:
      return `${field} BETWEEN ${low} AND ${low + draw(500)}`;
    default:
      return `${field} BETWEEN ${low} AND ${low + draw(60)}`;
  }
}

const thirds: readonly ((draw: Draw) => string)[] = [
  () => '',
  (draw) => ` AND c > ${draw(1000)}`,
  (draw) => ` AND ${constant(draw, 'u')}`,
  (draw) => ` AND u <> 'u${draw(12)}'`,
  () => " AND u LIKE '%1%'",
];
const third = (draw: Draw): string => (thirds[draw(thirds.length)] as (draw: Draw) => string)(draw);

const event = (draw: Draw) => ({
  topic: draw(2) === 0 ? 'x/1' : 'y/1',
  data: {
    s: `s${draw(12)}`,
    t: `t${draw(12)}`,
    u: `u${draw(12)}`,
    // A field may be missing, or be of another type.
    ...(draw(10) === 0 ? {} : { a: draw(10) === 0 ? 'text' : draw(4000) / 4 }),
    b: draw(4000) / 4,
    c: draw(1000),
  },
});

const topicOf = (draw: Draw): string => ['#', '#', '#', 'x/+'][draw(4)] as string;

interface Kind {
  readonly name: string;
  readonly filter: (draw: Draw) => string;
  /** A filter of this kind, and the tests that it is found by. */
  readonly probe: string;
  readonly key: readonly string[];
}

const kinds: readonly Kind[] = [
  {
    name: 'a constant and a constant',
    filter: (draw) => `${constant(draw, 's')} AND ${constant(draw, 't')}${third(draw)}`,
    probe: "s = 's1' AND t = 't1'",
    key: ["s = 's1'", "t = 't1'"],
  },
  {
    name: 'a constant and a range',
    filter: (draw) => `${constant(draw, 's')} AND ${range(draw, 'a')}${third(draw)}`,
    probe: "a BETWEEN 400 AND 440 AND s = 's1'",
    key: ['a <= 440', 'a >= 400', "s = 's1'"],
  },
  {
    name: 'a range and a range',
    filter: (draw) => `${range(draw, 'a')} AND ${range(draw, 'b')}${third(draw)}`,
    probe: 'a BETWEEN 400 AND 440 AND b BETWEEN 100 AND 150',
    key: ['a <= 440', 'a >= 400', 'b <= 150', 'b >= 100'],
  },
  {
    name: 'either, beside alternatives',
    filter: (draw) =>
      `(${constant(draw, 's')} OR ${range(draw, 'b')}) AND ${draw(2) === 0 ? range(draw, 'a') : constant(draw, 't')}`,
    probe: "a BETWEEN 400 AND 440 AND s = 's1'",
    key: ['a <= 440', 'a >= 400', "s = 's1'"],
  },
];

const FILTERS = 3000;

describe('pairs of tests', () => {
  for (const { name, filter, probe, key } of kinds) {
    it(`answer as the oracle does when filters of ${name} come and go, and leave nothing`, () => {
      fc.assert(
        fc.property(fc.integer(), (seed) => {
          const draw = integers(seed);
          const matcher = new Matcher();
          const conditions = new Map<number, { topic: string; condition: Condition }>();
          const add = (id: number): void => {
            const [topic, when] = [topicOf(draw), filter(draw)];
            matcher.add(id, { topic, when });
            conditions.set(id, { topic, condition: parsePredicate(when) });
          };
          const remove = (id: number): void => {
            matcher.remove(id);
            conditions.delete(id);
          };
          const check = (): void => {
            const published = event(draw);
            const expected = [...conditions].flatMap(([id, { topic, condition }]) =>
              (topic === '#' || published.topic === 'x/1') && evaluate(condition, published) === true ? [id] : [],
            );
            const { ids, count } = matcher.match(published);
            expect([...ids.subarray(0, count)].sort((x, y) => x - y)).toEqual(expected.sort((x, y) => x - y));
          };

          // What events show is learnt of fields that are named; then pairings open as filters come.
          for (let id = 0; id < 50; id += 1) add(id);
          for (let i = 0; i < 2000; i += 1) matcher.match(event(draw));
          for (let id = 50; id < FILTERS; id += 1) {
            add(id);
            const gone = draw(id + 1);
            if (draw(4) === 0 && matcher.has(gone)) remove(gone);
            if (id % 100 === 0) check();
          }
          matcher.retune(FILTERS);
          matcher.retune(FILTERS);
          const { keys } = matcher.costOf({ topic: '#', when: probe });
          expect(keys.map((found) => found.key.split(' AND ').sort())).toEqual([key]);
          for (let i = 0; i < 40; i += 1) check();

          const order = [...conditions.keys()].map((id) => ({ id, rank: draw(2 ** 24) }));
          for (const [i, { id }] of order.sort((x, y) => x.rank - y.rank).entries()) {
            remove(id);
            if (i % 100 === 0) check();
          }
          expect(matcher.stats.bytes).toEqual(new Matcher().stats.bytes);
          // And they can all come again.
          for (let id = 0; id < 500; id += 1) add(id);
          for (let i = 0; i < 10; i += 1) check();
        }),
        // A smaller seed is no simpler case.
        { numRuns: 2, endOnFailure: true },
      );
    });
  }
});
