import type { Order } from '../../../broker/protocol/index.ts';

/** One event, as its publisher names it: no two publishes of one history share it. */
export interface Event {
  readonly publisher: string;
  /** The publisher's count of its events, from 1. */
  readonly number: number;
}

/** One who is delivered events in some order: a subscription, or all consumers of a mailbox together. */
export interface Receiver {
  readonly name: string;
  readonly order: Order;
  /** What follows is to wait until what came before is acknowledged. */
  readonly ordered: boolean;
}

/**
 * What clients saw, as they wrote it down, in the order of one clock: those of one process are, of several processes, what each
 * has is, and what one receiver has.
 */
export type OrderFact =
  | { readonly kind: 'published'; readonly client: string; readonly event: Event }
  /**
   * A client was given an event, for a receiver that it belongs to. `late`: it had not read for a while, so that its lease may be over, and
   * another may have been given the event since.
   */
  | {
      readonly kind: 'delivered';
      readonly client: string;
      readonly receiver: Receiver;
      readonly event: Event;
      readonly late?: boolean;
    }
  /** The broker may have taken note: from now on nothing waits for it. */
  | { readonly kind: 'acknowledged'; readonly receiver: Receiver; readonly event: Event }
  /** The broker was killed: of the last acknowledgements it may know nothing, and what they were for comes again, with all that followed. */
  | { readonly kind: 'killed' };

export type OrderHistory = readonly OrderFact[];
export type OrderChecker = (history: OrderHistory) => readonly string[];

export function nameOf({ publisher, number }: Event): string {
  return `${publisher}#${number}`;
}
