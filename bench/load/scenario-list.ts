import type { Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';
import { STORED } from './stored.ts';

/** All scenarios in their order: by number, and the curve last. */
export const ALL_SCENARIOS: readonly Scenario[] = [...SCENARIOS, STORED].sort(
  (one, other) => placeOf(one) - placeOf(other),
);

/** Throws RangeError for a key that there is not. */
export function scenarioOf(key: string): Scenario {
  const found = ALL_SCENARIOS.find((scenario) => scenario.key === key);
  if (found !== undefined) return found;
  throw new RangeError(`there is no scenario ${key}; there are ${ALL_SCENARIOS.map((one) => one.key).join(', ')}`);
}

/** 1.5 of `s1f`. */
function placeOf({ key }: Scenario): number {
  const [, number, variant] = /^s(\d)(f?)$/.exec(key) ?? [];
  return number === undefined ? Number.POSITIVE_INFINITY : Number(number) + (variant === 'f' ? 0.5 : 0);
}
