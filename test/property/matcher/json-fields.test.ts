import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeJson, type JsonReader, type MatchableEvent, Matcher, printCondition } from '../../../matcher/index.ts';
import { jsonFault } from '../../fuzz/json-campaign.ts';
import { arbitraryCondition, arbitraryEvent } from '../../support/arbitrary-predicates.ts';

const limits = { depthMax: 32, keysMax: 2_000 };

describe('JsonFields', () => {
  it('finds what JSON.parse and a reader of its result find, in documents that are whole and damaged', () => {
    for (let seed = 1; seed <= 20; seed += 1) expect(jsonFault(seed, 500)).toBeUndefined();
  });
});

describe('Matcher.match', () => {
  it('finds the same filters whether the data is bytes or decoded', () => {
    fc.assert(
      fc.property(
        fc.array(arbitraryCondition(), { minLength: 1, maxLength: 12 }),
        fc.array(arbitraryEvent(), { minLength: 1, maxLength: 8 }),
        (conditions, events) => {
          const matcher = new Matcher();
          for (const [i, condition] of conditions.entries()) {
            matcher.add(i, { topic: '#', when: printCondition(condition) });
          }
          for (const event of events) {
            const bytes = new TextEncoder().encode(JSON.stringify(event.data ?? null));
            const decoded = decodeJson(bytes, limits);
            if ('fault' in decoded) throw new Error(decoded.fault);
            const asObject: MatchableEvent = { ...event, data: decoded.value };
            const readData = (reader: JsonReader): void => expect(reader.read(bytes, limits)).toBeUndefined();
            const expected = sorted(matcher, asObject);
            expect(sorted(matcher, { ...asObject, readData })).toEqual(expected);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

function sorted(matcher: Matcher, event: MatchableEvent): number[] {
  const { ids, count } = matcher.match(event);
  return [...ids.subarray(0, count)].sort((a, b) => a - b);
}
