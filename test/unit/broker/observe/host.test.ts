import { expect, it } from 'vitest';
import { watchHost } from '../../../../broker/observe/host.ts';

it('a host reading has base units and never a negative lag', () => {
  const host = watchHost({
    version: 'v20.0.0',
    memoryUsage: Object.assign(
      () => ({ rss: 300, heapTotal: 200, heapUsed: 100, external: 0, arrayBuffers: 0 }),
      process.memoryUsage,
    ),
    cpuUsage: () => ({ user: 1_500_000, system: 500_000 }),
  });
  const { lag, ...rest } = host.read();
  expect(rest).toEqual({ residentBytes: 300, heapUsedBytes: 100, cpuSeconds: 2 });
  for (const seconds of Object.values(lag)) expect(seconds).toBeGreaterThanOrEqual(0);
  host.stop();
});
