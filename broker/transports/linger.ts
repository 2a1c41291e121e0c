import type { Time } from '../kernel/time.ts';

/** How long a closing connection may take to flush to a slow peer before it is cut. */
export const LINGER_MS = 5_000;

/** Calls `then` once, after `ms`, unless the returned function is called first. */
export function after(time: Time, ms: number, then: () => void): () => void {
  const cancel = time.every(ms, () => {
    cancel();
    then();
  });
  return cancel;
}
