/** What is to be added to `performance.now()`, which is cheap, to have the clock that all processes share. */
let offsetUs = 0;

/** Tries to compare two clocks with nothing in between. */
const TRIES = 200;

/** Microseconds since the run began, the same in all processes of the machine. */
export function nowUs(): number {
  return performance.now() * 1e3 + offsetUs;
}

/** Begins a run, or joins that which began then; `process.hrtime` is one clock for the whole machine. */
export function shareClock(base: string = process.hrtime.bigint().toString()): string {
  const baseNs = BigInt(base);
  let leastUs = Number.POSITIVE_INFINITY;
  for (let i = 0; i < TRIES; i += 1) {
    const beforeUs = performance.now() * 1e3;
    const sharedUs = Number(process.hrtime.bigint() - baseNs) / 1e3;
    const tookUs = performance.now() * 1e3 - beforeUs;
    // Who was kept from its core in between would be off by as much.
    if (tookUs >= leastUs) continue;
    leastUs = tookUs;
    offsetUs = sharedUs - (beforeUs + tookUs / 2);
  }
  return base;
}
