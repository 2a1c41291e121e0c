import type { Time } from '../kernel/time.ts';
import type { OnFault } from './guard.ts';

/** What every transport for WebSockets and HTTP over the network is told. */
export interface NetworkOptions {
  /** A name or an address. Empty: every interface. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** A longer frame closes its connection with 1009; one of more than twice the length is cut off at once. */
  readonly frameBytesMax: number;
  /** Longest body of an HTTP request. */
  readonly bodyBytesMax: number;
  /** With more than so much waiting for a peer, a send is `lost`. */
  readonly backpressureBytesMax: number;
  /** A peer that has not answered a ping for so long is gone. Whole seconds count, 8 to 960 of them. */
  readonly idleTimeoutMs: number;
  readonly time: Time;
  readonly onFault: OnFault;
}
