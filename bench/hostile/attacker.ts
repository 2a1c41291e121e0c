/**
 * An attack in a process of its own, below everybody else's, so that it takes little time from them but through the broker;
 * or, to compare it with, a process that has as much of the processor and does nothing to anybody.
 */

import { constants, setPriority } from 'node:os';
import { ATTACKS } from './attacks.ts';
import type { AttackerFigures, AttackerOrder } from './messages.ts';
import { spin } from './spin.ts';

let tried = 0;
const startMs = performance.now();
setPriority(constants.priority.PRIORITY_LOW);
process.once('disconnect', () => process.exit());
process.on('message', (order: AttackerOrder) => {
  if (order.kind === 'count') process.send?.(figures());
  else if (order.kind === 'spin') spin(order.cores);
  else
    ATTACKS[order.attack]?.begin(order.target, () => {
      tried += 1;
    });
});

function figures(): AttackerFigures {
  const { user, system } = process.cpuUsage();
  return { tried, attackerCores: (user + system) / 1e3 / (performance.now() - startMs) };
}
