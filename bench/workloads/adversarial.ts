import { type Condition, compare, differs, either, equals } from './condition.ts';
import { SeededRandom } from './random.ts';
import { type CreateWorkload, filterOf, twoDigits } from './workload.ts';

const STATUSES = ['ok', 'warn', 'error', 'lost'] as const;
const FIELDS = ['load', 'heat', 'delay', 'errors', 'queue'] as const;
const HIGH = 1000;
/** Different thresholds of one field and direction: all filters share these. */
const THRESHOLDS = 40;

/**
 * W4, adversarial: nothing is rare. Events have a status (of 4, one of them in 70 % of events), a zone (of 8) and five
 * numbers. A filter names the status (60 %), its opposite with `<>` (20 %) or two of the four with OR (20 %), a zone it does not want, and two numbers beyond
 * thresholds of which there are few: many filters share each, and overlap; one in six is the same as another. From 10,000 filters on, an event matches some
 * 1,500.
 */
export const adversarial: CreateWorkload = (seed, filters) => {
  const wishes = new SeededRandom(seed);
  const events = new SeededRandom(seed + 1);
  const topic = 'fleet/health';
  const status = (random: SeededRandom): string => (random.next() < 0.7 ? 'ok' : random.pick(STATUSES));
  const share = Math.min(0.95, Math.sqrt(2_900 / filters));
  const threshold = (field: string): Condition => {
    const passed = share * (0.5 + (wishes.integer(THRESHOLDS) + 0.5) / THRESHOLDS) * HIGH;
    return wishes.next() < 0.5 ? compare(field, '>', twoDigits(HIGH - passed)) : compare(field, '<', twoDigits(passed));
  };
  return {
    name: 'W4 adversarial',
    description: 'one field with few values, few thresholds, <> and OR',
    filter() {
      const kind = wishes.next();
      const [first, second] = wishes.distinct(2, FIELDS.length).map((i) => FIELDS[i] as string) as [string, string];
      const wanted = status(wishes);
      const parts: Condition[] = [
        kind < 0.6
          ? equals('status', wanted)
          : kind < 0.8
            ? differs('status', wanted)
            : either([equals('status', wanted), equals('status', wishes.pick(STATUSES))]),
        differs('zone', `zone-${wishes.integer(8)}`),
        threshold(first),
        threshold(second),
      ];
      return filterOf(topic, parts);
    },
    event() {
      const data: Record<string, string | number> = { status: status(events), zone: `zone-${events.integer(8)}` };
      for (const field of FIELDS) data[field] = events.reading(0, HIGH);
      return { topic, text: JSON.stringify(data) };
    },
  };
};
