/**
 * A broker beside which ours is measured: its server, started afresh in a folder of its own, and its client library, used as
 * its manual says is fast. Ours is one too.
 */
export interface Peer {
  /** For the command line. */
  readonly key: string;
  readonly name: string;
  /** What has happened to an event when its publish is acknowledged. */
  readonly ack: string;
  /** What becomes of an event that its consumer acknowledged. */
  readonly settled: string;

  /** Its version, or why it cannot be measured here. */
  availability(): Promise<Availability>;

  /**
   * Resolves when it accepts connections. Rejects when it does not within ten minutes.
   *
   * @param folder Its alone: empty, or as an earlier server has left it.
   */
  start(folder: string): Promise<Server>;

  /** Makes the queue if there is none. An event that is published is in the queue until a consumer acknowledges it. */
  connect(address: string, queue: string): Promise<PeerClient>;
}

export type Availability = { readonly version: string } | { readonly leftOut: string };

export interface Server {
  readonly address: string;
  /** Of the server so far. Zero where the system does not tell. */
  usage(): Usage;
  /** Ends it, with force if it does not end by itself. */
  stop(): Promise<void>;
  /** Ends it as a crash does (SIGKILL). */
  kill(): Promise<void>;
}

export interface Usage {
  readonly cpuSeconds: number;
  /** Memory that only it uses. */
  readonly ownBytes: number;
  /** Files that it has mapped, as far as they are in memory: the system takes that back when it needs some. */
  readonly mappedBytes: number;
}

export interface PeerClient {
  /**
   * Publishes `bodyOf` each number of the range, in order, with at most `inFlight` of them unacknowledged. Resolves when all
   * are acknowledged; rejects when one is refused.
   */
  publish(range: PublishRange): Promise<void>;

  /**
   * Hands over the events of the queue and acknowledges each when `taken` has returned. Resolves when it is being
   * given events.
   */
  consume(taken: (body: Uint8Array) => void): Promise<void>;

  /** Events in the queue that no consumer has acknowledged. */
  waiting(): Promise<number>;

  close(): Promise<void>;
}

export interface PublishRange {
  readonly first: number;
  readonly count: number;
  readonly inFlight: number;
}
