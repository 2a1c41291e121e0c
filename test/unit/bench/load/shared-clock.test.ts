import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { nowUs, shareClock } from '../../../../bench/load/shared-clock.ts';

it('goes on from the base that it is given, and never back', () => {
  const base = shareClock((process.hrtime.bigint() - 5_000_000n).toString());
  const first = nowUs();
  expect(first).toBeGreaterThanOrEqual(5_000 - 1);
  expect(nowUs()).toBeGreaterThanOrEqual(first);
  expect(shareClock(base)).toBe(base);
  expect(nowUs()).toBeGreaterThan(first);
});

it('is between two looks of this process when another looks', async () => {
  const base = shareClock();
  const built = fileURLToPath(new URL('../../../../dist/bench/load/shared-clock.js', import.meta.url));
  const script = `const { nowUs, shareClock } = await import(${JSON.stringify(built)}); shareClock('${base}'); console.log(nowUs());`;
  const before = nowUs();
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  expect(Number(stdout)).toBeGreaterThan(before);
  expect(Number(stdout)).toBeLessThan(nowUs());
});
