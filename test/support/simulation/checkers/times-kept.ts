import { type Checker, factsOf } from '../history.ts';

/** One sweep and its confirmation. */
const LATE_MS = 200;

/**
 * Nobody is given an event after its time to live, nor before its delay is over; but who was notified of it in time may fetch
 * it for as long as it was told.
 */
export const timesKept: Checker = (history) => {
  const firstMs = new Map<number, number>();
  const lastMs = new Map<number, number>();
  const publishes = new Map(factsOf(history, 'publish').map((publish) => [publish.n, publish]));
  for (const { n, atMs } of factsOf(history, 'publish')) {
    if (!firstMs.has(n)) firstMs.set(n, atMs);
    lastMs.set(n, atMs);
  }
  return factsOf(history, 'handed').flatMap(({ n, atMs, origin, by }) => {
    const publish = publishes.get(n);
    if (publish === undefined || origin !== undefined) return [];
    const { ttlMs = Number.POSITIVE_INFINITY, delayMs = 0 } = publish;
    // The time to live of a delayed event begins when it takes its place, which may be later where there is no room.
    const lateMs = delayMs > 0 || by === 'fetch' ? 0 : atMs - (lastMs.get(n) ?? 0) - ttlMs;
    const earlyMs = (firstMs.get(n) ?? 0) + delayMs - atMs;
    return [
      ...(lateMs > LATE_MS ? [`event ${n} was handed over ${lateMs} ms after its time to live`] : []),
      ...(earlyMs > 0 ? [`event ${n} was handed over ${earlyMs} ms before its delay was over`] : []),
    ];
  });
};
