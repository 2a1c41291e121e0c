import type { Config } from '../../config/index.ts';
import type { ClientControl, ControlOf } from '../../protocol/index.ts';
import { predicateOfFilters } from './cloudevents/filters.ts';
import { HttpProblem } from './problem.ts';
import type { FilterExpression, SubscriptionWish } from './schemas.ts';

type Subscribe = ControlOf<ClientControl, 'subscribe'>;

/** What `subscribe` is asked over the native protocol to get the same. `check` throws where a text is no predicate. */
export function subscribeRequest(wish: SubscriptionWish, config: Config, check: (when: string) => void): Subscribe {
  const { filters, source, types, sink: _, protocol: __, concurrency: ___, ...own } = wish;
  const when = whenOf(wish, check);
  const takesFromMailbox = own.mailbox !== undefined;
  return {
    ...defined(own),
    kind: 'subscribe',
    ref: 1,
    ...(own.topic === undefined && !takesFromMailbox && { topic: '#' }),
    ...(when !== undefined && { when }),
    ack: own.ack ?? 'explicit',
    leaseMs: own.leaseMs ?? (takesFromMailbox ? undefined : config.subscriptionLeaseMsDefault),
    // Whoever asks for events is the credit.
    creditEvents: config.creditEventsMax,
    creditBytes: config.creditBytesMax,
  };
}

/** The predicate of a subscription: its own, or the one that means the same as its CloudEvents filters. */
export function whenOf(wish: SubscriptionWish, check: (when: string) => void): string | undefined {
  const expressions: FilterExpression[] = [...(wish.filters ?? [])];
  if (wish.source !== undefined) expressions.push({ exact: { source: wish.source } });
  if (wish.types !== undefined) expressions.push({ any: wish.types.map((type) => ({ exact: { type } })) });
  if (expressions.length === 0) return wish.when;
  if (wish.when !== undefined) {
    throw new HttpProblem('request_malformed', 'body: there is when, and filters, source or types; say one of them');
  }
  return predicateOfFilters(expressions, check);
}

/** Without the fields that were left out, as `exactOptionalPropertyTypes` wants them. */
function defined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
