import type { PubSubPeer } from '../peers/pubsub-peer.ts';
import { COLUMNS } from './columns.ts';
import { measureCostCurve } from './cost-curve.ts';
import type { EventsSpec } from './events.ts';
import { type Flow, measureFlow } from './flow.ts';
import { measureIdle } from './idle.ts';
import { FILTER_CONNECTIONS, FILTER_SECONDS_MAX, measureManyFilters } from './many-filters.ts';
import type { PubSubScenario, ScenarioMeans } from './scenario.ts';
import { sitesFor } from './subscriptions.ts';

/** Published and not yet got by the slowest subscriber; no more than a queue of ours holds as it comes. */
const WINDOW = 100_000;
/** The same where each event goes to many. */
const WINDOW_OF_MANY = 5_000;
const WINDOW_OF_PULL = 10_000;
/** Connections of the thousand subscriptions. */
const SUBSCRIPTIONS_OF_ONE = 10;
/** Connections of all subscriptions where their number changes: the same, so that only that changes. */
const COST_CONNECTIONS = 20;
/** Of the latency's rate, where each event goes to many. */
const RATE_SHARE = 5;

const { published, delivered, lost, brokerUs, brokerCpu, publisherCpu, subscriberCpu, othersCpu, wireBytes, brokerMb } =
  COLUMNS;
const THROUGHPUT = [lost, brokerCpu, publisherCpu, subscriberCpu, othersCpu, brokerUs, wireBytes, brokerMb];
const { p50, p99, p999, max } = COLUMNS;
const LATENCY = [p50, p99, p999, max];
const everybody = (): boolean => true;
const whole = (count: number): string => count.toLocaleString('en-US');

const ONE_TO_ONE = { way: 'push', connections: 1, perConnection: 1, rate: 0, window: WINDOW } as const;

function eventsOf(
  { topic, seed }: ScenarioMeans,
  { rate = 0, sites = 1, bySite = false, kept = false } = {},
): EventsSpec {
  return { topic, seed, sites, bySite, kept, stamped: rate > 0 };
}

function alertsOf(means: ScenarioMeans, subscriptions: number, perConnection: number): Flow {
  return {
    events: eventsOf(means, { sites: sitesFor(subscriptions), bySite: true }),
    way: 'push',
    shape: 'alerts',
    connections: Math.floor(subscriptions / perConnection),
    perConnection,
    rate: 0,
    window: WINDOW_OF_MANY,
  };
}

function costFlowOf(means: ScenarioMeans, subscriptions: number): Flow {
  const topic = `${means.topic}/${subscriptions}`;
  return alertsOf({ ...means, topic }, subscriptions, subscriptions / COST_CONNECTIONS);
}

/** What is asked of brokers, in the order in which it is asked. */
export const SCENARIOS: readonly PubSubScenario[] = [
  {
    key: 's1',
    title: 'S1: one publisher to one subscriber',
    what: () => 'By topic alone, as fast as it goes.',
    columns: [delivered, ...THROUGHPUT],
    flatOut: true,
    suits: everybody,
    measure: (means) => measureFlow({ ...ONE_TO_ONE, events: eventsOf(means), shape: 'all' }, means),
  },
  {
    key: 's1f',
    title: 'S1 with a content filter',
    what: () =>
      'The same with a predicate that every event satisfies (`temperature > 0`), so that all data has to be read: by the broker, or by the client where the broker cannot.',
    columns: [delivered, ...THROUGHPUT],
    flatOut: true,
    suits: everybody,
    measure: (means) => measureFlow({ ...ONE_TO_ONE, events: eventsOf(means), shape: 'tested' }, means),
  },
  {
    key: 's2',
    title: 'S2: fan-out',
    what: ({ fanOut }) => `Every event to ${fanOut} subscribers, each with a connection of its own.`,
    columns: [delivered, published, ...THROUGHPUT],
    flatOut: true,
    suits: everybody,
    measure: (means) =>
      measureFlow(
        {
          ...ONE_TO_ONE,
          events: eventsOf(means),
          shape: 'all',
          connections: means.sizes.fanOut,
          window: WINDOW_OF_MANY,
        },
        means,
      ),
  },
  {
    key: 's3',
    title: 'S3: many subscriptions with different predicates',
    what: ({ subscriptions }) =>
      `${whole(subscriptions)} subscriptions as \`site == 10017 && temperature > 55\`, no two the same, ${SUBSCRIPTIONS_OF_ONE} on each connection; ${sitesFor(subscriptions)} sites; an event satisfies ${whole((100 * 10) / subscriptions)} %. Only what satisfies counts as delivered. Brokers that cannot test predicates have a topic for each site, and their clients parse what comes, of which half is wanted.`,
    columns: [delivered, published, ...THROUGHPUT],
    flatOut: true,
    suits: everybody,
    measure: (means) => measureFlow(alertsOf(means, means.sizes.subscriptions, SUBSCRIPTIONS_OF_ONE), means),
  },
  {
    key: 's4',
    title: 'S4: latency at a fixed rate',
    what: ({ rate }) =>
      `${whole(rate)} events a second, evenly, to one subscriber. From when an event was due until it was handed over: coordinated omission is accounted for.`,
    columns: [p50, p99, p999, max, lost, brokerCpu, othersCpu],
    flatOut: false,
    suits: everybody,
    measure: (means) => {
      const { rate } = means.sizes;
      return measureFlow({ ...ONE_TO_ONE, events: eventsOf(means, { rate }), shape: 'all', rate, exact: true }, means);
    },
  },
  {
    key: 's5',
    title: 'S5: idle connections',
    what: ({ idleConnections }) =>
      `${whole(idleConnections)} connections with a subscription each, on which nothing happens. Afterwards each has to be told of some events.`,
    columns: [COLUMNS.connectionBytes, brokerMb, brokerCpu, lost],
    flatOut: false,
    suits: everybody,
    measure: (means) => measureIdle(eventsOf(means), means.sizes.idleConnections, means),
  },
  {
    key: 's7',
    title: 'S7: filters loaded while events flow',
    what: ({ filters, rate }) =>
      `${whole(filters)} different predicates are subscribed with, over ${FILTER_CONNECTIONS} connections, as fast as they are answered (${FILTER_SECONDS_MAX} s at most), beside the flow of S4 (${whole(rate)}/s), whose latency is measured meanwhile. When all are there, every event has to be told of to exactly the filters that it satisfies.`,
    columns: [COLUMNS.filtersPerSecond, COLUMNS.filters, ...LATENCY, lost, COLUMNS.filterBytes, brokerMb],
    flatOut: false,
    suits: ({ predicates }: PubSubPeer) => predicates === 'broker',
    measure: (means) => {
      const { rate, filters } = means.sizes;
      const events = eventsOf(means, { rate, sites: sitesFor(filters), bySite: true });
      return measureManyFilters({ ...ONE_TO_ONE, events, shape: 'all', rate }, filters, means);
    },
  },
  {
    key: 's8',
    title: 'S8: pull with leases',
    what: () =>
      'One consumer that the broker keeps each event for until it has acknowledged it. Each has to come once; order is not asked for.',
    columns: [delivered, ...THROUGHPUT],
    flatOut: true,
    suits: ({ consumes }: PubSubPeer) => consumes !== undefined,
    measure: (means) =>
      measureFlow(
        {
          ...ONE_TO_ONE,
          events: eventsOf(means, { kept: true }),
          way: 'consume',
          shape: 'all',
          window: WINDOW_OF_PULL,
        },
        means,
      ),
  },
  {
    key: 's9',
    title: 'S9: slow and dead consumers among good ones',
    what: ({ fanOut, rate }) =>
      `${whole(rate / RATE_SHARE)} events a second to ${fanOut - 2} good subscribers, at first alone; then with one beside them whose process stands still, and one that is at work a tenth of the time. Latency is that of the good ones.`,
    columns: [COLUMNS.hindrance, COLUMNS.calmP99, ...LATENCY, lost, brokerMb, othersCpu],
    flatOut: false,
    suits: everybody,
    measure: async (means) => {
      const rate = means.sizes.rate / RATE_SHARE;
      const connections = means.sizes.fanOut - 2;
      const flow = { ...ONE_TO_ONE, shape: 'all', connections, rate, window: WINDOW_OF_MANY } as const;
      const { topic } = means;
      const calm = await measureFlow(
        { ...flow, events: eventsOf({ ...means, topic: `${topic}/calm` }, { rate }) },
        means,
      );
      const events = eventsOf(means, { rate });
      const hindered = await measureFlow({ ...flow, events, hindered: true }, means);
      return {
        ...hindered,
        lost: calm.lost + hindered.lost,
        wrong: calm.wrong + hindered.wrong,
        ...(calm.latency && { calmLatency: calm.latency }),
      };
    },
  },
  {
    key: 'cost',
    title: 'What a delivery costs the broker, with more and more subscriptions',
    what: ({ costAt }) =>
      `As S3, with ${costAt.map(whole).join(', ')} subscriptions on ${COST_CONNECTIONS} connections; each event satisfies ten of them on average, however many there are.`,
    columns: [COLUMNS.costAtMost, COLUMNS.costAtFewest, lost],
    flatOut: false,
    suits: everybody,
    measure: (means) => measureCostCurve(means, (subscriptions) => costFlowOf(means, subscriptions)),
  },
];
