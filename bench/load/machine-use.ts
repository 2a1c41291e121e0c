import { readFileSync } from 'node:fs';

/** Of `/proc/stat`: Linux counts in hundredths of a second, wherever Node runs. */
const TICKS_A_SECOND = 100;
/** user, nice, system, irq, softirq, steal: all but idle and iowait, and guests, who are in user. */
const BUSY_FIELDS = [0, 1, 2, 5, 6, 7];

/** Seconds for which cores of this machine have been busy, for whomever. NaN where the system does not tell. */
export function machineCpuSeconds(): number {
  try {
    const [all = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
    const ticks = all.split(/\s+/).slice(1).map(Number);
    return BUSY_FIELDS.reduce((sum, field) => sum + (ticks[field] ?? 0), 0) / TICKS_A_SECOND;
  } catch {
    return Number.NaN;
  }
}
