import type { NetworkOptions } from './network-options.ts';
import { NodeTransport } from './node.ts';
import type { Transport } from './transport.ts';
import { createUwsTransport } from './uws.ts';

export const NETWORK_CHOICES = ['auto', 'uws', 'node'] as const;

/**
 * WebSocket and HTTP over the network. `auto`: over uWebSockets.js, or over Node's own server where there is no binary of
 * the former. Rejects where `uws` is wanted and there is none.
 */
export async function createNetworkTransport(
  choice: (typeof NETWORK_CHOICES)[number],
  options: NetworkOptions,
): Promise<Transport> {
  if (choice === 'node') return new NodeTransport(options);
  const fast = await createUwsTransport(options);
  if (fast !== undefined) return fast;
  if (choice === 'auto') return new NodeTransport(options);
  throw new Error(
    'uWebSockets.js did not load: it needs Node 18 to 22, on Linux with glibc, macOS or Windows; or choose transport: node',
  );
}
