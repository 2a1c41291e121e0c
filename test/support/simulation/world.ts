import { type Broker, type BrokerOptions, startBroker } from '../../../broker/broker.ts';
import type { Config } from '../../../broker/config/index.ts';
import { type Chance, seededChance } from '../../../broker/kernel/chance.ts';
import { SimulatedTime } from '../../../broker/kernel/simulated-time.ts';
import type { Time } from '../../../broker/kernel/time.ts';
import { LoggedStore } from '../../../broker/store/logged.ts';
import type { Segments } from '../../../broker/store/segment.ts';
import { type Change, type Store, StoreError, type StoreErrorCode } from '../../../broker/store/store.ts';
import { MemoryTransport } from '../../../broker/transports/memory.ts';
import type { MemoryPeer } from '../../../broker/transports/memory-peer.ts';
import type { Transport } from '../../../broker/transports/transport.ts';
import { LaggingTime } from './lagging-time.ts';
import { ProcessTime } from './process-time.ts';
import type { Profile } from './profile.ts';
import { Recorder } from './recorder.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { TappedTransport } from './tapped-transport.ts';

/** A fault that a test plants into the broker, by what it hands in. */
export interface Plant {
  readonly store?: (store: Store, time: Time) => Store;
  /** What a write-ahead log is made of, where there is one: its segments, and the store behind it. */
  readonly segments?: (segments: Segments, time: Time) => Segments;
  readonly behind?: (store: Store, time: Time) => Store;
  readonly time?: (time: Time) => Time;
  readonly transport?: (transport: Transport) => Transport;
  /** Changes the broker's own code, until the answered function is called. */
  readonly install?: () => () => void;
}

interface Process {
  readonly run: number;
  readonly time: ProcessTime;
  readonly transport: MemoryTransport;
  broker: Broker | undefined;
}

/** Small tables: they are made anew with every start. */
const CONFIG: Partial<Config> = { recentEventsMax: 16, recentBytesMax: 4_096, leasesMax: 20_000 };
/** A start that takes longer is a fault. */
const START_MS_MAX = 60_000;
const STOP_MS_MAX = 60_000;
const STOP_LOOK_MS = 20;
/** Below the mark at which publishes are refused, above the one at which the process ends. */
const LOW_BYTES = 400 * 2 ** 20;
/** Of a write-ahead log: some commits fill it, and some are larger. */
const SEGMENT_BYTES = 24 * 1024;
const FAILURES: ReadonlySet<string> = new Set<StoreErrorCode>(['store_failed', 'store_hangs']);
const LONGEST_UPTIME_MS = 1_000_000_000;

/** The machine: a clock, a disk, a network, and on it one process after the other. */
export class World {
  readonly time = new SimulatedTime();
  readonly disk: SimulatedDisk;
  readonly recorder: Recorder;
  readonly chance: Chance;
  /** Faults of the broker that no history shows. */
  readonly faults: string[] = [];
  readonly #profile: Profile;
  readonly #plant: Plant;
  /** There is a write-ahead log in front of the disk. */
  readonly #isLogged: boolean;
  #process: Process | undefined;
  #runs = 0;

  constructor(seed: number, profile: Profile, plant: Plant = {}) {
    this.chance = seededChance(seed);
    this.#profile = profile;
    this.#plant = plant;
    this.#isLogged = seededChance(seed + 2).fraction() < 0.5;
    this.disk = new SimulatedDisk(seededChance(seed + 1), profile.disk);
    this.recorder = new Recorder(() => this.time.monotonicMs());
    this.disk.onFlushed = (changes) => this.#flushed(changes);
  }

  /** A broker is there and takes connections. */
  get running(): boolean {
    return this.#process?.broker !== undefined;
  }

  /** A connection to the broker, if there is one. */
  connect(): MemoryPeer | undefined {
    return this.running ? this.#process?.transport.connect() : undefined;
  }

  /**
   * Starts a broker over what is on the disk. `livesFor`: it ends within so many calls of its event loop, perhaps before
   * it is ready.
   */
  async start({ livesFor }: { readonly livesFor?: number } = {}): Promise<void> {
    const process = this.#newProcess();
    if (livesFor !== undefined) process.time.killAfter(livesFor, () => this.crash());
    let error: unknown;
    const { transport, time } = process;
    const tapped = new TappedTransport(transport, this.recorder, () => this.recorder.nextConnection());
    const { store, time: clock, transport: network } = this.#plant;
    const startOn = (opened: Store): Promise<Broker> => {
      const options: BrokerOptions & { readonly store: Store; readonly failed: () => void } = {
        config: CONFIG,
        time: clock?.(time) ?? time,
        chance: seededChance(this.#runs),
        transport: network?.(tapped) ?? tapped,
        store: store?.(opened, time) ?? opened,
        failed: () => this.crash(),
      };
      return startBroker(options);
    };
    const behind = this.disk.open(time);
    const starting = this.#isLogged ? this.#openLogged(behind, time).then(startOn) : startOn(behind);
    starting.then(
      (broker) => {
        if (this.#process === process) process.broker = broker;
      },
      (reason: unknown) => {
        // The disk failed before there was a broker to say so.
        if (reason instanceof StoreError && FAILURES.has(reason.code)) this.crash();
        else error = reason;
      },
    );
    const endMs = this.time.monotonicMs() + START_MS_MAX;
    while (this.#process === process && process.broker === undefined && error === undefined) {
      await turn();
      this.time.settle();
      if (this.#process !== process || process.broker !== undefined) break;
      await turn();
      if (process.broker === undefined) this.time.advance(1);
      if (this.time.monotonicMs() > endMs) error = new Error('the start does not end');
    }
    if (process.broker !== undefined) this.recorder.add('started', { run: process.run });
    if (error === undefined || this.#process !== process) return;
    this.faults.push(`the broker does not start: ${error}`);
    this.crash();
  }

  /** The process is gone, at once. */
  crash(): void {
    const process = this.#process;
    if (process === undefined) return;
    this.#process = undefined;
    process.time.kill();
    this.recorder.ended(process.run);
    this.disk.crash();
  }

  /** The process ends in order. Its clients are told, and have left when this is over. */
  async stop(): Promise<void> {
    const process = this.#process;
    if (process?.broker === undefined) return;
    let stopped = false;
    void process.broker.stop().then(() => {
      stopped = true;
    });
    const endMs = this.time.monotonicMs() + STOP_MS_MAX;
    while (!stopped && this.#process === process) {
      await turn();
      this.time.advance(STOP_LOOK_MS);
      if (this.time.monotonicMs() < endMs) continue;
      this.faults.push('the broker does not stop');
      break;
    }
    this.crash();
  }

  /** The disk has too little room left for what publishers bring, or enough again. */
  fillDisk(low: boolean): void {
    this.disk.freeBytes = low ? LOW_BYTES : this.disk.diskBytes;
    this.recorder.add('disk', { low });
  }

  /** Within so many calls of the event loop, when chance wants. */
  crashSoon(calls: number): void {
    this.#process?.time.killAfter(calls, () => this.crash());
  }

  /** A page of metrics, as text. */
  async metrics(): Promise<string> {
    return String((await this.#process?.transport.page('/metrics'))?.body ?? '');
  }

  #openLogged(behind: Store, time: Time): Promise<Store> {
    const { commitTimeoutMs } = this.disk.terms;
    const opened = this.disk.openSegments(time, SEGMENT_BYTES);
    const segments = this.#plant.segments?.(opened, time) ?? opened;
    const store = this.#plant.behind?.(behind, time) ?? behind;
    return LoggedStore.open({ behind: store, segments, time, chance: seededChance(-this.#runs), commitTimeoutMs });
  }

  #newProcess(): Process {
    if (this.#process !== undefined) throw new Error('a process is running');
    const { wallErrorMsMax, lagMsMax } = this.#profile;
    const time = new ProcessTime(this.time, {
      originMs: Math.floor(this.chance.fraction() * LONGEST_UPTIME_MS),
      wallErrorMs: Math.floor((2 * this.chance.fraction() - 1) * wallErrorMsMax),
    });
    const transport = new MemoryTransport({
      time: new LaggingTime(time, this.chance, lagMsMax),
      onFault: (error) => this.faults.push(`a fault in a handler: ${error instanceof Error ? error.stack : error}`),
    });
    this.#runs += 1;
    this.#process = { run: this.#runs, time, transport, broker: undefined };
    return this.#process;
  }

  #flushed(changes: readonly Change[]): void {
    const ns = changes.flatMap(({ value }) => (value === undefined ? [] : numbersIn(value)));
    if (ns.length > 0) this.recorder.add('flushed', { ns });
  }
}

/** The numbers of the events whose data these bytes hold, however they are laid out. */
function numbersIn(bytes: Uint8Array): readonly number[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return [...text.matchAll(/\{"n":(\d+),"p":/g)].map(([, n]) => Number(n));
}

/** Until every promise that can go on has gone on. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
