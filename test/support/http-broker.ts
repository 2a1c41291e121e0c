import type { Config } from '../../broker/config/index.ts';
import { HttpClient } from './http-client.ts';
import { type SimulatedBroker, simulatedBroker } from './simulated-broker.ts';

/** A broker in memory with a client of its HTTP door. */
export async function httpBroker(
  config: Partial<Config> = {},
): Promise<SimulatedBroker & { readonly http: HttpClient }> {
  const simulated = await simulatedBroker(config);
  return { ...simulated, http: new HttpClient(simulated.transport, simulated.time) };
}
