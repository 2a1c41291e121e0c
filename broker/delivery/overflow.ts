import type { DeliveryTerms } from './delivery.ts';

/** Whether a queue that holds so much has no room for one more event of so many bytes. */
export function isFull(
  { queueEvents, queueBytes }: DeliveryTerms,
  held: { readonly length: number; readonly bytes: number },
  bytes: number,
): boolean {
  return held.length >= queueEvents || held.bytes + bytes > queueBytes;
}

/** Whether the oldest makes room for an event of so many bytes: not for one that would not fit into the empty queue. */
export function oldestGivesWay({ overflow, queueBytes }: DeliveryTerms, bytes: number): boolean {
  return overflow === 'drop-oldest' && bytes <= queueBytes;
}
