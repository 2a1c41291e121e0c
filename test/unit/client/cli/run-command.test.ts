import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCommand } from '../../../../client/cli/run-command.ts';
import type { ReceivedEvent } from '../../../../client/index.ts';

const EVENT = {
  topic: 'jobs/1',
  seq: 7,
  id: 'a',
  attempt: 2,
  contentType: 'text/plain',
  data: new TextEncoder().encode('the data'),
} as unknown as ReceivedEvent;

const never = new AbortController().signal;

describe.skipIf(process.platform === 'win32')('runCommand', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tellwhen-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });
  const written = async (name: string): Promise<string> => (await readFile(join(folder, name), 'utf8')).trim();

  it('gives it the data and the rest', async () => {
    await runCommand(`cd ${folder}; cat > data; echo $TELLWHEN_EVENT_TOPIC $TELLWHEN_EVENT_SEQ > rest`, EVENT, never);
    expect(await written('data')).toBe('the data');
    expect(await written('rest')).toBe('jobs/1 7');
  });

  it('rejects with how it failed', async () => {
    await expect(runCommand('exit 3', EVENT, never)).rejects.toThrow('the command exited with 3');
    await expect(runCommand('kill -KILL $$', EVENT, never)).rejects.toThrow('the command was ended by SIGKILL');
  });

  it('is not started when the signal has fired', async () => {
    await expect(runCommand('exit 0', EVENT, AbortSignal.abort(new Error('lost')))).rejects.toThrow('lost');
  });

  it('ends with all that it started when the signal fires, and rejects with the reason', async () => {
    const lost = new AbortController();
    const line = `cd ${folder}; (trap '' TERM; while :; do sleep 1; done) & echo $! > pid; mv pid child; wait`;
    const running = runCommand(line, EVENT, lost.signal);
    const pid = Number(await vi.waitFor(() => written('child')));
    lost.abort(new Error('the lease is lost'));
    await expect(running).rejects.toThrow('the lease is lost');
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false));
  });

  it('leaves nothing running that it has left', async () => {
    await runCommand(`cd ${folder}; sleep 60 & echo $! > child`, EVENT, never);
    const pid = Number(await written('child'));
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false));
  });
});

/** A dead process that nobody has waited for yet counts as ended. */
function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return /^[^Z\s]/.test(stdout);
}
