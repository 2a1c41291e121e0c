/** A process that measures one thing. So every figure is of fresh code and an empty heap, whatever was measured before it. */
import { WORKLOADS } from '../workloads/catalogue.ts';
import type { CreateWorkload } from '../workloads/workload.ts';
import { measureChurn } from './churn.ts';
import { measureHostile } from './hostile.ts';
import type { Answer, Task } from './messages.ts';
import { measureRow } from './row.ts';
import { runSteadily } from './steady.ts';

// Nobody is left to answer when the bench was ended.
process.once('disconnect', () => process.exit());

process.once('message', async (task: Task) => {
  const progress = (step: string): void => answer({ kind: 'step', step });
  try {
    answer(await done(task, progress));
  } catch (error) {
    answer({ kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
  process.disconnect();
});

async function done(task: Task, progress: (step: string) => void): Promise<Answer> {
  switch (task.kind) {
    case 'row':
      return { kind: 'row', row: await measureRow(workloadOf(task.order.workload), task.order, progress) };
    case 'churn':
      return { kind: 'churn', row: await measureChurn(task.order, progress) };
    case 'hostile':
      return { kind: 'hostile', rows: measureHostile(task.order, progress) };
    case 'steady':
      return { kind: 'steady', run: await runSteadily(workloadOf(task.workload), task.order, progress) };
  }
}

function workloadOf(key: string): CreateWorkload {
  const create = WORKLOADS[key];
  if (create === undefined) throw new Error(`there is no workload ${key}`);
  return create;
}

function answer(message: Answer): void {
  process.send?.(message);
}
