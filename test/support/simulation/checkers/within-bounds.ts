import type { Checker } from '../history.ts';

/** A mailbox holds no more than it may; but for what somebody replays. */
export const withinBounds: Checker = (history) => {
  const replayed = new Set<string>();
  const faults: string[] = [];
  for (const fact of history) {
    if (fact.kind === 'replay') replayed.add(fact.mailbox);
    if (fact.kind !== 'inspected' || replayed.has(fact.mailbox)) continue;
    const { mailbox, entries, eventsMax, bytes, bytesMax } = fact;
    if (entries > eventsMax) faults.push(`${mailbox} holds ${entries} events of ${eventsMax}`);
    if (bytes > bytesMax) faults.push(`${mailbox} holds ${bytes} bytes of ${bytesMax}`);
  }
  return faults;
};
