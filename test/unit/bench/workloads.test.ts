import { describe, expect, it } from 'vitest';
import { RIVALS } from '../../../bench/rivals/catalogue.ts';
import { documentOf } from '../../../bench/rivals/topic-levels.ts';
import { WORKLOADS } from '../../../bench/workloads/catalogue.ts';
import { drawFilters, type Workload } from '../../../bench/workloads/workload.ts';
import { evaluate, type JsonValue, Matcher, parsePredicate, topicMatches } from '../../../matcher/index.ts';

const FILTERS = 1_000;
const EVENTS = 6;

describe.each(Object.entries(WORKLOADS))('workload %s', (_key, create) => {
  it('is the same for the same seed, in whichever order filters and events are drawn', () => {
    const filtersFirst = create(7, FILTERS);
    const filters = [...drawFilters(filtersFirst, 20)];
    const events = Array.from({ length: 5 }, () => filtersFirst.event());
    const eventsFirst = create(7, FILTERS);
    expect(Array.from({ length: 5 }, () => eventsFirst.event())).toEqual(events);
    expect([...drawFilters(eventsFirst, 20)]).toEqual(filters);
    expect([...drawFilters(create(8, FILTERS), 20)]).not.toEqual(filters);
  });

  it('means the same in every language that the bench compares', async () => {
    const workload = create(7, FILTERS);
    const filters = [...drawFilters(workload, FILTERS)];
    const rivals = RIVALS.map((entry) => ({ ...entry, rival: entry.create(filters) }));
    let matches = 0;
    for (let i = 0; i < EVENTS; i += 1) {
      const { topic, text } = workload.event();
      const data = JSON.parse(text) as JsonValue;
      const expected = filters.flatMap(({ topic: filter, when }, id) => {
        if (!topicMatches(filter, topic)) return [];
        return when === undefined || evaluate(parsePredicate(when), { topic, data }) === true ? [id] : [];
      });
      matches += expected.length;
      for (const { name, rival } of rivals)
        expect([name, [...(await rival.match(documentOf(topic, data)))].sort((a, b) => a - b)]).toEqual([
          name,
          expected,
        ]);
    }
    expect(matches).toBeGreaterThan(0);
  });

  it('is answered with equally many matches by ten and by thirty thousand filters', () => {
    const [few, many] = [10_000, 30_000].map((count) => meanMatches(create(7, count), count, 400)) as [number, number];
    expect(many / few).toBeGreaterThan(0.85);
    expect(many / few).toBeLessThan(1.15);
  });
});

function meanMatches(workload: Workload, count: number, events: number): number {
  const matcher = new Matcher();
  for (let id = 0; id < count; id += 1) matcher.add(id, workload.filter());
  for (let i = 0; i < events; i += 1) {
    const { topic, text } = workload.event();
    matcher.match({ topic, data: JSON.parse(text) as JsonValue });
  }
  return matcher.stats.matches / events;
}
