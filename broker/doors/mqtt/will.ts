import type { Body } from '../../protocol/index.ts';

/** What is published for a client whose connection ends without a word, section 3.1.2.5. */
export interface Will {
  readonly topic: string;
  /** So long after the connection, unless the session is resumed before. */
  readonly delayMs: number;
  readonly retain: boolean;
  readonly ttlMs: number | undefined;
  /** Its own memory. */
  readonly body: Body;
}
