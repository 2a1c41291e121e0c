import type { Comparison, Condition } from '../workloads/condition.ts';

/** A query in the language of MongoDB, which sift and mingo evaluate. */
export interface MongoQuery {
  readonly [fieldOrOperator: string]: unknown;
}

const OPERATORS: Readonly<Record<Comparison, string>> = { '<': '$lt', '<=': '$lte', '>': '$gt', '>=': '$gte' };

export function toMongoQuery(condition: Condition): MongoQuery {
  switch (condition.kind) {
    case 'compare':
      return { [condition.field]: { [OPERATORS[condition.operator]]: condition.value } };
    case 'equals':
      return { [condition.field]: condition.value };
    case 'differs':
      return { [condition.field]: { $ne: condition.value } };
    case 'oneOf':
      return { [condition.field]: { $in: condition.values } };
    case 'startsWith':
      // The workloads' prefixes have no character that means something in a regular expression.
      return { [condition.field]: { $regex: `^${condition.prefix}` } };
    case 'all':
      return allOf(condition.conditions);
    case 'either':
      return { $or: condition.conditions.map(toMongoQuery) };
    case 'not':
      return { $nor: [toMongoQuery(condition.condition)] };
  }
}

/** One object where no field comes twice, as people write it; `$and` costs more. */
function allOf(conditions: readonly Condition[]): MongoQuery {
  const queries = conditions.map(toMongoQuery);
  const keys = queries.flatMap(Object.keys);
  return new Set(keys).size === keys.length ? Object.assign({}, ...queries) : { $and: queries };
}
