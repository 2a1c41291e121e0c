import type { Condition } from './condition.ts';

/** A condition in Tellwhen's language, as a subscriber would write it: no brackets around the whole. */
export function toPredicate(condition: Condition): string {
  return condition.kind === 'all' ? condition.conditions.map(part).join(' AND ') : part(condition);
}

function part(condition: Condition): string {
  switch (condition.kind) {
    case 'compare':
      return `${condition.field} ${condition.operator} ${condition.value}`;
    case 'equals':
      return `${condition.field} = '${condition.value}'`;
    case 'differs':
      return `${condition.field} <> '${condition.value}'`;
    case 'oneOf':
      return `${condition.field} IN (${condition.values.map((value) => `'${value}'`).join(', ')})`;
    case 'startsWith':
      return `startsWith(${condition.field}, '${condition.prefix}')`;
    case 'all':
      return `(${condition.conditions.map(part).join(' AND ')})`;
    case 'either':
      return `(${condition.conditions.map(part).join(' OR ')})`;
    case 'not':
      return `NOT (${part(condition.condition)})`;
  }
}
