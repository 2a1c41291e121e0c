import type { PubSubPeer } from '../peers/pubsub-peer.ts';
import type { Column } from './columns.ts';
import type { Figures } from './figures.ts';
import type { FlowMeans } from './flow.ts';
import type { Sizes } from './sizes.ts';

/** One question that the load test asks of every broker. */
export interface Scenario {
  /** For the command line. */
  readonly key: string;
  readonly title: string;
  /** What happens, for the reader of the results. */
  readonly what: (sizes: Sizes) => string;
  /** The first is that which brokers are compared by. */
  readonly columns: readonly Column[];
  /** As fast as it goes: so something holds it back. */
  readonly flatOut: boolean;
}

/** A scenario for brokers that hand over events that nobody keeps. */
export interface PubSubScenario extends Scenario {
  readonly suits: (peer: PubSubPeer) => boolean;
  readonly measure: (means: ScenarioMeans) => Promise<Figures>;
}

export interface ScenarioMeans extends FlowMeans {
  readonly sizes: Sizes;
  readonly seed: number;
  /** A topic that nobody else uses. */
  readonly topic: string;
}
