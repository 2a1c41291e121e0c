import { type Cost, type Filter, Matcher, type MatcherStats, topicMatches } from '../../matcher/index.ts';
import { ProtocolError } from '../protocol/index.ts';
import type { PublishedEvent } from '../publish/event.ts';
import type { FilterCache } from '../subscribe/filter-cache.ts';
import { Ids } from '../subscribe/ids.ts';
import type { Party } from './party.ts';
import { Server } from './server.ts';

export interface ServersMeans {
  readonly filters: FilterCache;
  readonly serversMax: number;
  readonly residualMax: number;
}

/** So many are looked at to tell why nobody serves a request. */
const LOOKED_AT_MAX = 100;
/** Requests that are told so, between two calls of `tellAgain`: who floods the broker with others is told less. */
const TOLD_AT_ONCE = 20;

/**
 * Who serves what. The filters are in a matcher of their own: a request meets no subscription, an event no server, and
 * neither pays for the other.
 */
export class Servers {
  readonly #means: ServersMeans;
  readonly #matcher: Matcher;
  readonly #byId: (Server | undefined)[] = [];
  readonly #all = new Set<Server>();
  readonly #ids = new Ids();
  #told = 0;

  constructor(means: ServersMeans) {
    this.#means = means;
    this.#matcher = new Matcher({ residualMax: means.residualMax });
  }

  get count(): number {
    return this.#all.size;
  }

  get stats(): MatcherStats {
    return this.#matcher.stats;
  }

  /** Throws FilterError, also `residual_limit`, or ProtocolError `subscription_limit`. */
  add(party: Party, filter: Filter, terms: { readonly group: string; readonly concurrency: number }): [Server, Cost] {
    const { filters, serversMax } = this.#means;
    if (this.#all.size >= serversMax) {
      throw new ProtocolError('subscription_limit', `the broker knows ${serversMax} servers, as many as it may`);
    }
    const compiled = filters.compile(filter);
    const id = this.#ids.take();
    try {
      const { cost } = this.#matcher.add(id, compiled);
      const server = new Server({ id, party, filter, ...terms });
      this.#byId[id] = server;
      this.#all.add(server);
      return [server, cost];
    } catch (error) {
      this.#ids.free(id);
      throw error;
    }
  }

  remove(server: Server): void {
    server.gone = true;
    this.#matcher.remove(server.id);
    this.#byId[server.id] = undefined;
    this.#all.delete(server);
    this.#ids.free(server.id);
  }

  /** Those whose filter matches. Cost: the match, and each of them. */
  match(event: PublishedEvent): Server[] {
    const { ids, count } = this.#matcher.match(event);
    const servers: Server[] = [];
    for (let i = 0; i < count; i++) {
      const server = this.#byId[ids[i] as number];
      if (server !== undefined) servers.push(server);
    }
    return servers;
  }

  /** To be called now and then. */
  tellAgain(): void {
    this.#told = 0;
  }

  /** Why nobody was found, to be read. Cost: a look at each server, for the first who ask. */
  whyNone(topic: string): string {
    this.#told += 1;
    if (this.#told > TOLD_AT_ONCE || this.#all.size > LOOKED_AT_MAX) return `nobody serves this request to ${topic}`;
    let near = 0;
    for (const { filter } of this.#all) if (topicMatches(filter.topic, topic)) near += 1;
    if (near === 0) return `nobody serves ${topic}`;
    return `of ${near} who serve ${topic}, no predicate holds for this request`;
  }
}
