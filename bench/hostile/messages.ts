import type { Target } from './attacks.ts';

export type { Target };

/** To the process of the bystanders: first where the broker is, then when a phase begins and ends. */
export type Order =
  | { readonly kind: 'open'; readonly target: Target; readonly perSecond: number }
  | { readonly kind: 'begin' }
  | { readonly kind: 'end' };

/** Of one pair in one phase, in microseconds. */
export interface PairFigures {
  readonly door: string;
  readonly events: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Published since the beginning and not come. */
  readonly missing: number;
}

export type Answer = 'ready' | readonly PairFigures[];

/** To the process of an attack: one of the first two, then how it went. */
export type AttackerOrder =
  | { readonly kind: 'attack'; readonly attack: string; readonly target: Target }
  | { readonly kind: 'spin'; readonly cores: number }
  | { readonly kind: 'count' };

/** Since the process began. */
export interface AttackerFigures {
  readonly tried: number;
  /** Of a core, that it had. */
  readonly attackerCores: number;
}
