import { type Checker, factsOf } from '../history.ts';

/** A mailbox holds no more than it may. */
export const withinBounds: Checker = (history) =>
  factsOf(history, 'inspected').flatMap(({ mailbox, entries, eventsMax, bytes, bytesMax }) => [
    ...(entries > eventsMax ? [`${mailbox} holds ${entries} events of ${eventsMax}`] : []),
    ...(bytes > bytesMax ? [`${mailbox} holds ${bytes} bytes of ${bytesMax}`] : []),
  ]);
