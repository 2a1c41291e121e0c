import { type CompiledFilter, compileFilter, Matcher, type MatcherStats } from '../../matcher/index.ts';
import { ProtocolError } from '../protocol/index.ts';
import type { Space } from './space.ts';
import type { CompiledTemplate } from './template/compiled-template.ts';
import type { Tuple } from './tuple.ts';
import { type Waiter, WaiterQueue } from './waiter.ts';

/** Those who wait in one space with one template: the matcher knows them as one filter. */
export interface WaiterGroup {
  readonly id: number;
  readonly key: string;
  readonly template: CompiledTemplate;
  readonly readers: WaiterQueue;
  readonly takers: WaiterQueue;
}

export interface WaitersMeans {
  readonly waitersMax: number;
  readonly waitersPerCallerMax: number;
  readonly residualMax: number;
}

/** Groups in which nobody waits and that stay, because workers come back with the template they had. */
const IDLE_MAX = 256;

/** What the template was compiled with is over its limits already; here it only has to be read. */
const UNLIMITED = {
  charactersMax: 16_384,
  depthMax: 256,
  atomsMax: Number.MAX_SAFE_INTEGER,
  literalsMax: Number.MAX_SAFE_INTEGER,
};

/**
 * The finds that wait, of all spaces. Their templates are filters in a matcher, which a tuple that comes is matched against
 * as an event is against subscriptions: so ten thousand that wait cost an `out` no more than those it fits. A filter may say
 * less than its template; the template has the last word.
 */
export class Waiters {
  readonly #means: WaitersMeans;
  readonly #matcher: Matcher;
  readonly #byKey = new Map<string, WaiterGroup>();
  readonly #byId: (WaiterGroup | undefined)[] = [];
  readonly #freeIds: number[] = [];
  /** The first has been idle for longest. */
  readonly #idle = new Set<WaiterGroup>();
  #arrivals = 0;
  length = 0;

  constructor(means: WaitersMeans) {
    this.#means = means;
    this.#matcher = new Matcher({ residualMax: means.residualMax });
  }

  get groups(): number {
    return this.#byKey.size;
  }

  get matcherStats(): MatcherStats {
    return this.#matcher.stats;
  }

  /** As `Matcher.retune`. */
  retune(filters: number): void {
    this.#matcher.retune(filters);
  }

  /** Throws ProtocolError `waiter_limit`, or FilterError `residual_limit`. */
  add(waiter: Omit<Waiter, 'arrival' | 'group' | 'before' | 'behind' | 'deadline'>): Waiter {
    const { waitersMax, waitersPerCallerMax } = this.#means;
    const { caller, space, template, wish } = waiter;
    if (caller.waiters.size >= waitersPerCallerMax) {
      throw new ProtocolError('waiter_limit', `${waitersPerCallerMax} finds of this connection wait, as many as may`);
    }
    if (this.length >= waitersMax) throw new ProtocolError('waiter_limit', `${waitersMax} finds wait, as many as may`);
    const group = this.#groupFor(space, template);
    const arrival = this.#arrivals++;
    const added: Waiter = { ...waiter, arrival, group, deadline: undefined, before: undefined, behind: undefined };
    (wish.take ? group.takers : group.readers).push(added);
    caller.waiters.set(waiter.ref, added);
    space.waiting += 1;
    this.length += 1;
    return added;
  }

  /** It waits no more, for whatever reason. False when it did not. */
  remove(waiter: Waiter): boolean {
    const { group, caller, space, wish } = waiter;
    if (group === undefined) return false;
    waiter.group = undefined;
    (wish.take ? group.takers : group.readers).remove(waiter);
    caller.waiters.delete(waiter.ref);
    space.waiting -= 1;
    this.length -= 1;
    if (group.takers.length + group.readers.length === 0) this.#rest(group);
    return true;
  }

  /** Those of one space. */
  *of(space: Space): Generator<Waiter> {
    const prefix = keyOf(space, '');
    for (const [key, { readers, takers }] of this.#byKey) {
      if (!key.startsWith(prefix)) continue;
      for (const { first } of [readers, takers]) {
        for (let waiter = first; waiter !== undefined; ) {
          const { behind } = waiter;
          yield waiter;
          waiter = behind;
        }
      }
    }
  }

  /** Calls `serve` with all who wait to read what this tuple is, in no order. They must not stay. */
  readersOf(tuple: Tuple, serve: (waiter: Waiter) => void): void {
    for (const { readers } of this.#groupsFor(tuple)) {
      for (let waiter = readers.first; waiter !== undefined; waiter = readers.first) serve(waiter);
    }
  }

  /** Who wants to take this tuple, and may, and has waited longest. */
  firstTakerOf(tuple: Tuple): Waiter | undefined {
    let first: Waiter | undefined;
    for (const { takers } of this.#groupsFor(tuple)) {
      let waiter = takers.first;
      while (waiter !== undefined && !tuple.isFreeFor(waiter.transaction)) waiter = waiter.behind;
      if (waiter !== undefined && (first === undefined || waiter.arrival < first.arrival)) first = waiter;
    }
    return first;
  }

  /** Those whose template a tuple fits, and in which somebody waits. */
  #groupsFor(tuple: Tuple): WaiterGroup[] {
    const groups: WaiterGroup[] = [];
    if (tuple.space.waiting === 0) return groups;
    const { ids, count } = this.#matcher.match(tuple);
    for (let i = 0; i < count; i++) {
      const group = this.#byId[ids[i] as number] as WaiterGroup;
      if (group.readers.length + group.takers.length > 0 && group.template.fits(tuple)) groups.push(group);
    }
    return groups;
  }

  #groupFor(space: Space, template: CompiledTemplate): WaiterGroup {
    const key = keyOf(space, template.text);
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      this.#idle.delete(known);
      return known;
    }
    const id = this.#freeIds.pop() ?? this.#byId.length;
    try {
      this.#matcher.add(id, filterOf(space, template));
    } catch (error) {
      this.#freeIds.push(id);
      throw error;
    }
    const group: WaiterGroup = { id, key, template, readers: new WaiterQueue(), takers: new WaiterQueue() };
    this.#byId[id] = group;
    this.#byKey.set(key, group);
    return group;
  }

  #rest(group: WaiterGroup): void {
    this.#idle.add(group);
    if (this.#idle.size <= IDLE_MAX) return;
    const [longest] = this.#idle;
    if (longest !== undefined) this.#forget(longest);
  }

  /** A space that is removed leaves nothing behind. */
  forget(space: Space): void {
    const prefix = keyOf(space, '');
    for (const group of this.#idle) if (group.key.startsWith(prefix)) this.#forget(group);
  }

  #forget(group: WaiterGroup): void {
    this.#idle.delete(group);
    this.#byKey.delete(group.key);
    this.#byId[group.id] = undefined;
    this.#matcher.remove(group.id);
    this.#freeIds.push(group.id);
  }
}

function keyOf({ number }: Space, text: string): string {
  return `${number} ${text}`;
}

function filterOf({ number }: Space, { level, when }: CompiledTemplate): CompiledFilter {
  const topic = `${number}/${level}`;
  return compileFilter(when === undefined ? { topic } : { topic, when }, UNLIMITED);
}
