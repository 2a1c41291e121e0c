import type { Availability, Server } from './peer.ts';

/**
 * A broker under the load test: its server, started afresh, and its client library, used as its manual says is fast. What
 * it is asked is at most once: no receipts where it can do without, nothing on disk. Each broker has one folder in here;
 * what it does with stored events stands beside this, as a `Peer`.
 */
export interface PubSubPeer {
  /** For the command line. */
  readonly key: string;
  readonly name: string;
  /** How it is used, where that is not the only way, as "QoS 0" or "a topic for each site, the rest tested in the client". */
  readonly manner: string;
  /** Who tests predicates. A `client` is sent more than it wants, and parses what it gets. */
  readonly predicates: 'broker' | 'client';
  /** How `PubSubClient.consume` takes events. Absent: it has nothing of the kind. */
  readonly consumes?: string;

  /** Its version, or why it cannot be measured here. */
  availability(): Promise<Availability>;

  /**
   * Resolves when it accepts connections. Its limits are so high that it throws nothing away while 100,000 events of a
   * hundred bytes wait for each of a hundred subscribers, and it takes 20,000 connections. It keeps nothing on disk.
   *
   * @param folder Its alone, and empty.
   */
  start(folder: string): Promise<Server>;

  /** A connection of its own, with nothing subscribed. */
  connect(address: string): Promise<PubSubClient>;
}

export interface PubSubClient {
  /**
   * Resolves when the broker has it: what anybody publishes from then on is handed over, each event once and in the order of its
   * publisher. May be called many times before the first resolves.
   *
   * A broker that tests predicates is sent the whole of `where`. For any other, events are published to a topic for each
   * site, and subscribed there; what else `where` says is tested here, on the parsed data of each event that came.
   */
  subscribe(wanted: Wanted, taken: Taken): Promise<void>;

  /**
   * As `subscribe`, but the broker keeps each event for its consumer until that acknowledges it, which is when `taken` has
   * returned. Absent, as `PubSubPeer.consumes` is: it has nothing of the kind in memory.
   */
  readonly consume?: (topic: string, taken: Taken) => Promise<void>;

  /**
   * Publishes the events `first`, `first + 1`, …, at most `count`, in order, as fast as its library can: many to one write to
   * the socket, no receipts. They leave in this turn of the event loop or at its end.
   *
   * @returns how many were taken: fewer than `count` when the socket does not keep up, and then `writable` tells when to go on.
   */
  publish(events: PubSubEvents, first: number, count: number): number;

  /** Resolves when `publish` would take events. */
  writable(): Promise<void>;

  /** Why events were not handed over, as far as the broker has said so. Absent: it never does. */
  readonly lossReasons?: () => readonly string[];

  /** Ends the connection; what was published before has left. */
  close(): Promise<void>;
}

/** What one subscription is told of. */
export interface Wanted {
  readonly topic: string;
  /** Events of one site, or of any, whose temperature is above a bound: `site == 10017 && temperature > 95`. */
  readonly where?: Where | undefined;
}

export interface Where {
  readonly site: number | undefined;
  readonly above: number;
}

/** Bytes of one event's data, from `start` to before `end`; they are not looked at after the call. */
export type Taken = (bytes: Uint8Array, start: number, end: number) => void;

/** The events of one load, by number; the same for every broker. */
export interface PubSubEvents {
  /** As Tellwhen and MQTT write topics: levels between slashes, letters and digits. */
  readonly topic: string;
  /** Subscriptions tell events apart by their site: a broker that does not test predicates has a topic for each. */
  readonly bySite: boolean;
  /** They are for `consume`: a broker that keeps events elsewhere than where it hands them on publishes them there. */
  readonly kept: boolean;
  /** All have so many bytes of data. */
  readonly bytes: number;
  /** An integer of five digits; data has it as `site`. */
  siteOf(n: number): number;
  /** 10.0 to 99.9, in tenths; data has it as `temperature`. */
  temperatureOf(n: number): number;
  /** Writes the data of event `n`, a JSON object, at `at`. Cheap. */
  write(n: number, into: Uint8Array, at: number): void;
  /** The same when what stands at `at` is the data of another event of this load: cheaper still. */
  rewrite(n: number, into: Uint8Array, at: number): void;
}
