/** One subscriber's wish, in the two languages that the bench compares. */
export interface WorkloadFilter {
  readonly topic: string;
  /** As a predicate. */
  readonly when: string;
  /** The same as a JavaScript expression over `e`, the event's data: what people write by hand. */
  readonly expression: string;
}

/**
 * Filters and events that belong together. The same seed and size give the same ones, in the same order, whichever of
 * the two is drawn first.
 */
export interface Workload {
  readonly name: string;
  readonly description: string;
  readonly topic: string;
  /** The next filter. */
  filter(): WorkloadFilter;
  /** The next event's data, as JSON. Parse it afresh each time: strings that were used carry their hash. */
  event(): string;
}

/**
 * Makes a workload that is meant for so many filters: the selectivity of its conditions goes down as their number goes
 * up, so that an event matches equally many of them. Cost that grows is then the index's, not the answer's.
 */
export type CreateWorkload = (seed: number, filters: number) => Workload;

/** A condition, as a predicate and as JavaScript. */
export type Spelling = readonly [when: string, expression: string];

/** A comparison of one field with a number, in both languages; the operators used here are spelled alike. */
export function condition(field: string, operator: '<' | '<=' | '>' | '>=', value: number): Spelling {
  return [`${field} ${operator} ${value}`, `e.${field} ${operator} ${value}`];
}

export function equals(field: string, value: string): Spelling {
  return [`${field} = '${value}'`, `e.${field} === '${value}'`];
}

/** True of present fields only, as the language has it; the workloads' events always have theirs. */
export function differs(field: string, value: string): Spelling {
  return [`${field} <> '${value}'`, `e.${field} !== '${value}'`];
}

export function isOneOf(field: string, values: readonly string[]): Spelling {
  const alternatives = values.map((value) => `e.${field} === '${value}'`).join(' || ');
  return [`${field} IN (${values.map((value) => `'${value}'`).join(', ')})`, `(${alternatives})`];
}

export function startsWith(field: string, prefix: string): Spelling {
  return [`startsWith(${field}, '${prefix}')`, `e.${field}.startsWith('${prefix}')`];
}

export function either(parts: readonly Spelling[]): Spelling {
  return [`(${parts.map(([when]) => when).join(' OR ')})`, `(${parts.map(([, js]) => js).join(' || ')})`];
}

export function negated([when, expression]: Spelling): Spelling {
  return [`NOT (${when})`, `!(${expression})`];
}

/** All conditions together. */
export function conjunction(topic: string, parts: readonly Spelling[]): WorkloadFilter {
  return {
    topic,
    when: parts.map(([when]) => when).join(' AND '),
    expression: parts.map(([, expression]) => expression).join(' && '),
  };
}

/** Two digits, as people write thresholds. */
export function twoDigits(value: number): number {
  return Math.round(value * 100) / 100;
}
