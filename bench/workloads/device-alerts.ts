import { type Condition, compare, equals } from './condition.ts';
import { SeededRandom } from './random.ts';
import { type CreateWorkload, filterOf, twoDigits } from './workload.ts';

const READINGS = [
  { field: 'temperature', low: -20, high: 60 },
  { field: 'humidity', low: 0, high: 100 },
  { field: 'battery', low: 0, high: 100 },
  { field: 'pressure', low: 950, high: 1050 },
  { field: 'signal', low: -110, high: -30 },
  { field: 'vibration', low: 0, high: 20 },
  { field: 'load', low: 0, high: 1 },
] as const;

/**
 * W1, device alerts: "site-17 is too hot". Events have ten fields: site, model, firmware (of 6) and seven readings, all
 * uniform. A filter is one equality, on the site (60 %) or the model (40 %), and one reading (50 %) or two beyond a
 * threshold, each of which 20 to 45 % of events are. There are as many sites and models as make an event match `matches`.
 */
export function deviceAlerts(matches: number): CreateWorkload {
  return (seed, filters) => {
    const sites = Math.max(1, Math.round((filters * 0.27) / matches));
    const models = Math.max(1, Math.round((filters * 0.16) / matches));
    const wishes = new SeededRandom(seed);
    const events = new SeededRandom(seed + 1);
    const topic = 'devices/readings';
    return {
      name: `W1 device alerts, ${matches}`,
      description: 'one equality and one or two thresholds among 10 fields',
      filter() {
        const parts: Condition[] = [
          wishes.next() < 0.6
            ? equals('site', `site-${wishes.integer(sites)}`)
            : equals('model', `model-${wishes.integer(models)}`),
        ];
        for (const i of wishes.distinct(wishes.next() < 0.5 ? 1 : 2, READINGS.length)) {
          const { field, low, high } = READINGS[i] as (typeof READINGS)[number];
          const share = 0.2 + wishes.next() * 0.25;
          const isAbove = wishes.next() < 0.5;
          const threshold = isAbove ? high - share * (high - low) : low + share * (high - low);
          parts.push(compare(field, isAbove ? '>' : '<', twoDigits(threshold)));
        }
        return filterOf(topic, parts);
      },
      event() {
        const data: Record<string, string | number> = {
          site: `site-${events.integer(sites)}`,
          model: `model-${events.integer(models)}`,
          firmware: `2.${events.integer(6)}`,
        };
        for (const { field, low, high } of READINGS) data[field] = events.reading(low, high);
        return { topic, text: JSON.stringify(data) };
      },
    };
  };
}
