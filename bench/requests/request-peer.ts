import type { Availability, Server } from '../peers/peer.ts';

/** A broker over which one program asks another, with its client library, used as its manual says is fast. */
export interface RequestPeer {
  /** For the command line. */
  readonly key: string;
  readonly name: string;
  /** Its version, or why it cannot be measured here. */
  availability(): Promise<Availability>;
  /** @param folder Its alone, and empty. */
  start(folder: string): Promise<Server>;
  /** Replies to every request with its body, at most so many at a time. Resolves when it is ready. */
  echo(address: string, atOnce: number): Promise<void>;
  /** @param atOnce So many are asked before the first is answered. */
  connect(address: string, atOnce: number): Promise<RequestClient>;
}

export interface RequestClient {
  ask(body: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** What is asked for. */
export const TOPIC = 'bench.requests';
