import { Client } from './client.ts';
import { type ConnectOptions, settingsOf } from './options.ts';

/**
 * Connects to a broker, as `ws://127.0.0.1:8355`. With several addresses of the same broker, each attempt after a
 * failure goes to the next.
 *
 * Resolves once the broker has welcomed the client. The first attempt is not repeated: it rejects with TellwhenError
 * `connection_failed`, `timeout`, `aborted`, `invalid_argument`, or the broker's refusal.
 */
export async function connect(url: string | readonly string[], options: ConnectOptions = {}): Promise<Client> {
  const client = new Client(settingsOf(url, options));
  await client.opened(options.signal);
  return client;
}
