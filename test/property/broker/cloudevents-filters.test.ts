import fc from 'fast-check';
import { expect, it } from 'vitest';
import { predicateOfFilters } from '../../../broker/doors/http/cloudevents/filters.ts';
import type { FilterExpression } from '../../../broker/doors/http/schemas.ts';
import { Matcher } from '../../../matcher/index.ts';

type Attributes = { readonly [name: string]: string };

/** As CloudEvents Subscriptions 1.0 §3.2.4.1 says it, word by word. */
function holds(filter: FilterExpression, attributes: Attributes): boolean {
  const every = (named: Attributes, test: (value: string, wanted: string) => boolean): boolean =>
    Object.entries(named).every(([name, wanted]) => attributes[name] !== undefined && test(attributes[name], wanted));
  if (filter.exact !== undefined) return every(filter.exact, (value, wanted) => value === wanted);
  if (filter.prefix !== undefined) return every(filter.prefix, (value, wanted) => value.startsWith(wanted));
  if (filter.suffix !== undefined) return every(filter.suffix, (value, wanted) => value.endsWith(wanted));
  if (filter.all !== undefined) return filter.all.every((one) => holds(one, attributes));
  if (filter.any !== undefined) return filter.any.some((one) => holds(one, attributes));
  return filter.not !== undefined && !holds(filter.not, attributes);
}

const name = fc.constantFrom('type', 'subject', 'site', 'n1');
const value = fc.oneof(
  fc.constantFrom('a', 'ab', 'b', '5', 'true', "it's", '\\', '%', '_', '"', '\n', 'é'),
  fc.string({ minLength: 1, maxLength: 4, unit: 'grapheme' }),
);
const named = fc.dictionary(name, value, { minKeys: 1, maxKeys: 2 });

const { filter } = fc.letrec<{ filter: FilterExpression }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3 },
    named.map((exact) => ({ exact })),
    named.map((prefix) => ({ prefix })),
    named.map((suffix) => ({ suffix })),
    fc.array(tie('filter'), { minLength: 1, maxLength: 3 }).map((all) => ({ all })),
    fc.array(tie('filter'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
    tie('filter').map((not) => ({ not })),
  ),
}));

it('filters of CloudEvents match the events that their specification says', () => {
  fc.assert(
    fc.property(
      fc.array(filter, { minLength: 1, maxLength: 2 }),
      fc.array(fc.dictionary(name, value), { minLength: 1, maxLength: 5 }),
      (filters, events) => {
        const matcher = new Matcher();
        matcher.add(1, { topic: '#', when: predicateOfFilters(filters, () => {}) });
        for (const attributes of events) {
          const { count } = matcher.match({ topic: 'a', attributes });
          expect([attributes, count === 1]).toEqual([attributes, filters.every((one) => holds(one, attributes))]);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});
