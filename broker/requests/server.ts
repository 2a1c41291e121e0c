import type { Filter } from '../../matcher/index.ts';
import type { Call } from './call.ts';
import type { Party } from './party.ts';

/** A filter, and a connection to which the requests that it matches may be handed. */
export class Server {
  /** The matcher's number for it, and the client's. */
  readonly id: number;
  readonly party: Party;
  readonly filter: Filter;
  readonly group: string;
  readonly concurrency: number;
  /** Requests that it has and has not replied to. */
  inHand = 0;
  /** Requests that wait for it, or for others as well, the oldest first. */
  readonly waiting = new Set<Call>();
  /** When it was last handed one: counts what was handed over. */
  lastTurn = 0;
  gone = false;

  constructor(fields: {
    readonly id: number;
    readonly party: Party;
    readonly filter: Filter;
    readonly group: string;
    readonly concurrency: number;
  }) {
    this.id = fields.id;
    this.party = fields.party;
    this.filter = fields.filter;
    this.group = fields.group;
    this.concurrency = fields.concurrency;
  }

  get hasRoom(): boolean {
    return this.inHand < this.concurrency && !this.gone && this.party.takesCall(this);
  }

  /** Whether it is rather to be given the next request: by the share of its room that is taken, then by whose turn it is. */
  isBefore(other: Server): boolean {
    const mine = this.inHand * other.concurrency;
    const theirs = other.inHand * this.concurrency;
    return mine === theirs ? this.lastTurn < other.lastTurn : mine < theirs;
  }
}
