import { setTimeout as delay } from 'node:timers/promises';
import { pubSubPeerOf } from '../peers/pubsub-catalogue.ts';
import type { PubSubClient } from '../peers/pubsub-peer.ts';
import type { Orders, Tell } from './client-process.ts';
import { FIRST_SITE, LoadEvents } from './events.ts';
import { markOf } from './mark.ts';
import type { LoadFiltersOrder, SubscriberReport } from './messages.ts';
import { nowUs } from './shared-clock.ts';
import { BOUNDS, wantedOf } from './subscriptions.ts';

/** Subscriptions of one connection without an answer yet: few, so that others' events wait behind few. */
const ASKED = 10;
const POLL_MS = 20;
const QUIET_MS = 2_000;

/** Subscribes with a different predicate again and again, as fast as it is answered. */
export async function loadFilters(order: LoadFiltersOrder, tell: Tell): Promise<Orders> {
  const peer = await pubSubPeerOf(order.peer);
  const clients: PubSubClient[] = [];
  for (let i = 0; i < order.connections; i += 1) clients.push(await peer.connect(order.address));
  const loader = new FilterLoader(order, clients);
  tell({ kind: 'ready' });
  return (next) => {
    if (next.kind === 'load')
      void loader.load().then((times) => tell({ kind: 'loaded', filters: loader.loaded, ...times }));
    else if (next.kind === 'mark') tell({ kind: 'marked', mark: markOf(loader.loaded) });
    else if (next.kind === 'finish') void loader.finish(next).then((report) => tell({ kind: 'finished', report }));
    else throw new Error(`who loads filters cannot ${next.kind}`);
  };
}

class FilterLoader {
  /** Filters that the broker has. */
  loaded = 0;
  readonly #order: LoadFiltersOrder;
  readonly #events: LoadEvents;
  readonly #clients: readonly PubSubClient[];
  /** By event, how often it was handed over. */
  readonly #handedOver = new Map<number, number>();
  #next = 0;
  #wrong = 0;

  constructor(order: LoadFiltersOrder, clients: readonly PubSubClient[]) {
    this.#order = order;
    this.#events = new LoadEvents(order.events);
    this.#clients = clients;
  }

  async load(): Promise<{ readonly fromUs: number; readonly untilUs: number }> {
    const fromUs = nowUs();
    const endUs = fromUs + this.#order.secondsMax * 1e6;
    const loadSome = async (client: PubSubClient): Promise<void> => {
      while (this.#next < this.#order.filters && nowUs() < endUs) {
        const i = this.#next;
        this.#next += 1;
        await client.subscribe(wantedOf('rare', this.#order.events, i), (bytes, start, end) =>
          this.#taken(i, bytes, start, end),
        );
        this.loaded += 1;
      }
    };
    await Promise.all(this.#clients.flatMap((client) => Array.from({ length: ASKED }, () => loadSome(client))));
    return { fromUs, untilUs: nowUs() };
  }

  #taken(filter: number, bytes: Uint8Array, start: number, end: number): void {
    const n = this.#events.numberIn(bytes, start);
    const wanted = wantedOf('rare', this.#order.events, filter);
    if (!this.#events.isRight(n, bytes, start, end) || !this.#events.isWanted(n, wanted)) this.#wrong += 1;
    this.#handedOver.set(n, (this.#handedOver.get(n) ?? 0) + 1);
  }

  /** What came of the events of the range, all of which were published when the filters had been loaded. */
  async finish(range: { readonly first: number; readonly end: number }): Promise<SubscriberReport> {
    const expected = this.#expected(range);
    let counts = this.#countsIn(range, expected);
    for (let waitedMs = 0; counts.lost > 0 && waitedMs < QUIET_MS; waitedMs += POLL_MS) {
      await delay(POLL_MS);
      counts = this.#countsIn(range, expected);
    }
    const lossReasons = [...new Set(this.#clients.flatMap((client) => client.lossReasons?.() ?? []))];
    await Promise.all(this.#clients.map((client) => client.close()));
    return { lossReasons, got: counts.got, lost: counts.lost, wrong: this.#wrong + counts.tooMany, latency: undefined };
  }

  /** By event of the range, how many filters want it. */
  #expected({ first, end }: { readonly first: number; readonly end: number }): Float64Array {
    const expected = new Float64Array(Math.max(0, end - first));
    const { events } = this.#order;
    for (let n = first; n < end; n += 1) {
      const site = this.#events.siteOf(n) - FIRST_SITE;
      for (let filter = site; filter < Math.min(this.#next, BOUNDS * events.sites); filter += events.sites) {
        if (this.#events.isWanted(n, wantedOf('rare', events, filter)))
          expected[n - first] = (expected[n - first] ?? 0) + 1;
      }
    }
    return expected;
  }

  #countsIn({ first }: { readonly first: number }, expected: Float64Array) {
    const counts = { got: 0, lost: 0, tooMany: 0 };
    for (const [i, wanted] of expected.entries()) {
      const got = this.#handedOver.get(first + i) ?? 0;
      counts.got += got;
      counts.lost += Math.max(0, wanted - got);
      counts.tooMany += Math.max(0, got - wanted);
    }
    return counts;
  }
}
