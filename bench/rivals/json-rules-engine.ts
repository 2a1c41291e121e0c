import { Engine, type NestedCondition, type TopLevelCondition } from 'json-rules-engine';
import type { Comparison, Condition } from '../workloads/condition.ts';
import type { WorkloadFilter } from '../workloads/workload.ts';
import type { Rival } from './rival.ts';
import { conditionsOf, type RivalDocument } from './topic-levels.ts';

const OPERATORS: Readonly<Record<Comparison, string>> = {
  '<': 'lessThan',
  '<=': 'lessThanInclusive',
  '>': 'greaterThan',
  '>=': 'greaterThanInclusive',
};

/** The npm package json-rules-engine: a rule a filter, facts from the document, all rules run. */
export class JsonRules implements Rival {
  readonly #engine = new Engine();

  constructor(filters: readonly WorkloadFilter[]) {
    this.#engine.addOperator('startsWith', (value: string, prefix: string) => value.startsWith(prefix));
    for (const [id, condition] of conditionsOf(filters).entries()) {
      const rule = toRule(condition);
      this.#engine.addRule({
        conditions: ('fact' in rule ? { all: [rule] } : rule) as TopLevelCondition,
        event: { type: 'match', params: { id } },
      });
    }
  }

  async match(document: RivalDocument): Promise<number[]> {
    const { events } = await this.#engine.run(document);
    return events.map(({ params }) => (params as { id: number }).id);
  }
}

function toRule(condition: Condition): NestedCondition {
  switch (condition.kind) {
    case 'compare':
      return { fact: condition.field, operator: OPERATORS[condition.operator], value: condition.value };
    case 'equals':
      return { fact: condition.field, operator: 'equal', value: condition.value };
    case 'differs':
      return { fact: condition.field, operator: 'notEqual', value: condition.value };
    case 'oneOf':
      return { fact: condition.field, operator: 'in', value: condition.values };
    case 'startsWith':
      return { fact: condition.field, operator: 'startsWith', value: condition.prefix };
    case 'all':
      return { all: condition.conditions.map(toRule) };
    case 'either':
      return { any: condition.conditions.map(toRule) };
    case 'not':
      return { not: toRule(condition.condition) };
  }
}
