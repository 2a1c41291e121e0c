/** An attack in a process of its own, below everybody else's, so that it takes no time from them but through the broker. */

import { constants, setPriority } from 'node:os';
import { ATTACKS, type Target } from './attacks.ts';

let tried = 0;
setPriority(constants.priority.PRIORITY_LOW);
process.once('disconnect', () => process.exit());
process.on('message', (order: { readonly attack: string; readonly target: Target } | 'count') => {
  if (order === 'count') process.send?.(tried);
  else
    ATTACKS[order.attack]?.begin(order.target, () => {
      tried += 1;
    });
});
