import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreProcess } from '../support/store-process.ts';

// Where strace is not there, or may not trace, nothing can be shown: a store that flushes and one that does not survive kill -9 alike.
const traces = spawnSync('strace', ['-f', '-e', 'trace=none', process.execPath, '--version']).status === 0;
if (!traces) console.warn('store-flush.test.ts is skipped: strace is not installed, or may not trace here');

const COMMITS = 20;

describe.skipIf(!traces)('what the system is asked to do', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'tellwhen-flush-'));
  });

  afterEach(() => rmSync(root, { recursive: true }));

  const trace = (...options: readonly string[]): readonly string[] => [
    'strace',
    ...['-f', '-y', '-s', '40', '-o', join(root, 'trace')],
    ...options,
  ];

  /** System calls that have to do with the store or say that a commit is done, in their order, as words. */
  function calls(): readonly string[] {
    return readFileSync(join(root, 'trace'), 'utf8')
      .split('\n')
      .flatMap((line) => {
        const said = /write\(1<.*?>, "(begun|done \d+)/.exec(line)?.[1];
        if (said !== undefined) return [said];
        if (/(pwrite64|pwritev|writev|write)\(\d+<[^>]*store\.log-[01]>/.test(line)) return ['write'];
        return /openat\(.*store\.log-[01]", .*O_DSYNC/.test(line) ? ['opened to flush what it writes'] : [];
      });
  }

  it('is to write to the log, and flush that, before a commit is said to be done', async () => {
    await using writer = new StoreProcess({
      directory: join(root, 'data'),
      count: COMMITS,
      under: trace('-e', 'trace=openat,write,writev,pwrite64,pwritev'),
    });
    expect(await writer.end()).toBe(0);
    expect(writer.lastDone).toBe(COMMITS - 1);
    const all = calls();
    // Twice: each write to it ends when it is flushed.
    expect(all.filter((call) => call === 'opened to flush what it writes')).toHaveLength(2);
    for (let number = 0; number < COMMITS; number++) {
      const before = all.indexOf(number === 0 ? 'begun' : `done ${number - 1}`);
      const during = all.slice(before + 1, all.indexOf(`done ${number}`));
      expect(during).toContain('write');
    }
  });

  it('and when it cannot, no commit is done any more', async () => {
    const log = join(root, 'data', 'store.log-0');
    await using writer = new StoreProcess({
      directory: join(root, 'data'),
      count: COMMITS * 10,
      under: trace('-P', log, '-e', 'trace=pwrite64', '-e', 'inject=pwrite64:error=EIO:when=4+'),
    });
    expect(await writer.end()).toBe(0);
    expect(writer.output).toMatch(/^fault store_failed .*store\.log-0: EIO/m);
    // Each thread of the pool counts for itself.
    expect(writer.lastDone).toBeLessThan(4 * 4);
  });
});
