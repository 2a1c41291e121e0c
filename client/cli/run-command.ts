import { spawn } from 'node:child_process';
import type { ReceivedEvent } from '../index.ts';

/**
 * Runs a shell command with the data of an event on its standard input and the rest in its environment. Its output is
 * ours. Resolves when it exits with 0; rejects when it does otherwise, cannot be started, or `signal` fires, which ends it.
 */
export function runCommand(line: string, event: ReceivedEvent, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(line, {
      shell: true,
      stdio: ['pipe', 'inherit', 'inherit'],
      env: { ...process.env, ...environmentOf(event) },
      signal,
    });
    child.on('error', reject);
    child.on('close', (code, killedBy) => {
      if (code === 0) resolve();
      else
        reject(new Error(code === null ? `the command was ended by ${killedBy}` : `the command exited with ${code}`));
    });
    // A command may end without reading what it is given.
    child.stdin.on('error', () => {});
    child.stdin.end(event.data);
  });
}

function environmentOf({ topic, seq, id, attempt, contentType }: ReceivedEvent): { [name: string]: string } {
  return {
    TELLWHEN_EVENT_TOPIC: topic,
    TELLWHEN_EVENT_SEQ: String(seq),
    TELLWHEN_EVENT_ID: id ?? '',
    TELLWHEN_EVENT_ATTEMPT: String(attempt),
    TELLWHEN_EVENT_CONTENT_TYPE: contentType,
  };
}
