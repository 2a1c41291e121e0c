import type { PubSubClient, PubSubEvents, PubSubPeer, Taken, Wanted, Where } from '../pubsub-peer.ts';
import { type Headers, StompWire } from '../wire/stomp-wire.ts';
import { activeMqAvailability, startActiveMq } from './activemq-server.ts';

const HOST = '127.0.0.1';

/** STOMP over NIO. Selectors test headers, and never data, so the publisher says in headers what is in the data. */
export const activeMqPubSub: PubSubPeer = {
  key: 'activemq',
  name: 'ActiveMQ',
  manner: 'STOMP, topics, JMS selectors',
  predicates: 'broker',
  consumes: 'a subscription with individual acknowledgement',
  availability: activeMqAvailability,
  start: startActiveMq,
  connect: async (address) => new ActiveMqClient(await StompWire.open(HOST, Number(address))),
};

class ActiveMqClient implements PubSubClient {
  readonly #wire: StompWire;
  #data = new Uint8Array(0);
  #load: PubSubEvents | undefined;

  constructor(wire: StompWire) {
    this.#wire = wire;
  }

  subscribe({ topic, where }: Wanted, taken: Taken): Promise<void> {
    return this.#wire.subscribe(nameOf(topic), taken, { selector: where && selectorOf(where) });
  }

  consume(topic: string, taken: Taken): Promise<void> {
    return this.#wire.subscribe(nameOf(topic), taken, { acknowledges: true });
  }

  publish(events: PubSubEvents, first: number, count: number): number {
    if (this.#load !== events) {
      this.#load = events;
      this.#data = new Uint8Array(events.bytes);
      events.write(first, this.#data, 0);
    }
    const topic = nameOf(events.topic);
    for (let n = first; n < first + count; n += 1) {
      if (this.#wire.full) return n - first;
      events.rewrite(n, this.#data, 0);
      this.#wire.publish(topic, this.#data, headersOf(events, n));
    }
    return count;
  }

  writable(): Promise<void> {
    return this.#wire.drained();
  }

  close(): Promise<void> {
    return this.#wire.close();
  }
}

function nameOf(topic: string): string {
  return topic.replaceAll('/', '.');
}

function headersOf(events: PubSubEvents, n: number): Headers {
  const temperature = events.temperatureOf(n);
  return events.bySite ? { site: events.siteOf(n), temperature } : { temperature };
}

/**
 * Headers of STOMP are text. This broker compares them with numbers as numbers, but with whole ones as whole: 70 is not less than
 * the header 70.5.
 */
function selectorOf({ site, above }: Where): string {
  const bySite = site === undefined ? '' : `site = '${site}' AND `;
  return `${bySite}temperature > ${above.toFixed(1)}`;
}
