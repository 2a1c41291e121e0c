import { type LagReading, watchEventLoopLag } from './event-loop-lag.ts';

/** What the operating system and the engine say of this process. */
export interface HostReading {
  readonly residentBytes: number;
  readonly heapUsedBytes: number;
  readonly cpuSeconds: number;
  /** Since the last reading. */
  readonly lag: LagReading;
}

export interface Host {
  /** Version of Node. */
  readonly node: string;
  read(): HostReading;
  stop(): void;
}

/** Watches the process it runs in, which whoever starts it hands over. */
export function watchHost(own: Pick<NodeJS.Process, 'version' | 'memoryUsage' | 'cpuUsage'>): Host {
  const lag = watchEventLoopLag();
  return {
    node: own.version,
    read() {
      const { rss, heapUsed } = own.memoryUsage();
      const { user, system } = own.cpuUsage();
      return {
        residentBytes: rss,
        heapUsedBytes: heapUsed,
        cpuSeconds: (user + system) / 1e6,
        lag: lag.take(),
      };
    },
    stop: () => lag.stop(),
  };
}
