import type { PubSubEvents, Taken, Wanted } from './pubsub-peer.ts';

/**
 * The topics of a broker that tests no predicates: one for each site, where a load tells events apart by it.
 *
 * @param separator Between the levels of a topic.
 */
export class SiteTopics {
  readonly #separator: string;
  /** One topic at a time has a few thousand sites at most. */
  #base = '';
  #bySite = new Map<number, string>();

  constructor(separator: string) {
    this.#separator = separator;
  }

  /** Where event `n` is published. */
  of(events: PubSubEvents, n: number): string {
    return this.named(events.topic, events.bySite ? events.siteOf(n) : undefined);
  }

  named(topic: string, site: number | undefined): string {
    if (this.#base !== topic) {
      this.#base = topic;
      this.#bySite = new Map();
    }
    const key = site ?? -1;
    let name = this.#bySite.get(key);
    if (name === undefined) {
      name = (site === undefined ? topic : `${topic}/${site}`).replaceAll('/', this.#separator);
      this.#bySite.set(key, name);
    }
    return name;
  }
}

/** Subscriptions of one connection to a broker that tests no predicates: they are tested here, on data that is parsed once. */
export class TestedHere {
  readonly #topics: SiteTopics;
  readonly #subscribe: (topic: string, taken: Taken) => Promise<void>;
  readonly #subscribed = new Map<string, { readonly tests: Test[]; readonly confirmed: Promise<void> }>();

  /** @param subscribe Called once for a topic. */
  constructor(topics: SiteTopics, subscribe: (topic: string, taken: Taken) => Promise<void>) {
    this.#topics = topics;
    this.#subscribe = subscribe;
  }

  subscribe({ topic, where }: Wanted, taken: Taken): Promise<void> {
    const name = this.#topics.named(topic, where?.site);
    const test = { above: where?.above, taken };
    const subscribed = this.#subscribed.get(name);
    if (subscribed !== undefined) {
      subscribed.tests.push(test);
      return subscribed.confirmed;
    }
    const tests: Test[] = [test];
    const confirmed = this.#subscribe(name, (bytes, start, end) => handOver(tests, bytes, start, end));
    this.#subscribed.set(name, { tests, confirmed });
    return confirmed;
  }
}

interface Test {
  /** Undefined takes all. */
  readonly above: number | undefined;
  readonly taken: Taken;
}

function handOver(tests: readonly Test[], bytes: Uint8Array, start: number, end: number): void {
  let temperature: number | undefined;
  for (let i = 0; i < tests.length; i += 1) {
    const test = tests[i];
    if (test === undefined) continue;
    if (test.above !== undefined) {
      temperature ??= temperatureOf(bytes, start, end);
      if (!(temperature > test.above)) continue;
    }
    test.taken(bytes, start, end);
  }
}

function temperatureOf(bytes: Uint8Array, start: number, end: number): number {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
  return (JSON.parse(text) as { temperature: number }).temperature;
}
