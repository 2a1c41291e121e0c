import type { Mark } from './messages.ts';
import { nowUs } from './shared-clock.ts';

/** A look at this process, which has published or taken so many events. */
export function markOf(count: number): Mark {
  const { user, system } = process.cpuUsage();
  return { atUs: nowUs(), cpuUs: user + system, count, residentBytes: process.memoryUsage.rss() };
}
