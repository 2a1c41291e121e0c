/**
 * What a subscriber of a workload wishes, said once as a tree, so that each engine that answers the same workload gets it
 * in its own language: `predicate.ts` here, the others' in `bench/rivals/`.
 *
 * The workloads' events always have the fields that filters name, so that missing ones, which the languages treat
 * differently, do not come up.
 */
export type Condition =
  | { readonly kind: 'compare'; readonly field: string; readonly operator: Comparison; readonly value: number }
  | { readonly kind: 'equals'; readonly field: string; readonly value: string }
  | { readonly kind: 'differs'; readonly field: string; readonly value: string }
  | { readonly kind: 'oneOf'; readonly field: string; readonly values: readonly string[] }
  | { readonly kind: 'startsWith'; readonly field: string; readonly prefix: string }
  | { readonly kind: 'all'; readonly conditions: readonly Condition[] }
  | { readonly kind: 'either'; readonly conditions: readonly Condition[] }
  | { readonly kind: 'not'; readonly condition: Condition };

export type Comparison = '<' | '<=' | '>' | '>=';

export function compare(field: string, operator: Comparison, value: number): Condition {
  return { kind: 'compare', field, operator, value };
}

export function equals(field: string, value: string): Condition {
  return { kind: 'equals', field, value };
}

export function differs(field: string, value: string): Condition {
  return { kind: 'differs', field, value };
}

export function isOneOf(field: string, values: readonly string[]): Condition {
  return { kind: 'oneOf', field, values };
}

export function startsWith(field: string, prefix: string): Condition {
  return { kind: 'startsWith', field, prefix };
}

export function all(conditions: readonly Condition[]): Condition {
  return { kind: 'all', conditions };
}

export function either(conditions: readonly Condition[]): Condition {
  return { kind: 'either', conditions };
}

export function negated(condition: Condition): Condition {
  return { kind: 'not', condition };
}
