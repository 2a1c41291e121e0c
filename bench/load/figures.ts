import type { Latency } from './latency-record.ts';

/** What one broker did in one round of one scenario. Absent: the scenario does not ask for it, or the system does not tell. */
export interface Figures {
  readonly publishedPerSecond?: number;
  readonly deliveredPerSecond?: number;
  /** Events that were handed over and looked at, warm-up included. */
  readonly checked?: number;
  /** Events that a subscription wanted and did not get. */
  readonly lost: number;
  /** What the broker has said of that. */
  readonly lossReasons?: readonly string[];
  /** Events that came twice, out of order, changed, or to the wrong subscription. Anything but 0 is a fault. */
  readonly wrong: number;
  /** Of one core, in percent. */
  readonly publisherCpu?: number;
  readonly subscriberCpu?: number;
  readonly brokerCpu?: number;
  /** Of whoever else is on the machine. */
  readonly othersCpu?: number;
  /** Processor time of the broker for one delivery, or one event stored. */
  readonly brokerUs?: number;
  /** Bytes over the loopback for one delivery. */
  readonly wireBytes?: number;
  /** The most that the broker had. */
  readonly brokerBytes?: number;
  readonly latency?: Latency;
  /** The same load without those who do not keep up. */
  readonly calmLatency?: Latency;
  /** Of one idle connection. */
  readonly bytesPerConnection?: number;
  readonly filters?: number;
  readonly filtersPerSecond?: number;
  readonly bytesPerFilter?: number;
  /** With one event at a time, each acknowledged before the next. */
  readonly alonePerSecond?: number;
  /** By number of subscriptions, what a delivery cost the broker; from the fewest to the most. */
  readonly costCurve?: readonly (readonly [subscriptions: number, brokerUs: number])[];
}
