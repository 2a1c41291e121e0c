import type { Client } from '../../client/client.ts';
import { connect } from '../../client/connect.ts';
import type { TellwhenError } from '../../client/errors.ts';
import type { ConnectOptions } from '../../client/options.ts';
import { FakeBroker } from './fake-broker.ts';
import { ManualTime } from './manual-time.ts';

export interface Connected {
  readonly client: Client;
  readonly broker: FakeBroker;
  readonly time: ManualTime;
}

/** A client that is connected to a broker that the test plays, on a clock that the test owns. */
export async function connected(options: ConnectOptions = {}, broker = new FakeBroker()): Promise<Connected> {
  const time = new ManualTime();
  const client = await connect('ws://broker', { webSocket: broker.webSocket, time, ...options });
  return { client, broker, time };
}

/** What a promise has come to so far: its value, the code it was rejected with, or `waiting`. */
export async function outcome<T>(promise: Promise<T>): Promise<T | string> {
  const waiting = new Promise<string>((resolve) => setImmediate(resolve, 'waiting'));
  return await Promise.race([promise.catch((error: TellwhenError) => error.code), waiting]);
}
