import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockDirectory } from '../../../../broker/store/lock-file.ts';

let root: string;
let directory: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tellwhen-lock-'));
  directory = join(root, 'data');
});

afterEach(() => rmSync(root, { recursive: true }));

const claims = (): readonly string[] => readdirSync(directory).filter((name) => name.endsWith('.lock'));

/** A claim like our own, of somebody else. */
function claimBy(change: (parts: { pid: string; start: string; boot: string }) => void): string {
  const lock = lockDirectory(directory, process);
  const [, pid = '', start = '', boot = ''] = (claims()[0] ?? '').split('.');
  lock.release();
  const parts = { pid, start, boot };
  change(parts);
  const name = `broker.${parts.pid}.${parts.start}.${parts.boot}.lock`;
  writeFileSync(join(directory, name), '');
  return name;
}

it('is had by one, made with its directory, and free again afterwards', () => {
  const first = lockDirectory(directory, process);
  expect(claims().length).toBe(1);
  expect(() => lockDirectory(directory, process)).toThrow(
    expect.objectContaining({ code: 'store_locked', message: expect.stringContaining(`process ${process.pid}`) }),
  );
  first.release();
  first.release();
  expect(claims()).toEqual([]);
  lockDirectory(directory, process).release();
});

it('is kept by another process as long as that runs, and not by what kill -9 left', async () => {
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await once(other, 'spawn');
  const pid = other.pid ?? 0;
  const name = nameOfRunning(pid);
  lockDirectory(directory, process).release();
  writeFileSync(join(directory, name), '');
  expect(() => lockDirectory(directory, process)).toThrow(
    expect.objectContaining({ code: 'store_locked', message: expect.stringContaining(`process ${pid}`) }),
  );
  expect(claims()).toEqual([name]);
  other.kill('SIGKILL');
  await once(other, 'exit');
  lockDirectory(directory, process);
  expect(claims()).not.toContain(name);
});

function nameOfRunning(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return `broker.${pid}.${start}.${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}.lock`;
}

it('is not kept by a number that another program has by now', () => {
  const name = claimBy((claim) => {
    claim.start = String(Number(claim.start) - 1);
  });
  lockDirectory(directory, process);
  expect(claims()).not.toContain(name);
});

it('is not kept by what ran before the machine was started anew', () => {
  const name = claimBy((claim) => {
    claim.pid = String(process.ppid);
    claim.start = 'unknown';
    claim.boot = '00000000-0000-0000-0000-000000000000';
  });
  lockDirectory(directory, process);
  expect(claims()).not.toContain(name);
});

it('is kept by a process of which only its number is known', () => {
  const name = claimBy((claim) => {
    claim.pid = String(process.ppid);
    claim.start = 'unknown';
    claim.boot = 'unknown';
  });
  expect(() => lockDirectory(directory, process)).toThrow(expect.objectContaining({ code: 'store_locked' }));
  expect(claims()).toEqual([name]);
});

it('leaves files alone that are no claims', () => {
  lockDirectory(directory, process).release();
  for (const name of ['store.mdb-lock', 'broker.lock', 'broker.x.1.2.lock']) writeFileSync(join(directory, name), '');
  lockDirectory(directory, process).release();
  expect(readdirSync(directory).length).toBe(3);
});

it('says what is wrong with a directory that cannot be one', () => {
  writeFileSync(directory, 'a file');
  expect(() => lockDirectory(directory, process)).toThrow(
    expect.objectContaining({ code: 'store_unreadable', message: expect.stringContaining(directory) }),
  );
});
