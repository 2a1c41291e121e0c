import { describe, expect, it } from 'vitest';
import { RIVALS } from '../../../bench/rivals/catalogue.ts';
import { GeneratedCode } from '../../../bench/rivals/generated-code.ts';
import { documentOf } from '../../../bench/rivals/topic-levels.ts';
import { WORKLOADS } from '../../../bench/workloads/catalogue.ts';
import { drawFilters, type Workload } from '../../../bench/workloads/workload.ts';
import { evaluate, type JsonValue, parsePredicate, topicMatches } from '../../../matcher/index.ts';

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

  it('is answered with equally many matches by ten thousand and by a hundred thousand filters', () => {
    const ratio = meanMatches(create(7, 100_000), 100_000) / meanMatches(create(7, 10_000), 10_000);
    expect(ratio).toBeGreaterThan(0.8);
    expect(ratio).toBeLessThan(1.25);
  });
});

/** Of an event with so many filters, by a sample of them. */
function meanMatches(workload: Workload, filters: number): number {
  const [sample, events] = [10_000, 300];
  const loop = new GeneratedCode([...drawFilters(workload, sample)]);
  let matches = 0;
  for (let i = 0; i < events; i += 1) {
    const { topic, text } = workload.event();
    matches += loop.match(documentOf(topic, JSON.parse(text) as JsonValue)).length;
  }
  return (matches / events) * (filters / sample);
}
