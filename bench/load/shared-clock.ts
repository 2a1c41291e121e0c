/** When the run began, which the first process tells all others. */
let baseNs = 0n;
/** What is to be added to `performance.now()`, which is cheap, to have the clock that all processes share. */
let offsetUs = 0;

/** Microseconds since the run began, the same in all processes of the machine. */
export function nowUs(): number {
  return performance.now() * 1e3 + offsetUs;
}

/** Begins a run, or joins that which began then; `process.hrtime` is one clock for the whole machine. */
export function shareClock(base: string = process.hrtime.bigint().toString()): string {
  baseNs = BigInt(base);
  offsetUs = Number(process.hrtime.bigint() - baseNs) / 1e3 - performance.now() * 1e3;
  return base;
}
