import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compileFilter,
  evaluate,
  explainFilter,
  type Filter,
  type MatchableEvent,
  Matcher,
  parsePredicate,
  printCondition,
  topicMatches,
} from '../../../matcher/index.ts';
import { arbitraryCondition, arbitraryEvent, arbitraryTopicFilter } from '../../support/arbitrary-predicates.ts';

/** What the specification says, without any index. */
function oracle(filter: Filter, event: MatchableEvent): boolean {
  if (!topicMatches(filter.topic, event.topic)) return false;
  return filter.when === undefined || evaluate(parsePredicate(filter.when), event) === true;
}

function matched(matcher: Matcher, event: MatchableEvent): number[] {
  const { ids, count } = matcher.match(event);
  return [...ids.subarray(0, count)].sort((a, b) => a - b);
}

function expected(filters: ReadonlyMap<number, Filter>, event: MatchableEvent): number[] {
  return [...filters]
    .filter(([, filter]) => oracle(filter, event))
    .map(([subscription]) => subscription)
    .sort((a, b) => a - b);
}

const arbitraryFilter: fc.Arbitrary<Filter> = fc.record({
  topic: fc.oneof(arbitraryTopicFilter(), fc.constant('#')),
  when: fc.option(arbitraryCondition().map(printCondition), { nil: undefined, freq: 12 }),
});

describe('Matcher', () => {
  it('answers as the oracle does, for random filters and events', () => {
    fc.assert(
      fc.property(
        fc.array(arbitraryFilter, { minLength: 1, maxLength: 60 }),
        fc.array(arbitraryEvent(), { minLength: 1, maxLength: 12 }),
        (list, events) => {
          const matcher = new Matcher();
          const filters = new Map(list.entries());
          for (const [subscription, filter] of filters) matcher.add(subscription, filter);
          for (const event of events) expect(matched(matcher, event)).toEqual(expected(filters, event));
          matcher.retune(1000);
          for (const event of events) expect(matched(matcher, event)).toEqual(expected(filters, event));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('answers as the oracle does while filters come, change and go, and is empty when all have gone', () => {
    const arbitraryChange = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ kind: fc.constant('set' as const), at: fc.nat(30), filter: arbitraryFilter }),
      },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove' as const), at: fc.nat(30) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('match' as const), event: arbitraryEvent() }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('retune' as const) }) },
    );
    fc.assert(
      fc.property(fc.array(arbitraryChange, { minLength: 1, maxLength: 120 }), (changes) => {
        const matcher = new Matcher();
        const filters = new Map<number, Filter>();
        for (const change of changes) {
          if (change.kind === 'match') expect(matched(matcher, change.event)).toEqual(expected(filters, change.event));
          else if (change.kind === 'retune') matcher.retune(20);
          else if (change.kind === 'remove') expect(matcher.remove(change.at)).toBe(filters.delete(change.at));
          else {
            if (filters.has(change.at)) matcher.replace(change.at, change.filter);
            else matcher.add(change.at, change.filter);
            filters.set(change.at, change.filter);
          }
          expect(matcher.stats.subscriptions).toBe(filters.size);
        }
        for (const subscription of filters.keys()) matcher.remove(subscription);
        const { events: _, eventsUnmatched, matches, candidates, testsEvaluated, ...more } = matcher.stats;
        const { cellsAsked, runsScanned, entriesRead, ...left } = more;
        const { hitsByEquality, hitsByRange, hitsByPair, hitsByTopic, filtersLookedAt, filtersMoved, ...sizes } = left;
        const fresh = new Matcher().stats;
        expect({ ...fresh, ...sizes }).toEqual(fresh);
      }),
      { numRuns: 300 },
    );
  });

  it('explains each of many with the verdict that match gives, and finds the same in a dry run, which it forgets', () => {
    fc.assert(
      fc.property(
        fc.array(arbitraryFilter, { minLength: 1, maxLength: 20 }),
        fc.array(arbitraryEvent(), { minLength: 1, maxLength: 4 }),
        (filters, events) => {
          const matcher = new Matcher();
          for (const [subscription, filter] of filters.entries()) matcher.add(subscription, filter);
          for (const event of events) {
            const explained = filters.flatMap((_, id) => (matcher.explain(event, id).matched ? [id] : []));
            const before = matcher.stats;
            const { ids, count } = matcher.dryRun(event);
            expect([...ids.subarray(0, count)].sort((a, b) => a - b)).toEqual(explained);
            expect({ ...matcher.stats, bytes: before.bytes }).toEqual(before);
            expect(matched(matcher, event)).toEqual(explained);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('prices a filter as long as it is held, whatever it is, and changes nothing by that', () => {
    fc.assert(
      fc.property(fc.array(arbitraryFilter, { minLength: 1, maxLength: 20 }), arbitraryEvent(), (filters, event) => {
        const matcher = new Matcher();
        for (const [subscription, filter] of filters.entries()) {
          const stats = matcher.stats;
          const before = matcher.costOf(filter);
          expect({ ...matcher.stats, bytes: stats.bytes }).toEqual(stats);
          matcher.add(subscription, filter);
          const after = matcher.costOf(filter);
          expect(after.subscriptions).toBe(before.subscriptions + 1);
          for (const { keys, offersPerEvent, testsPerOffer, testsPerEvent } of [before, after]) {
            for (const { share } of keys) expect(share >= 0 && share <= 1).toBe(true);
            expect(offersPerEvent).toBeLessThanOrEqual(keys.length + 1e-9);
            expect(keys.length === 0 || testsPerOffer >= 1).toBe(true);
            expect(testsPerEvent).toBe(offersPerEvent * testsPerOffer);
          }
          matcher.match(event);
        }
        matcher.retune(filters.length);
        const { filters: listed } = matcher.costliest({ limit: 100 });
        const figures = listed.map(({ testsPerEvent }) => testsPerEvent);
        expect(figures).toEqual([...figures].sort((a, b) => b - a));
        for (const { filter, ...cost } of listed) expect(cost).toEqual(matcher.costOf(filter));
      }),
      { numRuns: 200 },
    );
  });

  it('explains with the verdict that match gives', () => {
    fc.assert(
      fc.property(arbitraryFilter, arbitraryEvent(), (filter, event) => {
        const matcher = new Matcher();
        matcher.add(7, filter);
        const explanation = matcher.explain(event, 7);
        expect(explanation.matched).toBe(matcher.match(event).count === 1);
        expect(explanation).toEqual(explainFilter(event, filter));
        expect(JSON.parse(JSON.stringify(explanation))).toEqual(explanation);
      }),
      { numRuns: 1000 },
    );
  });

  it('gives filters that say the same one entry', () => {
    fc.assert(
      fc.property(arbitraryFilter, (filter) => {
        const compiled = compileFilter(filter);
        const reprinted = compiled.condition && printCondition(compiled.condition);
        expect(compileFilter({ topic: filter.topic, when: reprinted }).key).toBe(compiled.key);
      }),
      { numRuns: 500 },
    );
  });
});
