import type { Checker } from '../history.ts';

/** The disk is looked at every second, and a commit that is under way is allowed to end. */
const NOTICED_MS = 5_000;

/** Publishes are refused for want of disk while there is too little, and not otherwise. */
export const roomTold: Checker = (history) => {
  let low = false;
  let sinceMs = Number.NEGATIVE_INFINITY;
  const faults: string[] = [];
  for (const fact of history) {
    if (fact.kind === 'disk') {
      if (fact.low !== low) sinceMs = fact.atMs;
      low = fact.low;
    }
    const settledMs = fact.atMs - sinceMs;
    if (fact.kind === 'unpublished' && fact.code === 'store_full' && !low && settledMs > NOTICED_MS) {
      faults.push(`event ${fact.n} was refused for want of disk ${settledMs} ms after there was enough`);
    }
    if (fact.kind === 'receipt' && fact.durable && !fact.repeated && low && settledMs > NOTICED_MS) {
      faults.push(`event ${fact.n} was stored ${settledMs} ms after the disk was too full`);
    }
  }
  return faults;
};
