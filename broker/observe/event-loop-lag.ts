import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How late the event loop ran since the last reading. */
export interface LagReading {
  readonly p50Seconds: number;
  readonly p99Seconds: number;
  readonly maxSeconds: number;
}

export interface EventLoopLag {
  /** What happened since the last call, which starts a new period: meant for one reader. */
  take(): LagReading;
  stop(): void;
}

const RESOLUTION_MS = 10;

/** Samples every 10 ms, in native code, and does not keep the process alive. */
export function watchEventLoopLag(): EventLoopLag {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  // A sample is the time between two ticks, the intended distance included.
  const lagSeconds = (ns: number): number => Math.max(0, ns / 1e9 - RESOLUTION_MS / 1000);
  return {
    take() {
      const reading =
        delays.count === 0
          ? { p50Seconds: 0, p99Seconds: 0, maxSeconds: 0 }
          : {
              p50Seconds: lagSeconds(delays.percentile(50)),
              p99Seconds: lagSeconds(delays.percentile(99)),
              maxSeconds: lagSeconds(delays.max),
            };
      delays.reset();
      return reading;
    },
    stop: () => void delays.disable(),
  };
}
