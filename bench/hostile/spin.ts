const TICK_MS = 2;

/** Uses so much of a core, from now until the process ends, in slices of a few milliseconds. */
export function spin(cores: number): void {
  const start = process.cpuUsage();
  const startMs = performance.now();
  const usedMs = (): number => {
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1e3;
  };
  const turn = (): void => {
    const beganMs = performance.now();
    // What it was not given before, it takes later; never more than a slice at a time.
    while (usedMs() < cores * (beganMs - startMs) && performance.now() - beganMs < TICK_MS);
    setTimeout(turn, usedMs() < cores * (beganMs - startMs) ? 0 : TICK_MS);
  };
  turn();
}
