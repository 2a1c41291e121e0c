import type { Failure } from './campaign.ts';
import type { Step } from './world.ts';

/** What somebody needs to see the fault again, and to understand it. */
export function reportOf({ seed, step, fault, shrunk, shrunkFault }: Failure): string {
  return [
    `seed ${seed}, step ${step}: ${fault}`,
    `these ${shrunk.length} steps are enough (${shrunkFault}):`,
    ...shrunk.map((one) => `  ${lineOf(one)}`),
  ].join('\n');
}

function lineOf(step: Step): string {
  switch (step.kind) {
    case 'set':
      return `set ${step.id}: ${JSON.stringify(step.filter)}`;
    case 'remove':
      return `remove ${step.id}`;
    case 'retune':
      return `retune ${step.filters}`;
    case 'match':
      return `match ${JSON.stringify(step.event)}`;
  }
}
