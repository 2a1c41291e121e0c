import type { Figures } from './figures.ts';
import type { BrokerName } from './results.ts';
import type { Scenario } from './scenario.ts';

/** One broker in one scenario, ready for a round. */
export interface Contender {
  readonly broker: BrokerName;
  readonly measure: (round: Round) => Promise<Figures>;
}

export interface Round {
  readonly progress: (step: string) => void;
  readonly signal: AbortSignal;
}

export interface Contest {
  readonly scenario: Scenario;
  readonly contenders: readonly Contender[];
}
