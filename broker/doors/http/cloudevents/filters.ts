import type { FilterExpression } from '../schemas.ts';

/** What the attributes of CloudEvents are called in predicates. Every other one is an attribute of the event. */
const REFERENCES: { readonly [attribute: string]: string } = {
  id: '$id',
  source: '$source',
  datacontenttype: '$contentType',
  tellwhentopic: '$topic',
};

const COMBINING = [
  ['all', 'AND'],
  ['any', 'OR'],
] as const;

/**
 * The predicate that means the same as all of these filters of CloudEvents Subscriptions 1.0 (§3.2.4.1). There an attribute
 * that is missing makes a filter false, and `not` makes true of that; here a comparison with nothing is unknown, and so is
 * its contrary. So each comparison says first that there is something to compare. `check` is given each predicate that
 * somebody wrote, before it is put among others; it throws where that is none.
 */
export function predicateOfFilters(filters: readonly FilterExpression[], check: (when: string) => void): string {
  return joined(
    filters.map((filter) => predicateOf(filter, check)),
    'AND',
  );
}

function predicateOf(filter: FilterExpression, check: (when: string) => void): string {
  if (filter.exact !== undefined) return compared(filter.exact, equals);
  if (filter.prefix !== undefined) return compared(filter.prefix, (name, text) => `startsWith(${name}, ${text})`);
  if (filter.suffix !== undefined) return compared(filter.suffix, (name, text) => `endsWith(${name}, ${text})`);
  if (filter.not !== undefined) return `NOT ${predicateOf(filter.not, check)}`;
  for (const [dialect, by] of COMBINING) {
    const filters = filter[dialect]?.map((one) => predicateOf(one, check));
    if (filters !== undefined) return joined(filters, by);
  }
  const when = filter['urn:tellwhen:predicate'] ?? '';
  check(when);
  return `(${when})`;
}

function compared(
  attributes: { readonly [attribute: string]: string },
  compare: (name: string, text: string, value: string) => string,
): string {
  const conditions = Object.entries(attributes).map(([attribute, value]) => {
    const name = REFERENCES[attribute] ?? `$attr.${attribute}`;
    return `(${name} IS NOT NULL AND ${compare(name, quoted(value), value)})`;
  });
  return joined(conditions, 'AND');
}

/** CloudEvents compares by the written form (§3.1): a number or a truth is equal to the text that shows it. */
function equals(name: string, text: string, value: string): string {
  const literal = value === 'true' || value === 'false' || String(Number(value)) === value ? value : undefined;
  return literal === undefined || !/^(?:true|false|-?[\d.]+)$/.test(literal)
    ? `${name} = ${text}`
    : `(${name} = ${text} OR ${name} = ${literal})`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

function joined(conditions: readonly string[], by: 'AND' | 'OR'): string {
  return conditions.length === 1 ? (conditions[0] as string) : `(${conditions.join(` ${by} `)})`;
}
