import { type Condition, compare } from './condition.ts';
import { SeededRandom } from './random.ts';
import { type CreateWorkload, filterOf, twoDigits } from './workload.ts';

const FIELDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'] as const;
const HIGH = 1000;

/**
 * W2, pure ranges: nothing to look up by equality. Events have ten numbers, uniform in 0…1000. With 100,000 filters, one
 * is two bands, each 2 to 6 % wide, on two of them (60 %), a band and a threshold that 4 % of events pass (20 %), or two
 * such bands and a threshold that 70 % pass (20 %). So an event matches some 160 filters. With more filters, bands and
 * thresholds are narrower, so that it still does. No single condition is much rarer than the square root of the share
 * that matches, so an index of one dimension looks at many times as many candidates.
 */
export const pureRanges: CreateWorkload = (seed, filters) => {
  const wishes = new SeededRandom(seed);
  const events = new SeededRandom(seed + 1);
  const topic = 'market/ticks';
  const scale = Math.sqrt(106_000 / filters);
  const band = (field: string): Condition[] => {
    const width = Math.min(0.9, (0.02 + wishes.next() * 0.04) * scale) * HIGH;
    const low = wishes.reading(0, HIGH - width);
    return [compare(field, '>=', low), compare(field, '<=', twoDigits(low + width))];
  };
  const threshold = (field: string, share: number): Condition => {
    const value = HIGH * share + wishes.next() * 10 * scale - 5 * scale;
    return wishes.next() < 0.5 ? compare(field, '>', twoDigits(HIGH - value)) : compare(field, '<', twoDigits(value));
  };
  return {
    name: 'W2 pure ranges',
    description: 'two or three ranges among 10 numbers, no equality',
    filter() {
      const kind = wishes.next();
      const [first, second, third] = wishes.distinct(3, FIELDS.length).map((i) => FIELDS[i] as string) as [
        string,
        string,
        string,
      ];
      if (kind < 0.6) return filterOf(topic, [...band(first), ...band(second)]);
      if (kind < 0.8) return filterOf(topic, [...band(first), threshold(second, Math.min(0.7, 0.04 * scale))]);
      return filterOf(topic, [...band(first), ...band(second), threshold(third, 0.7)]);
    },
    event() {
      const data = Object.fromEntries(FIELDS.map((field) => [field, events.reading(0, HIGH)]));
      return { topic, text: JSON.stringify(data) };
    },
  };
};
