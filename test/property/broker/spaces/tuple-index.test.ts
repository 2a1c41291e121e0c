import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Chore } from '../../../../broker/kernel/chores.ts';
import { TupleList } from '../../../../broker/spaces/index/tuple-list.ts';
import { Room } from '../../../../broker/spaces/room.ts';
import { Space } from '../../../../broker/spaces/space.ts';
import { Templates } from '../../../../broker/spaces/template/templates.ts';
import { Tuple } from '../../../../broker/spaces/tuple.ts';
import { defaultPredicateLimits, evaluate, Positions, parsePredicate } from '../../../../matcher/index.ts';

const key = fc.constantFrom('a', 'b', 'c', 'd', 'dd', 'e', '\uffff\uffff', '');
const number = fc.oneof(fc.integer({ min: -3, max: 12 }), fc.constantFrom(0.5, 1e300, -0));
const scalar = fc.oneof(key, number, fc.boolean(), fc.constant(null));
const tupleValue = fc.oneof(
  fc.tuple(key, number),
  fc.tuple(scalar, scalar),
  fc.tuple(key, number, fc.record({ x: scalar, y: fc.array(scalar, { maxLength: 2 }) })),
  fc.record({ kind: key, rank: scalar, deep: fc.record({ x: number }) }, { requiredKeys: [] }),
);
const wildcard = fc
  .constantFrom('any', 'string', 'number', 'boolean', 'array', 'object')
  .map((type) => ({ '?': type }));
const part = fc.oneof(wildcard, scalar);
const shape = fc.option(
  fc.oneof(
    fc.tuple(part, part),
    fc.tuple(part, part, fc.oneof(wildcard, fc.record({ x: part }))),
    fc.record({ kind: part, rank: part, deep: fc.record({ x: part }) }, { requiredKeys: [] }),
  ),
  { nil: undefined },
);
const when = fc.option(
  fc
    .array(
      fc.oneof(
        fc.tuple(
          fc.constantFrom('$0', '$1', 'kind', 'rank', 'deep.x', '$2.x'),
          fc.constantFrom('=', '<', '>', '>=', '<='),
          number,
        ),
        fc.tuple(
          fc.constantFrom('$0', 'kind'),
          fc.constantFrom('=', '>', '<', '<>'),
          key.map((text) => `'${text}'`),
        ),
        fc.tuple(fc.constantFrom('$1', 'rank'), fc.constant('BETWEEN 1 AND'), number),
        fc.tuple(
          fc.constantFrom('$0', '$1', 'kind', 'rank'),
          fc.constantFrom('IN', 'NOT IN'),
          fc
            .array(
              fc.oneof(
                number.map(String),
                key.map((text) => `'${text}'`),
              ),
              { minLength: 1, maxLength: 4 },
            )
            .map((members) => `(${members.join(', ')})`),
        ),
        fc.tuple(
          fc.constantFrom('$0', 'kind'),
          fc.constantFrom('LIKE', 'NOT LIKE'),
          fc.constantFrom("'a'", "'d%'", "'dd%'", "'d_'", "'_'", "'%d'", "'\uffff%'", "'%'"),
        ),
      ),
      { minLength: 1, maxLength: 3 },
    )
    .map((atoms) => atoms.map((atom) => atom.join(' ')).join(' AND ')),
  { nil: undefined },
);

/** Whether a value is as a shape says, as plainly as possible. */
function isLike(wanted: unknown, value: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return wanted === value;
  if (Array.isArray(wanted)) {
    return Array.isArray(value) && value.length === wanted.length && wanted.every((one, i) => isLike(one, value[i]));
  }
  const entries = Object.entries(wanted);
  if (entries.length === 1 && entries[0]?.[0] === '?') {
    const type = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
    return value !== undefined && (entries[0][1] === 'any' || entries[0][1] === type);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return entries.every(
    ([name, one]) => Object.hasOwn(value, name) && isLike(one, (value as Record<string, unknown>)[name]),
  );
}

function world() {
  const chores: Chore<void>[] = [];
  const limits = { tuplesMax: 1e6, bytesMax: 1e9 };
  const space = new Space({ name: 's', number: 1, durable: false }, limits, new Room(1e9), {
    run: (chore) => void chores.push(chore),
  });
  const made = (data: unknown, n: number): Tuple =>
    new Tuple(space, n, { text: '', data: data as Tuple['data'], bytes: 0, leaseMs: 0 }, 'visible');
  /** Some of what indexes are filled by. */
  const work = (steps: number): void => {
    for (let i = 0; i < steps; i++) if (chores[0]?.next().done === true) chores.shift();
  };
  return { space, made, work, templates: new Templates(defaultPredicateLimits) };
}

describe('the index of a space', () => {
  it('finds what a search through all tuples finds, while they come and go and indexes are filled', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ out: fc.array(tupleValue, { minLength: 20, maxLength: 60 }) }) },
      { weight: 3, arbitrary: fc.record({ find: fc.record({ is: shape, when }), take: fc.boolean() }) },
      { weight: 2, arbitrary: fc.record({ leave: fc.array(fc.nat(), { maxLength: 20 }) }) },
      { weight: 1, arbitrary: fc.record({ back: fc.nat(10) }) },
      { weight: 2, arbitrary: fc.record({ work: fc.integer({ min: 1, max: 8 }) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 40 }), (steps) => {
        const { space, made, work, templates } = world();
        let all: Tuple[] = [];
        const away: Tuple[] = [];
        let n = 0;
        const leave = (tuple: Tuple): void => {
          expect(space.index.remove(tuple)).toBe(true);
          all = all.filter((other) => other !== tuple);
          away.push(tuple);
        };
        for (const one of steps) {
          if ('out' in one) {
            for (const data of one.out) {
              const tuple = made(data, ++n);
              space.index.add(tuple);
              all.push(tuple);
            }
          } else if ('leave' in one) {
            for (const i of one.leave) if (all.length > 0) leave(all[i % all.length] as Tuple);
          } else if ('back' in one) {
            for (const tuple of away.splice(0, one.back)) {
              space.index.add(tuple);
              all = [...all, tuple].sort((a, b) => a.number - b.number);
            }
          } else if ('work' in one) work(one.work);
          else {
            const template = templates.compile(JSON.stringify(one.find));
            const condition =
              one.find.when === undefined ? undefined : parsePredicate(new Positions(one.find.when).text);
            const fitting = all.filter(
              (tuple) =>
                (one.find.is === undefined || isLike(one.find.is, tuple.data)) &&
                (condition === undefined || evaluate(condition, tuple) === true),
            );
            expect(all.filter((tuple) => template.fits(tuple))).toEqual(fitting);
            let { tuple, next } = space.index.search(template, 0, 7, (candidate) => template.fits(candidate));
            while (tuple === undefined && next > 0) {
              ({ tuple, next } = space.index.search(template, next, 7, (candidate) => template.fits(candidate)));
            }
            if (template.intervals.length === 0) expect(tuple).toBe(fitting[0]);
            else expect(tuple === undefined ? fitting.length === 0 : fitting.includes(tuple)).toBe(true);
            if (one.take && tuple !== undefined) leave(tuple);
          }
        }
        const listed: Tuple[] = [];
        space.index.list(templates.compile('{}'), 0, Number.POSITIVE_INFINITY, (tuple) => {
          listed.push(tuple);
          return false;
        });
        expect(listed).toEqual(all);
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it('finds every tuple by each index, however many steps it took to fill', () => {
    const { space, made, work, templates } = world();
    const tuples = Array.from({ length: 3_333 }, (_, i) => made(['a', i % 50, i / 2], i + 1));
    for (const tuple of tuples) space.index.add(tuple);
    const found = (when: string): readonly Tuple[] => {
      const template = templates.compile(JSON.stringify({ when }));
      const taken: Tuple[] = [];
      for (;;) {
        const { tuple } = space.index.search(template, 0, 1, (candidate) => template.fits(candidate));
        if (tuple === undefined) break;
        space.index.remove(tuple);
        taken.push(tuple);
      }
      for (const tuple of taken) space.index.add(tuple);
      return taken.sort((one, other) => one.number - other.number);
    };
    // Not yet, with a budget of one candidate: the indexes are asked for, and empty.
    expect(found('$1 = 49')).toEqual([]);
    expect(found('$2 >= 700 AND $2 <= 800')).toEqual([]);
    work(20);
    expect(found('$1 = 49')).toEqual(tuples.filter((_, i) => i % 50 === 49));
    // Where one step of filling ends and the next begins.
    expect(found('$1 = 0')).toEqual(tuples.filter((_, i) => i % 50 === 0));
    expect(found('$2 >= 499 AND $2 <= 501')).toEqual(tuples.slice(998, 1_003));
    const inside = tuples.filter((_, i) => i / 2 >= 700 && i / 2 <= 800);
    expect(found('$2 >= 700 AND $2 <= 800')).toEqual(inside);
    expect(found('$2 > 700 AND $2 < 800')).toEqual(inside.slice(1, -1));
    expect(found('$2 <= 3')).toEqual(tuples.slice(0, 7));
    expect(found('$2 > 1660')).toEqual(tuples.slice(3_321));
  });

  it('looks at next to nothing but what fits two fields together, once it had to look at much', () => {
    const { space, made, work, templates } = world();
    // Of each of forty kinds every rank; some ranks are no numbers, and some kinds have but one tuple.
    const tuples = Array.from({ length: 4_000 }, (_, i) => {
      const rank = Math.floor(i / 40);
      return made([i % 40, i % 97 === 0 ? `r${rank}` : rank, i], i + 1);
    });
    for (let i = 0; i < 100; i++) tuples.push(made([1_000 + i, i], tuples.length + 1));
    for (const tuple of tuples) space.index.add(tuple);
    const search = (when: string) => {
      const template = templates.compile(JSON.stringify({ when }));
      let looked = 0;
      const { tuple } = space.index.search(template, 0, 5_000, (candidate) => {
        looked += 1;
        return template.fits(candidate);
      });
      return { tuple, looked, fitting: tuples.filter((one) => template.fits(one)) };
    };
    for (let i = 0; i < 2; i++) {
      search('$0 = 7 AND $1 >= 60');
      work(20);
    }
    const fields = space.index.fields;
    for (const kind of [0, 7, 39, 1_000, 1_050, 5_000]) {
      for (const interval of ['>= 98', '> 20', '< 1', 'BETWEEN 40 AND 42', 'BETWEEN 42 AND 40', ">= 'r9'", "< 'r1'"]) {
        const { tuple, looked, fitting } = search(`$0 = ${kind} AND $1 ${interval}`);
        if (tuple === undefined) expect(fitting).toEqual([]);
        else expect(fitting).toContain(tuple);
        expect(looked).toBeLessThan(5);
      }
    }
    // Also those that have left and come back.
    const high = search('$0 = 7 AND $1 >= 90').fitting;
    for (const tuple of high) space.index.remove(tuple);
    expect(search('$0 = 7 AND $1 >= 90').tuple).toBeUndefined();
    for (const tuple of high) space.index.add(tuple);
    expect(high).toContain(search('$0 = 7 AND $1 >= 90').tuple);
    expect(space.index.fields).toBe(fields);
  });

  it('holds nothing when its tuples are gone', () => {
    const { space, made, work, templates } = world();
    const tuples = Array.from({ length: 500 }, (_, i) => made(['a', i], i + 1));
    for (const tuple of tuples) space.index.add(tuple);
    const template = templates.compile('{"when":"$1 > 3 AND $0 = \'a\'"}');
    space.index.search(template, 0, 100, () => false);
    work(10);
    for (const tuple of tuples) space.index.remove(tuple);
    expect(space.index.length).toBe(0);
    expect(space.index.search(template, 0, 100, () => true).tuple).toBeUndefined();
  });
});

describe('a list of tuples', () => {
  it('is in order of their numbers, however they came', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 60 })), { maxLength: 200 }), (steps) => {
        const { made } = world();
        const list = new TupleList();
        const present = new Map<number, Tuple>();
        for (const [isIn, n] of steps) {
          const tuple = present.get(n);
          if (isIn && tuple === undefined) {
            const added = made([n], n);
            present.set(n, added);
            list.add(added);
          } else if (tuple !== undefined && !isIn) {
            expect(list.remove(tuple)).toBe(true);
            expect(list.remove(tuple)).toBe(false);
            present.delete(n);
          }
          const seen: number[] = [];
          list.scan(0, Number.POSITIVE_INFINITY, ({ number: seenNumber }) => {
            seen.push(seenNumber);
            return false;
          });
          expect(seen).toEqual([...present.keys()].sort((a, b) => a - b));
          expect(list.length).toBe(present.size);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is in that order too when many leave a long one and come back', () => {
    const range = fc.tuple(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 1, max: 2_500 }));
    const step = fc.record({ leave: range, back: range, looks: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { minLength: 3, maxLength: 20 }), (steps) => {
        const { made } = world();
        const tuples = Array.from({ length: 3_000 }, (_, i) => made([i], i + 1));
        const list = new TupleList();
        const present = new Set(tuples);
        for (const tuple of tuples) list.add(tuple);
        const seen = (after: number): string => {
          const looked: number[] = [];
          list.scan(after, Number.POSITIVE_INFINITY, (tuple) => {
            looked.push(tuple.number);
            return false;
          });
          return looked.join();
        };
        for (const { leave, back, looks } of steps) {
          for (const tuple of tuples.slice(leave[0] - 1, leave[0] + leave[1])) {
            if (list.remove(tuple) !== present.delete(tuple)) throw new Error(`it has lost ${tuple.number}`);
          }
          for (const tuple of tuples.slice(back[0] - 1, back[0] + back[1])) {
            if (present.has(tuple)) continue;
            present.add(tuple);
            list.add(tuple);
          }
          expect(list.length).toBe(present.size);
          const after = leave[0];
          if (looks)
            expect(seen(after)).toBe(numbersOf(tuples.filter((one) => present.has(one) && one.number > after)));
        }
        expect(seen(0)).toBe(numbersOf(tuples.filter((one) => present.has(one))));
      }),
      { numRuns: 60 },
    );
  });
});

function numbersOf(tuples: readonly Tuple[]): string {
  return tuples.map(({ number }) => number).join();
}
