import { SeededRandom } from './random.ts';
import { condition, conjunction, type Workload } from './workload.ts';

const SITES = 300;
const MODELS = 180;
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
 * W1, device alerts: "site-17 is too hot". Events have ten fields: site (of 300), model (of 180), firmware (of 6) and
 * seven readings, all uniform. A filter is one equality, on the site (60 %) or the model (40 %), and one reading (50 %)
 * or two beyond a threshold, each of which 20 to 45 % of events are. So an event matches about 0.09 % of the filters, and
 * output grows with their number: some 90 at 100,000.
 */
export function deviceAlerts(seed: number): Workload {
  const random = new SeededRandom(seed);
  const topic = 'devices/readings';
  return {
    name: 'W1 device alerts',
    description: 'one equality and one or two thresholds among 10 fields; output grows with the filters',
    topic,
    filter() {
      const [field, value] =
        random.next() < 0.6 ? ['site', `site-${random.integer(SITES)}`] : ['model', `model-${random.integer(MODELS)}`];
      const parts: [string, string][] = [[`${field} = '${value}'`, `e.${field} === '${value}'`]];
      for (const i of random.distinct(random.next() < 0.5 ? 1 : 2, READINGS.length)) {
        const { field: reading, low, high } = READINGS[i] as (typeof READINGS)[number];
        const share = 0.2 + random.next() * 0.25;
        const isAbove = random.next() < 0.5;
        const threshold = isAbove ? high - share * (high - low) : low + share * (high - low);
        parts.push(condition(reading, isAbove ? '>' : '<', Math.round(threshold * 100) / 100));
      }
      return conjunction(topic, parts);
    },
    event() {
      const data: Record<string, string | number> = {
        site: `site-${random.integer(SITES)}`,
        model: `model-${random.integer(MODELS)}`,
        firmware: `2.${random.integer(6)}`,
      };
      for (const { field, low, high } of READINGS) data[field] = random.reading(low, high);
      return JSON.stringify(data);
    },
  };
}
