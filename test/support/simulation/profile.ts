import type { Chance } from '../../../broker/kernel/chance.ts';
import type { Mode } from '../../../broker/protocol/index.ts';
import { predicateOf } from './recorder.ts';
import type { MailboxTerms } from './simulated-consumer.ts';
import type { DiskTerms } from './simulated-disk.ts';
import type { PublisherHabits } from './simulated-publisher.ts';

export interface MailboxProfile {
  readonly name: string;
  readonly terms: MailboxTerms;
  readonly consumers: readonly Mode[];
}

/** What a run is like: drawn once from its seed. */
export interface Profile {
  readonly steps: number;
  readonly disk: DiskTerms;
  readonly lagMsMax: number;
  readonly publishers: readonly PublisherHabits[];
  readonly mailboxes: readonly MailboxProfile[];
  /** How far the wall clock of a process may be wrong, either way. */
  readonly wallErrorMsMax: number;
  /** Weights of what goes wrong; 0: never. */
  readonly crashes: number;
  readonly diskFaults: number;
  readonly fullDisks: number;
  readonly cleanStops: number;
  /** Weight of people who empty mailboxes, remove them, or have them replay. */
  readonly interference: number;
  /** How often the disk turns a bit between two runs of the broker. */
  readonly rot: number;
}

/** What is said here is not left to chance. */
export type ProfileWishes = Partial<Profile>;

export function drawProfile(chance: Chance, wishes: ProfileWishes = {}): Profile {
  const pick = <T>(...of: readonly T[]): T => of[Math.floor(chance.fraction() * of.length)] as T;
  const between = (low: number, high: number): number => low + Math.floor(chance.fraction() * (high - low + 1));
  const some = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
  const wallErrorMsMax = pick(0, 0, 0, 3_600_000);
  // What lasts until some time of day does not last right where nobody knows what time it is.
  const timed = wallErrorMsMax === 0;
  return {
    steps: between(20, 120),
    disk: {
      flushMsMin: 0,
      flushMsMax: pick(0, 3, 50, 1_000),
      visible: pick('at-once', 'when-done'),
      survivors: pick('prefix', 'subset'),
      commitTimeoutMs: 5_000,
    },
    lagMsMax: pick(0, 0, 2, 30),
    publishers: some(between(1, 3), () => ({
      identified: timed ? pick(0, 0.5, 1) : 0,
      durable: pick(0, 0.5, 1),
      timeToLive: timed ? pick(0, 0, 0.3) : 0,
      delayed: timed ? pick(0, 0, 0.3) : 0,
      retained: pick(0, 0, 0.2),
      mandatory: pick(0, 0, 0.2),
    })),
    mailboxes: some(between(1, 3), (i) => ({
      name: `box-${i + 1}`,
      terms: {
        topic: pick('t/#', 't/+', 't/2'),
        when: predicateOf({ threshold: between(0, 6) }),
        queueEvents: pick(3, 20, 1_000),
        overflow: pick('reject', 'reject', 'drop-oldest', 'dead-letter'),
        attemptsMax: pick(2, 5, 100),
        deliveryLeaseMs: pick(1_000, 5_000, 30_000),
        retentionMs: pick(5_000, 300_000),
        leaseMs: 86_400_000,
        keepMs: pick(0, 0, 60_000),
      },
      consumers: some(between(1, 3), () => pick('push', 'push', 'pull')),
    })),
    wallErrorMsMax,
    crashes: pick(0, 1, 3),
    diskFaults: pick(0, 0, 1),
    fullDisks: pick(0, 0, 1),
    cleanStops: pick(0, 0, 1),
    interference: pick(0, 1),
    rot: 0,
    ...wishes,
  };
}
