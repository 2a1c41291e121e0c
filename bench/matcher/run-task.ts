import { fork } from 'node:child_process';
import { on } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Answer, Task } from './messages.ts';

/** So that a million filters' worth of compiled trees and of generated code do not end it. */
const HEAP_MB = 8192;

/**
 * Has a process of its own do a task.
 *
 * @throws Error with what it failed with, or if it ended without an answer.
 */
export async function runTask<K extends Task['kind']>(
  task: Task & { readonly kind: K },
  progress: (step: string) => void,
): Promise<Extract<Answer, { readonly kind: K }>> {
  const script = fileURLToPath(new URL('task-process.js', import.meta.url));
  const child = fork(script, { execArgv: [...process.execArgv, `--max-old-space-size=${HEAP_MB}`] });
  const messages = on(child, 'message', { close: ['exit'] });
  child.send(task);
  try {
    for await (const [answer] of messages as AsyncIterable<[Answer]>) {
      if (answer.kind === 'step') progress(answer.step);
      else if (answer.kind === 'failed') throw new Error(answer.message);
      else if (answer.kind === task.kind) return answer as Extract<Answer, { readonly kind: K }>;
    }
  } finally {
    child.kill();
  }
  throw new Error('a process of the bench ended without an answer');
}
