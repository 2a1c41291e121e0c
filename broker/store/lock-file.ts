import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from './store.ts';

/** The process that claims, as Node has it: handed in by who may touch it. */
export type OwnProcess = Pick<NodeJS.Process, 'pid' | 'kill'>;

export interface DirectoryLock {
  /** Idempotent. Not needed when the process ends: its claim ends with it. */
  release(): void;
}

/**
 * Claims a directory for this process: one broker to a directory. Makes the directory if it is not there. Throws
 * StoreError: `store_locked` when a process that runs has it, `store_unreadable` when nothing can be written there.
 *
 * A claim is a file whose name says which process made it: its number, its start, and the boot of the machine. So a
 * claim that a killed process has left is known for what it is, also when another program has its number by now.
 * Everyone puts up its own claim first and then looks at the others: of two that start at the same moment one gives up,
 * or both, and never none.
 *
 * Without `/proc` a claim is as good as the number of the process. It says nothing to another machine that shares the
 * disk.
 */
export function lockDirectory(directory: string, own: OwnProcess): DirectoryLock {
  const claim: Claim = { pid: own.pid, start: readStat(own.pid)?.start ?? UNKNOWN, boot: readBoot() };
  const path = join(directory, nameOf(claim));
  if (existsSync(path)) throw locked(directory, own.pid);
  try {
    mkdirSync(directory, { recursive: true });
    writeFileSync(path, EXPLANATION);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new StoreError('store_unreadable', `the data directory cannot be used: ${message}`, { cause: error });
  }
  for (const name of readdirSync(directory)) {
    const other = claimOf(name);
    if (other === undefined || name === nameOf(claim)) continue;
    if (!isRunning(other, claim.boot, own)) {
      rmSync(join(directory, name), { force: true });
      continue;
    }
    rmSync(path, { force: true });
    throw locked(directory, other.pid);
  }
  return { release: () => rmSync(path, { force: true }) };
}

const EXPLANATION = 'The broker whose process number is in the name of this file uses this directory.\n';

interface Claim {
  readonly pid: number;
  /** Ticks from the boot to the start of the process. */
  readonly start: string;
  readonly boot: string;
}

/** Where the system does not say. */
const UNKNOWN = 'unknown';

function nameOf({ pid, start, boot }: Claim): string {
  return `broker.${pid}.${start}.${boot}.lock`;
}

function claimOf(name: string): Claim | undefined {
  const [, pid, start, boot] = /^broker\.(\d+)\.(\w+)\.([\w-]+)\.lock$/.exec(name) ?? [];
  if (pid === undefined || start === undefined || boot === undefined) return undefined;
  return { pid: Number(pid), start, boot };
}

function isRunning({ pid, start, boot }: Claim, bootNow: string, own: OwnProcess): boolean {
  if (boot !== bootNow && boot !== UNKNOWN && bootNow !== UNKNOWN) return false;
  if (!exists(pid, own)) return false;
  const stat = readStat(pid);
  if (stat === undefined) return true;
  return !stat.ended && (stat.start === start || start === UNKNOWN);
}

function exists(pid: number, own: OwnProcess): boolean {
  try {
    return own.kill(pid, 0);
  } catch (error) {
    // It is there, and not ours to signal.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** What Linux says of a process, and other systems do not: undefined. */
function readStat(pid: number): { readonly start: string; readonly ended: boolean } | undefined {
  const text = read(`/proc/${pid}/stat`);
  // The second field is the name of the program, in parentheses, and may have any of them in it.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  const state = fields?.[0];
  const start = fields?.[19];
  if (state === undefined || start === undefined) return undefined;
  // Ended, but its parent has not asked how.
  return { start, ended: state === 'Z' || state === 'X' };
}

function readBoot(): string {
  return read('/proc/sys/kernel/random/boot_id')?.trim() ?? UNKNOWN;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function locked(directory: string, pid: number): StoreError {
  const message =
    `process ${pid} uses the data directory ${directory}: stop it first, or give this broker ` +
    'a directory of its own (--data-dir)';
  return new StoreError('store_locked', message);
}
