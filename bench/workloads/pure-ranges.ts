import { SeededRandom } from './random.ts';
import { condition, conjunction, type Workload } from './workload.ts';

const FIELDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'] as const;
const HIGH = 1000;

/**
 * W2, pure ranges: nothing to look up by equality. Events have ten numbers, uniform in 0…1000. A filter is two bands,
 * each 2 to 6 % wide, on two of them (60 %), a band and a threshold that 4 % of events pass (20 %), or two such
 * bands and a threshold that 70 % pass (20 %). So an event matches about 0.15 % of the filters, and output grows with
 * their number: some 150 at 100,000. No single condition is rarer than 2 %, so an index of one dimension has to look at
 * some 25 times as many candidates.
 */
export function pureRanges(seed: number): Workload {
  const random = new SeededRandom(seed);
  const topic = 'market/ticks';
  const band = (field: string): [string, string][] => {
    const width = (0.02 + random.next() * 0.04) * HIGH;
    const low = random.reading(0, HIGH - width);
    return [condition(field, '>=', low), condition(field, '<=', Math.round((low + width) * 100) / 100)];
  };
  const threshold = (field: string, share: number): [string, string] =>
    random.next() < 0.5
      ? condition(field, '>', random.reading(HIGH * (1 - share) - 5, HIGH * (1 - share) + 5))
      : condition(field, '<', random.reading(HIGH * share - 5, HIGH * share + 5));
  return {
    name: 'W2 pure ranges',
    description: 'two or three ranges among 10 numbers, no equality; output grows with the filters',
    topic,
    filter() {
      const kind = random.next();
      const [first, second, third] = random.distinct(3, FIELDS.length).map((i) => FIELDS[i] as string) as [
        string,
        string,
        string,
      ];
      if (kind < 0.6) return conjunction(topic, [...band(first), ...band(second)]);
      if (kind < 0.8) return conjunction(topic, [...band(first), threshold(second, 0.04)]);
      return conjunction(topic, [...band(first), ...band(second), threshold(third, 0.7)]);
    },
    event() {
      return JSON.stringify(Object.fromEntries(FIELDS.map((field) => [field, random.reading(0, HIGH)])));
    },
  };
}
