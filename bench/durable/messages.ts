/** What the durable bench tells its client processes, and what they answer; over the channel that a fork has. */
import type { PublishRange } from '../peers/peer.ts';

export interface AtPeer {
  /** A key of the catalogue. */
  readonly peer: string;
  readonly address: string;
  readonly queue: string;
}

export interface PublishOrder extends AtPeer {
  readonly kind: 'publish';
  readonly range: PublishRange;
  /** The first so many of the range come before the clock starts: code gets compiled, files get their first pages. */
  readonly warmUp: number;
}

export interface ConsumeOrder extends AtPeer {
  readonly kind: 'consume';
  /** Ends when so many were taken. The first is event 0. */
  readonly count: number;
  readonly warmUp: number;
}

export type Order = PublishOrder | ConsumeOrder;

export type Answer =
  /** To `consume`: events may come. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'published'; readonly report: PublishReport }
  | { readonly kind: 'consumed'; readonly report: ConsumeReport }
  | { readonly kind: 'failed'; readonly message: string };

interface Report {
  /** As `process.hrtime` has it, which all processes of a machine share: after the warm-up, and after the last event. */
  readonly startNs: number;
  readonly endNs: number;
  /** In between, of this client. */
  readonly cpuSeconds: number;
}

export interface PublishReport extends Report {
  /** From the call to the ack. Of each event where they went one at a time; else zeros. */
  readonly latencyUs: { readonly p50: number; readonly p99: number };
}

export interface ConsumeReport extends Report {
  readonly taken: number;
  /** Events out of order, twice, or with other bytes than were sent. Must be 0. */
  readonly wrong: number;
}
