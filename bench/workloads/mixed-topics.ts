import { type Condition, compare, equals } from './condition.ts';
import { SeededRandom } from './random.ts';
import { type CreateWorkload, filterOf, type WorkloadFilter } from './workload.ts';

const MEASURES = ['temperature', 'pressure', 'torque', 'speed', 'current', 'vibration', 'count', 'waste'] as const;
const LINES = 10;
const MACHINES = 20;
const PRODUCTS = 200;
const HIGH = 1000;

/**
 * W5, mixed topics: a plant. Events come on `plant/<site>/<line>/<machine>/<measure>`, of 10 lines a site, 20 machines a
 * line and 8 measures, and carry a value, a quality, an order and a product (of 200). There is a site for every 2,000 filters and
 * an order for every 150. A filter is
 *
 * - a topic alone: one measure of a machine (20 %), of a line with `+` (10 %), or all of a line with `#` (5 %);
 * - a topic that selects and a predicate that hardly does: a measure anywhere in a site, its value beyond what 10 to 30 %
 *   of events are (30 %);
 * - a predicate that selects and a topic that hardly does: an order anywhere, or on one measure, and a quality (20 %);
 * - both, neither of which is enough by itself: a product at a site, and a quality (15 %).
 *
 * So an event matches some 40. The topic must cut the work on the content, and the reverse.
 */
export const mixedTopics: CreateWorkload = (seed, filters) => {
  const wishes = new SeededRandom(seed);
  const events = new SeededRandom(seed + 1);
  const sites = Math.max(1, Math.round(filters / 2_000));
  const orders = Math.max(1, Math.round(filters / 150));
  const site = (random: SeededRandom): string => `site-${random.integer(sites)}`;
  const line = (random: SeededRandom): string => `line-${random.integer(LINES)}`;
  const machine = (random: SeededRandom): string => `machine-${random.integer(MACHINES)}`;
  const order = (random: SeededRandom): string => `order-${random.integer(orders)}`;
  const product = (random: SeededRandom): string => `product-${random.integer(PRODUCTS)}`;
  const quality = (): Condition => compare('quality', '>=', wishes.reading(0.1, 0.5));
  const beyond = (): Condition => {
    const share = 0.1 + wishes.next() * 0.2;
    return wishes.next() < 0.5
      ? compare('value', '>', Math.round((1 - share) * HIGH))
      : compare('value', '<', Math.round(share * HIGH));
  };
  const topicAlone = (kind: number): string => {
    const where = `plant/${site(wishes)}/${line(wishes)}`;
    if (kind < 0.2) return `${where}/${machine(wishes)}/${wishes.pick(MEASURES)}`;
    return kind < 0.3 ? `${where}/+/${wishes.pick(MEASURES)}` : `${where}/#`;
  };
  return {
    name: 'W5 mixed topics',
    description: 'topics with + and #, with and without predicates, either the more selective',
    filter(): WorkloadFilter {
      const kind = wishes.next();
      if (kind < 0.35) return filterOf(topicAlone(kind), []);
      if (kind < 0.65) return filterOf(`plant/${site(wishes)}/+/+/${wishes.pick(MEASURES)}`, [beyond()]);
      if (kind < 0.85) {
        const topic = wishes.next() < 0.5 ? 'plant/#' : `plant/+/+/+/${wishes.pick(MEASURES)}`;
        return filterOf(topic, [equals('order', order(wishes)), quality()]);
      }
      return filterOf(`plant/${site(wishes)}/#`, [equals('product', product(wishes)), quality()]);
    },
    event() {
      const topic = `plant/${site(events)}/${line(events)}/${machine(events)}/${events.pick(MEASURES)}`;
      const data = {
        value: events.reading(0, HIGH),
        quality: events.reading(0, 1),
        order: order(events),
        product: product(events),
        shift: `shift-${events.integer(3)}`,
        batch: events.integer(100_000),
      };
      return { topic, text: JSON.stringify(data) };
    },
  };
};
