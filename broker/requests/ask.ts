import type { RequestWish } from '../protocol/index.ts';
import type { PublishedEvent } from '../publish/event.ts';
import type { Call } from './call.ts';
import type { Party } from './party.ts';
import type { Share } from './share.ts';

/** One who waits for the answer. */
export interface Asker {
  readonly ask: Ask;
  readonly ref: number;
  /** Absent: its connection is gone, and what it asked goes on, for whoever says it again. */
  party: Party | undefined;
  /** Of its deadline, on the wheel. */
  slot: number;
  deadlineMs: number;
  readonly sinceMs: number;
  /** Another had asked before. */
  readonly joined: boolean;
}

/** By what a request is known again. */
export interface AskIdentity {
  readonly key: string;
  readonly digest: string;
}

/** What was asked: once, though several may wait for the answer. */
export class Ask {
  readonly topic: string;
  readonly wish: RequestWish;
  readonly identity: AskIdentity | undefined;
  readonly askers = new Set<Asker>();
  /** Those that are neither replied to nor lost. */
  readonly calls = new Set<Call>();
  /** Servers that it was meant for, and how many of them have replied. */
  servers = 0;
  replies = 0;
  /** Only while another server may have to be handed it; else its memory is the network's. */
  event: PublishedEvent | undefined;
  /** Bytes of the event that are kept, and counted. */
  keptBytes = 0;
  /** Where they are counted. */
  share: Share;

  constructor(event: PublishedEvent, wish: RequestWish, identity: AskIdentity | undefined, share: Share) {
    this.topic = event.topic;
    this.event = event;
    this.wish = wish;
    this.identity = identity;
    this.share = share;
  }

  /** When the last of those who wait stops waiting. */
  get deadlineMs(): number {
    let latest = 0;
    for (const { deadlineMs } of this.askers) latest = Math.max(latest, deadlineMs);
    return latest;
  }
}
