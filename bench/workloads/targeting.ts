import { type Condition, compare, differs, either, equals, isOneOf, negated, startsWith } from './condition.ts';
import { SeededRandom } from './random.ts';
import { type CreateWorkload, filterOf, twoDigits } from './workload.ts';

/** Fields with a fixed set of values, uniform in events. */
const CHOICES = [
  { field: 'country', count: 40 },
  { field: 'language', count: 20 },
  { field: 'device', count: 6 },
  { field: 'browser', count: 8 },
  { field: 'channel', count: 10 },
  { field: 'tier', count: 5 },
  { field: 'currency', count: 12 },
  { field: 'carrier', count: 30 },
  { field: 'weekday', count: 7 },
  { field: 'format', count: 9 },
  { field: 'category', count: 60 },
  { field: 'gender', count: 3 },
] as const;
const NUMBERS = ['price', 'age', 'bid', 'spend', 'visits', 'score', 'hour', 'depth', 'latency', 'margin'] as const;
const HIGH = 1000;
/** Fields that no filter names. */
const UNUSED = ['trace', 'agent', 'session', 'page', 'shard', 'build'] as const;

/**
 * W3, market and targeting: "members of these segments who look at shoes and spend much". Events have 30 fields: a
 * segment, a path, 12 choices, 10 numbers, and 6 that no filter names. A filter has 5 to 8 conditions: one to four segments (50 %) or
 * the beginning of a path and a choice (25 %) or a choice and a narrow band (25 %); then an IN over a choice, a `<>`, and ranges
 * that most events pass; one filter in five has an OR, one in ten a NOT. From 100,000 filters on an event matches some 290; from 10,000 filters, 270.
 */
export const targeting: CreateWorkload = (seed, filters) => {
  const wishes = new SeededRandom(seed);
  const events = new SeededRandom(seed + 1);
  const topic = 'market/visits';
  const segments = Math.max(1, Math.round(filters / 625));
  const shops = Math.max(1, Math.round(filters / 10_000));
  const narrow = Math.min(0.9, 2_200 / filters);
  const pathOf = (random: SeededRandom): string => `/shop-${random.integer(shops)}/aisle-${random.integer(4)}/`;
  const value = (random: SeededRandom, { field, count }: (typeof CHOICES)[number]): string =>
    `${field}-${random.integer(count)}`;
  const some = (choice: (typeof CHOICES)[number], share: number): string[] =>
    wishes.distinct(Math.max(1, Math.round(choice.count * share)), choice.count).map((i) => `${choice.field}-${i}`);
  const loose = (field: string): Condition => {
    const share = 0.7 + wishes.next() * 0.25;
    return wishes.next() < 0.5
      ? compare(field, '<', twoDigits(share * HIGH))
      : compare(field, '>=', twoDigits((1 - share) * HIGH));
  };
  const band = (field: string): Condition[] => {
    const low = wishes.reading(0, (1 - narrow) * HIGH);
    return [compare(field, '>=', low), compare(field, '<', twoDigits(low + narrow * HIGH))];
  };
  return {
    name: 'W3 targeting',
    description: '5 to 8 conditions among 30 fields: IN, prefixes, ranges, some OR and NOT',
    filter() {
      const [first, second, third] = wishes.distinct(3, CHOICES.length).map((i) => CHOICES[i]) as [
        (typeof CHOICES)[number],
        (typeof CHOICES)[number],
        (typeof CHOICES)[number],
      ];
      const numbers = wishes.distinct(4, NUMBERS.length).map((i) => NUMBERS[i] as string);
      const kind = wishes.next();
      const parts: Condition[] = [];
      if (kind < 0.5) {
        const wanted = Array.from({ length: 1 + wishes.integer(4) }, () => `segment-${wishes.integer(segments)}`);
        parts.push(wanted.length === 1 ? equals('segment', wanted[0] as string) : isOneOf('segment', wanted));
      } else if (kind < 0.75) {
        parts.push(startsWith('path', pathOf(wishes)), equals(first.field, value(wishes, first)));
      } else {
        parts.push(equals(first.field, value(wishes, first)), ...band(numbers[3] as string));
      }
      parts.push(isOneOf(second.field, some(second, 0.5)), differs(third.field, value(wishes, third)));
      for (let i = 0; i < 1 + wishes.integer(3); i += 1) parts.push(loose(numbers[i] as string));
      if (wishes.next() < 0.2) {
        parts.push(either([equals(third.field, value(wishes, third)), loose(numbers[0] as string)]));
      }
      if (wishes.next() < 0.1) parts.push(negated(isOneOf(first.field, some(first, 0.2))));
      return filterOf(topic, parts);
    },
    event() {
      const data: Record<string, string | number> = {
        segment: `segment-${events.integer(segments)}`,
        path: `${pathOf(events)}item-${events.integer(1000)}`,
      };
      for (const choice of CHOICES) data[choice.field] = value(events, choice);
      for (const field of NUMBERS) data[field] = events.reading(0, HIGH);
      for (const field of UNUSED) data[field] = `${field}-${events.integer(1_000_000)}`;
      return { topic, text: JSON.stringify(data) };
    },
  };
};
