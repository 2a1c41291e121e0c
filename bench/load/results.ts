import type { LeftOut } from '../peers/present.ts';
import type { Machine } from '../report/machine.ts';
import type { Figures } from './figures.ts';
import type { Sizes } from './sizes.ts';

/** All that a run found out: what `load.json` holds. */
export interface LoadResults {
  readonly tellwhen: string;
  readonly machine: Machine;
  /** Load average of a minute when it began: what others on the machine took part in. */
  readonly loadBefore: number;
  readonly seed: number;
  readonly rounds: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly sizes: Sizes;
  readonly scenarios: readonly ScenarioResult[];
  readonly leftOut: readonly LeftOut[];
}

export interface ScenarioResult {
  readonly key: string;
  readonly title: string;
  readonly what: string;
  readonly brokers: readonly BrokerResult[];
}

export interface BrokerResult extends BrokerName {
  /** One for each round that came to its end. */
  readonly rounds: readonly Figures[];
  /** Why others did not. */
  readonly failures: readonly string[];
}

export interface BrokerName {
  readonly key: string;
  readonly name: string;
  readonly version: string;
  readonly manner: string;
}

/** Whether every round of our own broker came to its end, and all that it handed over was right, and nothing lost. */
export function isOursRight({ scenarios }: LoadResults): boolean {
  return scenarios.every(({ brokers }) =>
    brokers
      .filter(({ key }) => key === OURS)
      .every(({ rounds, failures }) => failures.length === 0 && rounds.every(({ lost, wrong }) => lost + wrong === 0)),
  );
}

/** Of the catalogues. */
export const OURS = 'tellwhen';
