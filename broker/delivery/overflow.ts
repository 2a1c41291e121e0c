import type { PublishedEvent } from '../publish/event.ts';
import type { DeliveryTerms } from './delivery.ts';

/** Whether a queue that holds so much has no room for one more event. */
export function isFull(
  { queueEvents, queueBytes }: DeliveryTerms,
  held: { readonly events: number; readonly bytes: number },
  event: PublishedEvent,
): boolean {
  return held.events >= queueEvents || held.bytes + event.bytes.length > queueBytes;
}

/** Whether the oldest makes room for this event: not for one that would not fit into the empty queue. */
export function oldestGivesWay({ overflow, queueBytes }: DeliveryTerms, event: PublishedEvent): boolean {
  return overflow === 'drop-oldest' && event.bytes.length <= queueBytes;
}
