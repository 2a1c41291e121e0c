import * as fc from 'fast-check';
import type { SeededRandom } from '../../bench/workloads/random.ts';
import { type Filter, type JsonValue, type MatchableEvent, printCondition } from '../../matcher/index.ts';
import { arbitraryCondition, arbitraryEvent, arbitraryTopicFilter } from '../support/arbitrary-predicates.ts';

/** Where a campaign's filters and events come from: seldom the same twice, often near misses of each other. */
export interface Source {
  readonly filter: (random: SeededRandom) => Filter;
  readonly event: (random: SeededRandom) => MatchableEvent;
}

const ARBITRARY_FILTERS = 1_500;
const ARBITRARY_EVENTS = 300;

/** Everything that the language can say, drawn once and taken from in any order. */
export function arbitrarySource(seed: number): Source {
  const filters = fc.sample(
    fc.record({
      topic: fc.oneof(arbitraryTopicFilter(), fc.constant('#')),
      when: fc.option(arbitraryCondition().map(printCondition), { nil: undefined, freq: 12 }),
    }),
    { numRuns: ARBITRARY_FILTERS, seed },
  );
  const events = fc.sample(arbitraryEvent(), { numRuns: ARBITRARY_EVENTS, seed });
  return { filter: (random) => random.pick(filters), event: (random) => random.pick(events) };
}

type Shape = (random: SeededRandom) => string;

const FIELDS = ['a', 'b', 'c', 'd'] as const;
const HIGH = 1000;
const LEVELS = ['x', 'y', 'z', 'u', 'v'] as const;

const field: Shape = (random) => random.pick(FIELDS);
/** Few different ones, so that many filters share each; a few between them, and a few that no event reaches. */
const threshold = (random: SeededRandom): number =>
  random.next() < 0.8 ? random.integer(40) * 25 : random.reading(-50, HIGH + 50);
const word: Shape = (random) => `'w${random.integer(random.next() < 0.5 ? 3 : 60)}'`;
const order: Shape = (random) => `${field(random)} ${random.pick(['<', '<=', '>', '>='])} ${threshold(random)}`;
const band: Shape = (random) => {
  const low = threshold(random);
  return `${field(random)} BETWEEN ${low} AND ${low + random.integer(random.next() < 0.7 ? 40 : 500)}`;
};
const list = (random: SeededRandom): string =>
  Array.from({ length: 1 + random.integer(random.next() < 0.95 ? 6 : 80) }, () => word(random)).join(', ');
/** Too long for an entry, and one of so few that many filters share each, or most of its values. */
const longList = (random: SeededRandom): string => {
  const [start, step] = [random.integer(3), 1 + random.integer(2)];
  return Array.from({ length: random.pick([65, 70, 300]) }, (_, i) => `'w${start + i * step}'`).join(', ');
};
const prefix: Shape = (random) => {
  const start = `/${'abcabc'.slice(random.integer(3), 3 + random.integer(4))}`;
  return random.next() < 0.7 ? `startsWith(p, '${start}')` : `p LIKE '${start}%'`;
};

/** Brackets within brackets, with more tests than an entry holds, and rarely more than a block does. */
const deep: Shape = (random) => {
  let condition = order(random);
  for (let i = 20 + random.integer(random.next() < 0.9 ? 30 : 100); i > 0; i -= 1) {
    const other = random.next() < 0.7 ? order(random) : `s <> ${word(random)}`;
    condition =
      i > 60
        ? `${condition} OR ${other} AND ${order(random)}`
        : `(${condition} ${i % 2 === 0 ? 'OR' : 'AND'} ${other})`;
  }
  return condition;
};

const repeated = (shape: Shape, most: number): Shape => {
  return (random) => Array.from({ length: 1 + random.integer(most) }, () => shape(random)).join(' AND ');
};

/** The parts that filters of a campaign are put together from: what an index has structures for, and what splits and merges them. */
const SHAPES: readonly Shape[] = [
  repeated(order, 3),
  repeated(band, 3),
  (random) => `s = ${word(random)} AND ${order(random)}`,
  (random) => `s IN (${list(random)}) AND t <> ${word(random)}`,
  (random) => `s NOT IN (${list(random)}) AND ${order(random)}`,
  (random) => `s IN (${longList(random)}) AND ${order(random)}`,
  (random) => `${random.pick(['s', 't'])} ${random.pick(['IN', 'IN', 'NOT IN'])} (${longList(random)})`,
  (random) => `(s IN (${longList(random)}) OR t IN (${longList(random)})) AND t <> ${word(random)}`,
  deep,
  (random) => `s = ${word(random)} AND (${deep(random)})`,
  (random) => `${prefix(random)} AND ${order(random)}`,
  (random) => `(s = ${word(random)} OR t = ${word(random)} OR ${band(random)}) AND ${order(random)}`,
  (random) => `NOT (${order(random)} AND s = ${word(random)})`,
  (random) => `NOT (${band(random)}) AND t IN (${list(random)})`,
  (random) =>
    `${field(random)} = ${threshold(random)} OR ${field(random)} IN (${threshold(random)}, ${threshold(random)})`,
  (random) => `${field(random)} IS NULL OR ${order(random)}`,
  (random) => `EXISTS ${field(random)} AND s = ${word(random)}`,
  (random) => `${field(random)} > ${field(random)} AND s = ${word(random)}`,
  (random) => `s < ${word(random)} AND $topic <> 'x/y'`,
];

const topicFilter: Shape = (random) => {
  const levels = Array.from({ length: 1 + random.integer(3) }, () =>
    random.next() < 0.25 ? '+' : random.pick(LEVELS),
  );
  return random.next() < 0.3 ? [...levels, '#'].join('/') : levels.join('/');
};

/** Filters of one to four shapes, which the seed decides, under many topic filters, a few, or one. */
export function shapedSource(random: SeededRandom): Source {
  const shapes = random.distinct(1 + random.integer(4), SHAPES.length).map((i) => SHAPES[i] as Shape);
  const topics = Array.from({ length: random.pick([1, 4, 200]) }, () => topicFilter(random));
  const pickTopic = (chosen: SeededRandom): string => (chosen.next() < 0.5 ? '#' : chosen.pick(topics));
  return {
    filter: (chosen) =>
      chosen.next() < 0.03
        ? { topic: pickTopic(chosen) }
        : { topic: pickTopic(chosen), when: chosen.pick(shapes)(chosen) },
    event: shapedEvent,
  };
}

function shapedEvent(random: SeededRandom): MatchableEvent {
  const topic = Array.from({ length: 1 + random.integer(3) }, () => random.pick(LEVELS)).join('/');
  const data: Record<string, JsonValue> = {};
  const put = (name: string, value: JsonValue): void => {
    const luck = random.next();
    if (luck < 0.04) return;
    data[name] = luck < 0.06 ? null : luck < 0.08 ? 'w1' : luck < 0.1 ? 25 : luck < 0.11 ? [25] : value;
  };
  for (const name of FIELDS) put(name, random.next() < 0.5 ? random.integer(41) * 25 : random.reading(0, HIGH));
  for (const name of ['s', 't']) put(name, `w${random.integer(random.next() < 0.5 ? 3 : 60)}`);
  put('p', `/${'abcabcabc'.slice(random.integer(5))}`);
  return { topic, data };
}
