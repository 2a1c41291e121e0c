import type { Time } from './time.ts';

const LOOK_MS = 20;

/** Resolves when `done` is true, looking now and then, or when `ms` are over. */
export function until(time: Time, ms: number, done: () => boolean): Promise<void> {
  const endMs = time.monotonicMs() + ms;
  return new Promise((resolve) => {
    const look = (): boolean => {
      if (!done() && time.monotonicMs() < endMs) return false;
      resolve();
      return true;
    };
    if (look()) return;
    const stop = time.every(LOOK_MS, () => {
      if (look()) stop();
    });
  });
}
