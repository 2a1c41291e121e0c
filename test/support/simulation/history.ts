import type {
  Code,
  DropReason,
  LeaseGrant,
  Mode,
  PublishOptions,
  Receipt,
  Settlement,
} from '../../../broker/protocol/index.ts';

/** What a publisher says of an event that a history knows by its number: the data is `{"n":…,"p":…,"x":…}`. */
export interface Content {
  /** No two events of one history share it, except that one may be sent again. */
  readonly n: number;
  readonly publisher: number;
  readonly topic: string;
  readonly x: number;
  readonly id: string | undefined;
}

/** Which events a mailbox wants, in the little language of the simulation. */
export interface Wanted {
  readonly topic: string;
  /** Events whose x is at least this. */
  readonly threshold: number;
}

/** Where an event or a notice went. */
export interface To {
  readonly connection: number;
  readonly subscription: number;
  /** `undefined`: a subscription without one. */
  readonly mailbox: string | undefined;
}

/** A dead letter says where it comes from. */
export interface Origin {
  readonly mailbox: string;
  readonly seq: number;
  readonly reason: string;
}

export interface Handed extends To {
  readonly n: number;
  readonly x: number;
  readonly topic: string;
  readonly seq: number;
  readonly attempt: number;
  readonly lease: LeaseGrant | undefined;
  readonly retained: boolean;
  readonly by: 'push' | 'fetch';
  readonly origin: Origin | undefined;
}

export interface SettleRequest {
  readonly connection: number;
  readonly ref: number;
  readonly settlement: Settlement;
  readonly ms: number;
  readonly lease: number;
  readonly token: number;
}

interface Facts {
  started: { readonly run: number };
  /** The process is gone, with all its connections. */
  ended: { readonly run: number };
  opened: { readonly connection: number };
  closed: { readonly connection: number };
  /** The broker was given a publish. */
  publish: Content & PublishOptions & { readonly connection: number; readonly ref: number };
  receipt: Receipt & { readonly connection: number; readonly ref: number; readonly n: number };
  unpublished: { readonly connection: number; readonly n: number; readonly code: Code };
  /** Some of these events' numbers were in a commit that is safe now. */
  flushed: { readonly ns: readonly number[] };
  /** Somebody asks for a mailbox, which may exist from now on. */
  attach: {
    readonly connection: number;
    readonly mailbox: string;
    /** What to make it of; `undefined`: it is to be there. */
    readonly wanted: Wanted | undefined;
    /** It is to begin with what is stored. */
    readonly past: boolean;
    /** It may lose what it is given: its policy is not to reject, or it drops by age. */
    readonly forgets: boolean;
  };
  attached: To & { readonly mailbox: string; readonly mode: Mode; readonly created: boolean; readonly seq: number };
  detached: To;
  handed: Handed;
  noticed: To & { readonly seq: number; readonly attempt: number; readonly retention: LeaseGrant };
  fetch: To & { readonly ref: number; readonly seq: number };
  unfetched: To & { readonly seq: number; readonly code: Code };
  settle: SettleRequest;
  settled: SettleRequest & { readonly remainingMs: number };
  unsettled: SettleRequest & { readonly code: Code };
  gap: To & { readonly reason: DropReason; readonly total: number };
  /** The broker was asked to replace the predicate of a mailbox; it may do so from now on. */
  replace: To & { readonly threshold: number };
  /** It did, for events after this one. */
  replaced: To & { readonly threshold: number; readonly seq: number };
  purge: { readonly mailbox: string };
  /** Settled events that are kept are to be handed over again, as if they never had been. */
  replay: { readonly mailbox: string };
  replayed: { readonly mailbox: string };
  /** The mailbox is to end, with all that is in it; it may be made anew. */
  remove: { readonly mailbox: string };
  purged: { readonly mailbox: string; readonly entries: number };
  pause: { readonly mailbox: string; readonly paused: boolean };
  paused: { readonly mailbox: string; readonly paused: boolean };
  inspected: {
    readonly mailbox: string;
    readonly entries: number;
    readonly eventsMax: number;
    readonly bytes: number;
    readonly bytesMax: number;
  };
  refused: { readonly connection: number; readonly request: string; readonly code: Code; readonly message: string };
  /** The disk has less room than it must have, or enough again. */
  disk: { readonly low: boolean };
  /** Somebody subscribed to everything, to see the last value of each topic. */
  watched: Record<never, never>;
  /** From here on nothing goes wrong any more, and every consumer acknowledges all it gets at once. */
  healed: Record<never, never>;
  over: Record<never, never>;
}

export type FactKind = keyof Facts;
/** One thing that happened at the broker's edge, and when, by the world's clock. */
export type Fact = { [K in FactKind]: { readonly kind: K; readonly atMs: number } & Facts[K] }[FactKind];
export type FactOf<K extends FactKind> = Extract<Fact, { readonly kind: K }>;

/**
 * A checker reads a history to its end, and answers the faults it found, as sentences. It knows nothing of how the broker
 * keeps its promises: only what passed at its edge.
 */
export type Checker = (history: readonly Fact[]) => readonly string[];

export function factsOf<K extends FactKind>(history: readonly Fact[], kind: K): readonly FactOf<K>[] {
  return history.filter((fact): fact is FactOf<K> => fact.kind === kind);
}
