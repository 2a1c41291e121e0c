import { type Broker, startBroker } from '../../broker/broker.ts';
import type { Config } from '../../broker/config/index.ts';
import { seededChance } from '../../broker/kernel/chance.ts';
import { SimulatedTime } from '../../broker/kernel/simulated-time.ts';
import { MemoryTransport } from '../../broker/transports/memory.ts';
import { RawPeer } from './raw-peer.ts';

export interface SimulatedBroker {
  readonly broker: Broker;
  readonly time: SimulatedTime;
  readonly transport: MemoryTransport;
  /** Faults of the broker's own that reached the transport. A test that expects none says so. */
  readonly faults: unknown[];
  /** A client that has not said hello. */
  connect(): RawPeer;
  /** A client with a session of its own. */
  greeted(): RawPeer;
  /** One series of /metrics, by its name and labels as they stand there. */
  metric(series: string): Promise<number>;
}

/** A whole broker in memory, on a clock that the test owns. */
export async function simulatedBroker(config: Partial<Config> = {}): Promise<SimulatedBroker> {
  const time = new SimulatedTime();
  const faults: unknown[] = [];
  const transport = new MemoryTransport({ time, onFault: (error) => faults.push(error) });
  const broker = await started(
    startBroker({
      config: { memory: true, ...config },
      time,
      chance: seededChance(1),
      transport,
    }),
    time,
  );
  const connect = (): RawPeer => {
    const peer = new RawPeer(transport.connect(), () => time.settle());
    time.settle();
    return peer;
  };
  return {
    broker,
    time,
    transport,
    faults,
    connect,
    greeted() {
      const peer = connect();
      peer.hello();
      return peer;
    },
    async metric(series) {
      const body = String((await transport.page('/metrics')).body);
      const line = body.split('\n').find((one) => one.startsWith(`${series} `));
      if (line === undefined) throw new Error(`no series ${series} in\n${body}`);
      return Number(line.slice(series.length + 1));
    },
  };
}

/** Starting takes commits, and commits take turns of a loop that stands still by itself. */
export async function started(starting: Promise<Broker>, time: SimulatedTime): Promise<Broker> {
  let waiting = true;
  const stopWaiting = (): void => {
    waiting = false;
  };
  starting.then(stopWaiting, stopWaiting);
  while (waiting) {
    time.settle();
    await Promise.resolve();
  }
  return starting;
}
