/** What the load test tells its client processes, and what they answer; over the channel that a fork has. */
import type { EventsSpec } from './events.ts';
import type { Latency } from './latency-record.ts';
import type { Shape } from './subscriptions.ts';

interface AtPeer {
  /** A key of the catalogue. */
  readonly peer: string;
  readonly address: string;
  readonly events: EventsSpec;
  /** See `shareClock`. */
  readonly clock: string;
}

export interface SubscribeOrder extends AtPeer {
  readonly kind: 'subscribe';
  /** `consume`: each event is acknowledged, see `PubSubClient.consume`. */
  readonly way: 'push' | 'consume';
  readonly shape: Shape;
  readonly connections: number;
  /** Subscriptions of each connection. Subscription `i` is on connection `floor(i / perConnection)`. */
  readonly perConnection: number;
  /** Measured, from when each event was due. */
  readonly latency: boolean;
}

export interface PublishOrder extends AtPeer {
  readonly kind: 'publish';
  /** Events a second, evenly. 0: as fast as it goes. */
  readonly rate: number;
  /** At a rate: looks at the clock all the time, and takes a core for that. Else it sleeps in between, and is some 100 µs late at times. */
  readonly exact: boolean;
  /** So many events may be published that the slowest subscriber has not got. */
  readonly window: number;
}

export interface LoadFiltersOrder extends AtPeer {
  readonly kind: 'load-filters';
  readonly filters: number;
  readonly connections: number;
  /** Ends then, with fewer. */
  readonly secondsMax: number;
}

export type Order =
  | SubscribeOrder
  | PublishOrder
  | LoadFiltersOrder
  /** To who loads filters: now. */
  | { readonly kind: 'load' }
  /** Say how far you are. */
  | { readonly kind: 'mark' }
  /** To a publisher: the slowest subscriber has got all before this number. */
  | { readonly kind: 'seen'; readonly before: number }
  /** To a publisher: no more events. */
  | { readonly kind: 'stop' }
  /** To subscribers: there are no more events than these. Say when you have yours. */
  | { readonly kind: 'finish'; readonly first: number; readonly end: number };

export type Answer =
  /** To `subscribe`: whatever is published from now on comes. To `publish`: it is connected, and begins. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'marked'; readonly mark: Mark }
  /** Of a subscriber, unasked, some hundred times a second while there is something new. */
  | { readonly kind: 'seen'; readonly before: number }
  /** To `stop`. Events have the numbers 0 to before `end`; the first was due at `startUs`. */
  | { readonly kind: 'published'; readonly end: number; readonly startUs: number }
  | { readonly kind: 'finished'; readonly report: SubscriberReport }
  | { readonly kind: 'loaded'; readonly filters: number; readonly fromUs: number; readonly untilUs: number }
  | { readonly kind: 'failed'; readonly message: string };

/** One look at a process at work. */
export interface Mark {
  /** See `nowUs`. */
  readonly atUs: number;
  /** Of the process since it began. */
  readonly cpuUs: number;
  /** Events published, or handed over, since it began. */
  readonly count: number;
  readonly residentBytes: number;
}

export interface SubscriberReport {
  /** Events handed over. */
  readonly got: number;
  /** Wanted by a subscription, and not handed over to it. */
  readonly lost: number;
  /** What brokers have said of that. */
  readonly lossReasons: readonly string[];
  /** Handed over twice, out of order, to whom they do not concern, or with other bytes than were published. */
  readonly wrong: number;
  readonly latency: Latency | undefined;
}
