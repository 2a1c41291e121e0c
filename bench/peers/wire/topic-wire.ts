/**
 * Where one body is: `bytes` from `start` to `end`. Only until the call returns; then the bytes are overwritten.
 */
export type OnBody = (bytes: Buffer, start: number, end: number) => void;

/**
 * One connection that speaks a broker's own protocol, no more of it than publishing and subscribing without
 * acknowledgement, as fast as bytes can be copied. What the broker refuses is thrown as an uncaught error.
 */
export interface TopicWire {
  /** So much waits to be written that a publisher should await `drained`. */
  readonly full: boolean;
  drained(): Promise<void>;

  /**
   * Copies the body; it is on its way at the end of this turn at the latest.
   *
   * @param headers Of the broker's own; only STOMP has them, the others throw.
   */
  publish(topic: string, body: Uint8Array, headers?: Headers): void;

  /** Resolves when the broker has it. A topic is subscribed once, unless `selector` tells subscriptions apart (STOMP only). */
  subscribe(topic: string, onBody: OnBody, selector?: string): Promise<void>;

  /** Resolves when all that was published is written and the connection is closed. */
  close(): Promise<void>;
}

export type Headers = Readonly<Record<string, string | number>>;
