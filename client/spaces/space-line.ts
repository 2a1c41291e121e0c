import type {
  Code,
  FoundTuple,
  LeaseGrant,
  NothingReason,
  SpaceAnswerHandler,
  Written,
} from '../../broker/protocol/index.ts';
import { AbortWatch } from '../abort-watch.ts';
import { invalid } from '../arguments.ts';
import { ControlRequest } from '../control-request.ts';
import { abortedBy, TellwhenError } from '../errors.ts';
import type { Settings } from '../options.ts';
import type { Outbox } from '../outbox.ts';
import type { Request } from '../request.ts';
import { Room } from '../room.ts';
import { clientClosed } from '../sender.ts';
import type { Next, SpaceOperation } from './operation.ts';
import { SpaceBinding } from './space-binding.ts';

export interface SpaceLineMeans {
  readonly settings: Pick<Settings, 'time' | 'requestsMax'>;
  /** Who puts tuples, for the broker to know ids again. */
  readonly source: string;
  /** Where to write; `undefined` without a connection. */
  readonly outbox: () => Outbox | undefined;
  /** Its socket keeps up. */
  readonly hasRoom: () => boolean;
  readonly freshRef: () => number;
  readonly send: (request: Request) => void;
  /** Gives back a take that nobody waits for. */
  readonly unclaimed: (lease: LeaseGrant) => void;
}

/**
 * Of those that the broker knows again, 1,024 for each source in each space: so many may be in doubt when a connection is
 * lost, and are told from new ones on the next.
 */
const IDS_MAX = 1_000;
/** How often deadlines are looked at. The broker keeps those of what waits there; these are for when it cannot. */
const LOOK_MS = 250;
/** So much later than the broker should have told it. */
const GRACE_MS = 1_000;

/**
 * Everything that is asked of spaces, on its way: opens each space on each connection, writes what is asked of it, in the
 * order of the calls, finds whom an answer is for, and asks again on the next connection what may be asked again.
 */
export class SpaceLine implements SpaceAnswerHandler {
  readonly #means: SpaceLineMeans;
  readonly #spaces = new Map<string, SpaceBinding>();
  /** For what concerns no space. */
  readonly nowhere = new SpaceBinding('', undefined);
  readonly #sent = new Map<number, SpaceOperation>();
  readonly #aborts: AbortWatch<SpaceOperation>;
  readonly #room: Room;
  #polling = false;
  #stopLooking: (() => void) | undefined;
  #closed: TellwhenError | undefined;

  constructor(means: SpaceLineMeans) {
    this.#means = means;
    this.#room = new Room(means.settings.time);
    this.#aborts = new AbortWatch((operation, signal) => this.#giveUp(operation, abortedBy(signal)));
  }

  /** Operations without an answer, but for those that wait for somebody else's tuple. O(n). */
  get unanswered(): number {
    let count = 0;
    for (const { blocked } of this.#all()) if (!blocked) count += 1;
    return count;
  }

  /** Throws TellwhenError `invalid_argument` where it was bound with another wish. */
  bind(name: string, durable: boolean | undefined): SpaceBinding {
    const known = this.#spaces.get(name);
    if (known === undefined) {
      const made = new SpaceBinding(name, durable);
      this.#spaces.set(name, made);
      return made;
    }
    if (durable !== undefined && known.durable !== undefined && durable !== known.durable) {
      throw invalid(`the space ${name} was asked for ${known.durable ? 'durable' : 'in memory'} before`);
    }
    known.durable ??= durable;
    return known;
  }

  /** Its end is told through it. */
  perform(operation: SpaceOperation, signal?: AbortSignal): void {
    const { space } = operation;
    if (this.#closed !== undefined) operation.fail(this.#closed);
    else if (signal?.aborted) operation.fail(abortedBy(signal));
    else if (space.number !== undefined && space.waiting.size === 0 && this.#mayWrite(operation)) {
      this.#keep(operation, signal);
      this.#write(operation, space.number);
    } else if (space.waiting.size < this.#means.settings.requestsMax) {
      this.#keep(operation, signal);
      space.waiting.add(operation);
      this.#open(space);
      this.#pollWhileFull();
    } else {
      operation.fail(new TellwhenError('overloaded', `${space.waiting.size} requests wait to be sent already`));
    }
  }

  /** There is a connection: spaces that somebody waits for are opened on it. */
  opened(): void {
    this.nowhere.number = 0;
    for (const space of this.#spaces.values()) if (space.waiting.size > 0) this.#open(space);
    this.admit();
  }

  /** What was sent goes back into its line, before what came later, or fails. */
  lost(error: TellwhenError): void {
    const sent = [...this.#sent.values()];
    this.#sent.clear();
    const again = new Map<SpaceBinding, SpaceOperation[]>();
    for (const operation of sent) {
      operation.sent = false;
      if (operation.repeatable) again.set(operation.space, [...(again.get(operation.space) ?? []), operation]);
      else this.#fail(operation, error);
    }
    for (const space of [this.nowhere, ...this.#spaces.values()]) {
      space.number = undefined;
      space.idsUnderWay = 0;
      space.waiting = new Set([...(again.get(space) ?? []), ...space.waiting]);
    }
  }

  /** For good. */
  close(error: TellwhenError = clientClosed()): void {
    this.#closed = error;
    this.#stopLooking?.();
    for (const operation of this.#all()) this.#fail(operation, error);
    this.#sent.clear();
    for (const space of [this.nowhere, ...this.#spaces.values()]) space.waiting.clear();
  }

  /** Those who wait for somebody else's tuple wait no longer. */
  giveUpBlocked(error: TellwhenError): void {
    for (const operation of this.#all()) if (operation.blocked) this.#giveUp(operation, error);
  }

  /** Writes what waits, as far as there is room. */
  admit(): void {
    if (this.#closed !== undefined) return;
    this.#admit(this.nowhere);
    for (const space of this.#spaces.values()) if (space.waiting.size > 0) this.#admit(space);
    this.#pollWhileFull();
  }

  socketDrained(): void {
    this.#room.mayHaveRoom();
  }

  written(firstRef: number, count: number, first: Written): void {
    for (let n = 0; n < count; n++) {
      const operation = this.#sent.get(firstRef + n);
      if (operation !== undefined) this.#follow(operation, operation.written(first, n));
    }
  }

  found(ref: number, lease: LeaseGrant | undefined, next: number, tuples: readonly FoundTuple[]): void {
    const operation = this.#sent.get(ref);
    if (operation !== undefined) this.#follow(operation, operation.found(tuples, next, lease, this.#nowMs));
    else if (lease !== undefined) this.#means.unclaimed(lease);
  }

  nothing(ref: number, reason: NothingReason): void {
    const operation = this.#sent.get(ref);
    if (operation !== undefined) this.#follow(operation, operation.nothing(reason));
  }

  begun(ref: number, lease: LeaseGrant): void {
    const operation = this.#sent.get(ref);
    if (operation !== undefined) this.#follow(operation, operation.begun(lease, this.#nowMs));
    else this.#means.unclaimed(lease);
  }

  /** False when nobody here has the ref. */
  settled(ref: number, remainingMs: number): boolean {
    const operation = this.#sent.get(ref);
    if (operation !== undefined) this.#follow(operation, operation.settled(remainingMs));
    return operation !== undefined;
  }

  /** False when nobody here has the ref. */
  refused(ref: number, code: Code, message: string): boolean {
    const operation = this.#sent.get(ref);
    if (operation === undefined) return false;
    // Somebody has removed it. Who asks anything of it from now on makes it anew.
    if (code === 'space_unknown') operation.space.number = undefined;
    this.#follow(operation, operation.refused(code, message));
    return true;
  }

  get #nowMs(): number {
    return this.#means.settings.time.nowMs();
  }

  get #hasRoom(): boolean {
    return this.#sent.size < this.#means.settings.requestsMax && this.#means.hasRoom();
  }

  #mayWrite({ space, hasId }: SpaceOperation): boolean {
    return (!hasId || space.idsUnderWay < IDS_MAX) && this.#hasRoom;
  }

  *#all(): Generator<SpaceOperation, void> {
    yield* [...this.#sent.values()];
    for (const space of [this.nowhere, ...this.#spaces.values()]) yield* [...space.waiting];
  }

  #keep(operation: SpaceOperation, signal: AbortSignal | undefined): void {
    if (signal !== undefined) this.#aborts.watch(operation, signal);
    if (operation.deadlineMs < Number.POSITIVE_INFINITY) this.#lookLater();
  }

  #write(operation: SpaceOperation, number: number): void {
    const outbox = this.#means.outbox();
    if (outbox === undefined) throw new Error('an open space without a connection');
    operation.ref = this.#means.freshRef();
    operation.sent = true;
    if (operation.hasId) operation.space.idsUnderWay += 1;
    this.#sent.set(operation.ref, operation);
    try {
      operation.write(outbox, number, this.#nowMs);
    } catch (error) {
      if (!(error instanceof TellwhenError)) throw error;
      this.#done(operation);
      this.#fail(operation, error);
    }
  }

  /** It is answered, or not to be. */
  #done(operation: SpaceOperation): void {
    this.#sent.delete(operation.ref);
    operation.sent = false;
    if (operation.hasId) operation.space.idsUnderWay -= 1;
  }

  #follow(operation: SpaceOperation, next: Next | undefined): void {
    this.#done(operation);
    const { space } = operation;
    if (next === 'over') operation.detach?.();
    else if (next === 'write' && space.number !== undefined) this.#write(operation, space.number);
    else if (next !== undefined) {
      space.waiting.add(operation);
      this.#open(space);
    } else {
      const error = new TellwhenError('broker_unreadable', 'the broker answered with what was not asked for');
      this.#fail(operation, error);
      throw error;
    }
  }

  #fail(operation: SpaceOperation, error: TellwhenError): void {
    operation.detach?.();
    operation.fail(error);
  }

  #giveUp(operation: SpaceOperation, error: TellwhenError): void {
    const { space, ref, sent, blocked } = operation;
    if (!sent) {
      space.waiting.delete(operation);
      this.#fail(operation, error);
      return;
    }
    if (blocked) this.#means.outbox()?.cancelFind(ref);
    if (operation.giveUp(error)) {
      this.#done(operation);
      operation.detach?.();
    } else {
      operation.deadlineMs = Number.POSITIVE_INFINITY;
    }
  }

  #open(space: SpaceBinding): void {
    if (space === this.nowhere || space.number !== undefined || space.opening) return;
    if (this.#means.outbox() === undefined) return;
    space.opening = true;
    const { name, durable } = space;
    this.#means.send(
      new ControlRequest({
        ask: { kind: 'openSpace', space: name, durable, source: this.#means.source },
        answer: 'spaceOpened',
        answered: ({ number }) => {
          space.opening = false;
          space.number = number;
          this.#admit(space);
        },
        failed: (error) => {
          space.opening = false;
          // On the next connection it is opened again.
          if (error.code === 'connection_lost') return;
          const { waiting } = space;
          space.waiting = new Set();
          for (const operation of waiting) this.#fail(operation, error);
        },
      }),
    );
  }

  #admit(space: SpaceBinding): void {
    if (space.number === undefined) {
      if (space.waiting.size > 0) this.#open(space);
      return;
    }
    for (const operation of space.waiting) {
      if (!this.#mayWrite(operation)) return;
      space.waiting.delete(operation);
      this.#write(operation, space.number);
    }
  }

  /** Answers let in what waits; this does when the socket was the reason. */
  #pollWhileFull(): void {
    if (this.#polling || this.#means.outbox() === undefined || this.#hasRoom) return;
    this.#polling = true;
    void this.#room.look().then(() => {
      this.#polling = false;
      this.admit();
    });
  }

  #lookLater(): void {
    this.#stopLooking ??= this.#means.settings.time.after(LOOK_MS, this.#look);
  }

  readonly #look = (): void => {
    this.#stopLooking = undefined;
    const nowMs = this.#nowMs;
    let more = false;
    for (const operation of this.#all()) {
      const { deadlineMs, blocked, sent } = operation;
      if (deadlineMs === Number.POSITIVE_INFINITY) continue;
      if (nowMs >= deadlineMs + (blocked && sent ? GRACE_MS : 0)) this.#giveUp(operation, operation.timedOut());
      else more = true;
    }
    if (more) this.#lookLater();
  };
}
