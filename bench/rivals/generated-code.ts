import type { Condition } from '../workloads/condition.ts';
import type { WorkloadFilter } from '../workloads/workload.ts';
import type { Rival } from './rival.ts';
import { conditionsOf, type RivalDocument } from './topic-levels.ts';

type Part = (document: RivalDocument, ids: Int32Array, count: number) => number;

/** So many filters in one function: more make it too long to be optimised, fewer cost calls. */
const PART = 1000;

/**
 * What people write first, and fairly: every predicate as code that the JavaScript engine compiles, a thousand to a
 * function, and all of it run for each event.
 */
export class GeneratedCode implements Rival {
  readonly #parts: Part[] = [];
  readonly #ids: Int32Array;

  constructor(filters: readonly WorkloadFilter[]) {
    this.#ids = new Int32Array(filters.length);
    const conditions = conditionsOf(filters);
    for (let from = 0; from < conditions.length; from += PART) {
      const lines = conditions
        .slice(from, from + PART)
        .map((condition, i) => `if (${toExpression(condition)}) { ids[count] = ${from + i}; count += 1; }`);
      this.#parts.push(new Function('e', 'ids', 'count', `${lines.join('\n')}\nreturn count;`) as Part);
    }
  }

  match(document: RivalDocument): Int32Array {
    let count = 0;
    for (const part of this.#parts) count = part(document, this.#ids, count);
    return this.#ids.subarray(0, count);
  }
}

/** A JavaScript expression over `e`, the document: what people write by hand. */
export function toExpression(condition: Condition): string {
  switch (condition.kind) {
    case 'compare':
      return `e.${condition.field} ${condition.operator} ${condition.value}`;
    case 'equals':
      return `e.${condition.field} === '${condition.value}'`;
    case 'differs':
      return `e.${condition.field} !== '${condition.value}'`;
    case 'oneOf':
      return `(${condition.values.map((value) => `e.${condition.field} === '${value}'`).join(' || ')})`;
    case 'startsWith':
      return `e.${condition.field}.startsWith('${condition.prefix}')`;
    case 'all':
      return `(${condition.conditions.map(toExpression).join(' && ')})`;
    case 'either':
      return `(${condition.conditions.map(toExpression).join(' || ')})`;
    case 'not':
      return `!(${toExpression(condition.condition)})`;
  }
}
