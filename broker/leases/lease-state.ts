import { END_CAUSES, type EndCause, type LeaseState } from './lease-answers.ts';

/**
 * The state of a lease in one byte: idle, live, paused, or 3 + the number of the cause that ended it; plus 16 when its
 * id was freed.
 *
 *     idle ──grant──▶ live ⇄ paused          (pause, resume)
 *                      │ ▲
 *                  end ▼ │ grant, or revival within the grace of an expiry
 *                     ended
 */
export const IDLE = 0;
export const LIVE = 1;
export const PAUSED = 2;
const ENDED = 3;
const FREED = 16;

export const EXPIRED = endedBy('expired');

export function endedBy(cause: EndCause): number {
  return ENDED + END_CAUSES.indexOf(cause);
}

export function freed(state: number): number {
  return state | FREED;
}

export function isFreed(state: number): boolean {
  return state >= FREED;
}

/** Whether a grant runs, paused or not. */
export function isRunning(state: number): boolean {
  return state === LIVE || state === PAUSED;
}

/** How the last grant ended, freed or not. `undefined` when it runs, or when there was none. */
export function causeOf(state: number): EndCause | undefined {
  return END_CAUSES[(state & ~FREED) - ENDED];
}

export function stateName(state: number): LeaseState {
  if (state === IDLE) return 'idle';
  if (state === LIVE) return 'live';
  return state === PAUSED ? 'paused' : 'ended';
}
