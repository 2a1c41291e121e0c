import { COLUMNS } from './columns.ts';
import type { Figures } from './figures.ts';
import { medianOf } from './median.ts';

/** Percent of a core from which on a process has no more to give. */
const BUSY = 90;
/** Percent of all cores from which on the machine has no more. */
const ALL_BUSY = 93;

/**
 * What held a load back: a process with one busy thread, others on the machine, all its cores, or none of these (and the figure then says how
 * well the parts waited for each other). Where it is the publisher or the subscribers, the figure is the driver's and not the broker's.
 */
export function limitOf(rounds: readonly Figures[], cores: number): string {
  const parts = [
    ['broker', medianOf(rounds, COLUMNS.brokerCpu)],
    ['publisher', medianOf(rounds, COLUMNS.publisherCpu)],
    ['subscribers', medianOf(rounds, COLUMNS.subscriberCpu)],
    ['others', medianOf(rounds, COLUMNS.othersCpu)],
  ] as const;
  const busy: string[] = parts.filter(([, percent = 0]) => percent >= BUSY).map(([name]) => name);
  const all = parts.reduce((sum, [, percent = 0]) => sum + percent, 0);
  if (all >= ALL_BUSY * cores) busy.push('machine');
  return busy.length === 0 ? 'none' : busy.join(', ');
}
