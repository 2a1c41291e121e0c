import { type Broker, startBroker } from '../../broker/broker.ts';
import type { Config } from '../../broker/config/index.ts';
import { seededChance } from '../../broker/kernel/chance.ts';
import { SimulatedTime } from '../../broker/kernel/simulated-time.ts';
import type { StoreError } from '../../broker/store/store.ts';
import { MemoryTransport } from '../../broker/transports/memory.ts';
import { HeldStore } from './held-store.ts';
import { HttpClient } from './http-client.ts';
import { MqttPeer } from './mqtt-peer.ts';
import { RawPeer } from './raw-peer.ts';
import { started } from './simulated-broker.ts';
import { ProcessTime } from './simulation/process-time.ts';
import { SimulatedDisk } from './simulation/simulated-disk.ts';

interface Run {
  readonly time: ProcessTime;
  readonly store: HeldStore;
  readonly transport: MemoryTransport;
  readonly broker: Broker;
}

/**
 * A broker over a simulated disk that flushes at once, unless the test holds it. It can be stopped or killed, and started
 * anew over what is on the disk, on the same clock.
 */
export class DurableBroker {
  readonly time = new SimulatedTime();
  readonly disk = new SimulatedDisk(seededChance(1), { flushMsMax: 0 });
  /** Faults of the broker's own that reached the transport. A test that expects none says so. */
  readonly faults: unknown[] = [];
  /** What it said when its store failed. */
  readonly failures: (StoreError | undefined)[] = [];
  readonly #config: Partial<Config>;
  #run: Run | undefined;

  private constructor(config: Partial<Config>) {
    this.#config = config;
  }

  static async start(config: Partial<Config> = {}): Promise<DurableBroker> {
    const durable = new DurableBroker(config);
    await durable.start();
    return durable;
  }

  get store(): HeldStore {
    return this.#running.store;
  }

  async start(config: Partial<Config> = {}): Promise<void> {
    const time = new ProcessTime(this.time);
    const store = new HeldStore(this.disk.open(time));
    const transport = new MemoryTransport({ time, onFault: (error) => this.faults.push(error) });
    const starting = startBroker({
      config: { ...this.#config, ...config },
      time,
      chance: seededChance(1),
      transport,
      store,
      failed: (fault) => this.failures.push(fault),
    });
    this.#run = { time, store, transport, broker: await started(starting, this.time) };
  }

  /** The process is gone, with what its store had not flushed. */
  crash(): void {
    this.#running.time.kill();
    this.#run = undefined;
    this.disk.crash();
  }

  /** Killed, and started anew. */
  async restart(config: Partial<Config> = {}): Promise<void> {
    this.crash();
    await this.start(config);
  }

  /** It ends in order. Those who are connected must let it. */
  async stop(): Promise<void> {
    const { broker, time } = this.#running;
    let stopping = true;
    void broker.stop().then(() => {
      stopping = false;
    });
    while (stopping) {
      this.time.advance(20);
      await new Promise((resolve) => setImmediate(resolve));
    }
    time.kill();
    this.#run = undefined;
    this.disk.crash();
  }

  /** A client with a session of its own; as a publisher it has this name. `session`: or the one it had. */
  greeted(publisher?: string, session?: { id: string; key: string }): RawPeer {
    const peer = new RawPeer(this.#running.transport.connect(), () => this.time.settle());
    this.time.settle();
    peer.hello(session, publisher);
    return peer;
  }

  /** A client that speaks MQTT and has not said CONNECT. */
  mqtt(version: 4 | 5 = 5): MqttPeer {
    const peer = new MqttPeer(
      this.#running.transport.connect('mqtt', { path: '/mqtt' }),
      () => this.time.settle(),
      version,
    );
    this.time.settle();
    return peer;
  }

  /** A client of the HTTP door of this run. */
  http(): HttpClient {
    return new HttpClient(this.#running.transport, this.time);
  }

  /** One series of /metrics, by its name and labels as they stand there. */
  async metric(series: string): Promise<number> {
    const body = String((await this.#running.transport.page('/metrics')).body);
    const line = body.split('\n').find((one) => one.startsWith(`${series} `));
    if (line === undefined) throw new Error(`no series ${series} in\n${body}`);
    return Number(line.slice(series.length + 1));
  }

  get #running(): Run {
    if (this.#run === undefined) throw new Error('no broker is running');
    return this.#run;
  }
}
