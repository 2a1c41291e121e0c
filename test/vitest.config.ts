import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    // uWebSockets.js can abort the process when it is loaded into worker threads.
    pool: 'forks',
    // Left to itself it takes one less than there are cores; much of the suite waits for processes and disks.
    maxWorkers: '100%',
    testTimeout: 20_000,
  },
});
