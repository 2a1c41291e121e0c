/** One subscriber's wish, in the two languages that the bench compares. */
export interface WorkloadFilter {
  readonly topic: string;
  /** As a predicate. */
  readonly when: string;
  /** The same as a JavaScript expression over `e`, the event's data: what people write by hand. */
  readonly expression: string;
}

/** Filters and events that belong together. The same seed gives the same ones, in the same order. */
export interface Workload {
  readonly name: string;
  readonly description: string;
  readonly topic: string;
  /** The next filter. */
  filter(): WorkloadFilter;
  /** The next event's data, as JSON. Parse it afresh each time: strings that were used carry their hash. */
  event(): string;
}

/** A condition on one field, in both languages; the operators used here are spelled alike. */
export function condition(field: string, operator: '<' | '<=' | '>' | '>=', value: number): [string, string] {
  return [`${field} ${operator} ${value}`, `e.${field} ${operator} ${value}`];
}

/** All conditions together. */
export function conjunction(topic: string, parts: readonly (readonly [string, string])[]): WorkloadFilter {
  return {
    topic,
    when: parts.map(([when]) => when).join(' AND '),
    expression: parts.map(([, expression]) => expression).join(' && '),
  };
}
