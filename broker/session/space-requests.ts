import type { Turns } from '../kernel/turns.ts';
import { type FindWish, type OutOptions, ProtocolError, type SpaceRequestHandler } from '../protocol/index.ts';
import { Caller } from '../spaces/caller.ts';
import type { Spaces } from '../spaces/spaces.ts';
import { Fetches } from './fetches.ts';
import type { Outbound } from './outbound.ts';

export interface SpaceRequestMeans {
  readonly spaces: Spaces;
  readonly turns: Turns;
  /** Finds of one connection that may wait for it to read. */
  readonly findsWaitingMax: number;
  /** While true nothing new begins; committing and giving back go on. */
  readonly draining: () => boolean;
}

/** How one connection refuses a request that threw. */
export interface Refusing {
  /** In the present frame, the faults of which are counted. */
  orRefuse(ref: number, work: () => void): void;
  /** Later. */
  refuse(ref: number, error: unknown): void;
}

/** Does what the records of one connection ask of spaces. */
export class SpaceRequests implements SpaceRequestHandler {
  readonly caller: Caller;
  readonly #outbound: Outbound;
  readonly #means: SpaceRequestMeans;
  readonly #refusing: Refusing;
  readonly #finds: Fetches;
  /** Refs of finds that wait there. */
  readonly #unread = new Set<number>();

  constructor(principal: string, outbound: Outbound, refusing: Refusing, means: SpaceRequestMeans) {
    this.#outbound = outbound;
    this.#means = means;
    this.#refusing = refusing;
    this.#finds = new Fetches(outbound, means.findsWaitingMax);
    const answers = {
      written: outbound.written.bind(outbound),
      found: outbound.found.bind(outbound),
      nothing: outbound.nothing.bind(outbound),
      begun: outbound.begun.bind(outbound),
      refused: (ref: number, error: unknown): void => refusing.refuse(ref, error),
    };
    this.caller = new Caller(principal, answers, means.turns.lane());
  }

  out(ref: number, space: number, options: OutOptions, tuple: string): void {
    this.#refusing.orRefuse(ref, () => {
      this.#mayBegin();
      this.#means.spaces.out(this.caller, ref, space, options, tuple);
    });
  }

  find(ref: number, space: number, wish: FindWish, template: string): void {
    this.#refusing.orRefuse(ref, () => {
      this.#mayBegin();
      if (this.#unread.has(ref)) throw new ProtocolError('frame_malformed', `a find with ref ${ref} waits already`);
      this.#unread.add(ref);
      try {
        this.#finds.add(() => this.#find(ref, space, wish, template));
      } catch (error) {
        this.#unread.delete(ref);
        throw error;
      }
    });
  }

  cancel(ref: number): void {
    // One that has not begun must not begin any more: who gave it up would lose what it takes.
    if (this.#unread.delete(ref)) this.#outbound.nothing(ref, 'cancelled');
    else this.#means.spaces.cancel(this.caller, ref);
  }

  begin(ref: number, leaseMs: number): void {
    this.#refusing.orRefuse(ref, () => {
      this.#mayBegin();
      this.#outbound.begun(ref, this.#means.spaces.begin(this.caller, leaseMs));
    });
  }

  renew(ref: number, space: number, tuple: number, leaseMs: number): void {
    this.#refusing.orRefuse(ref, () => {
      this.#means.spaces.renew(this.caller, space, tuple, leaseMs, (remainingMs) =>
        this.#outbound.settled(ref, remainingMs),
      );
    });
  }

  /** The connection has ended. */
  end(): void {
    this.#means.spaces.leave(this.caller);
  }

  #find(ref: number, space: number, wish: FindWish, template: string): void {
    if (!this.#unread.delete(ref) || this.caller.over) return;
    try {
      this.#means.spaces.find(this.caller, ref, space, wish, template);
    } catch (error) {
      this.#refusing.refuse(ref, error);
    }
  }

  #mayBegin(): void {
    if (this.#means.draining()) throw new ProtocolError('broker_draining', 'the broker is shutting down');
  }
}
