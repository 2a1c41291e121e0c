import { randomBytes } from 'node:crypto';

/** Randomness, as the broker is given it, so that a test can replay a run from its seed. */
export interface Chance {
  /** Uniform in [0, 1). For jitter; not a secret. */
  fraction(): number;
  /** 128 bits as 22 URL-safe characters. Unguessable in a real process. */
  secret(): string;
}

export const realChance: Chance = {
  fraction: Math.random,
  secret: () => randomBytes(16).toString('base64url'),
};

/** Repeatable: the same seed gives the same run. Not for secrets that matter. (mulberry32, public domain.) */
export function seededChance(seed: number): Chance {
  let state = seed >>> 0;
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    fraction,
    secret: () => Array.from({ length: 22 }, () => Math.floor(fraction() * 32).toString(32)).join(''),
  };
}
