import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A disk of so many bytes in memory, of its own. Only the administrator may mount one; throws what `mount` says. */
export class SmallDisk implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'tellwhen-disk-'));

  constructor(bytes: number) {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', this.directory], { stdio: 'pipe' });
    } catch (error) {
      rmSync(this.directory, { recursive: true });
      throw error;
    }
  }

  /** Why there are no such disks here. */
  static get fault(): string | undefined {
    try {
      new SmallDisk(65_536)[Symbol.dispose]();
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message.trim().split('\n').at(-1) : String(error);
    }
  }

  [Symbol.dispose](): void {
    execFileSync('umount', [this.directory]);
    rmSync(this.directory, { recursive: true });
  }
}
