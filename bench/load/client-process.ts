/** A client of one broker in a process of its own: publishes, or subscribes and checks, as it is told. */

import { loadFilters } from './filter-loader.ts';
import type { Answer, Order } from './messages.ts';
import { publish } from './publisher.ts';
import { shareClock } from './shared-clock.ts';
import { subscribe } from './subscriber.ts';

/** Takes the orders that follow the first. */
export type Orders = (order: Order) => void;
export type Tell = (answer: Answer) => void;

const tell: Tell = (answer) => {
  process.send?.(answer);
};

const fail = (error: unknown): void => {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.send?.({ kind: 'failed', message } satisfies Answer, () => process.exit(1));
};

// Nobody is left to answer when the bench was ended.
process.once('disconnect', () => process.exit());
process.once('uncaughtException', fail);
process.once('unhandledRejection', fail);

process.once('message', (order: Order) => {
  begin(order).then((orders) => process.on('message', orders), fail);
});

async function begin(order: Order): Promise<Orders> {
  if (!('clock' in order)) throw new Error(`the first order cannot be ${order.kind}`);
  shareClock(order.clock);
  switch (order.kind) {
    case 'subscribe':
      return subscribe(order, tell);
    case 'publish':
      return publish(order, tell);
    case 'load-filters':
      return loadFilters(order, tell);
  }
}
