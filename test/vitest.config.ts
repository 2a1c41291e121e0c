import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    // uWebSockets.js can abort the process when it is loaded into worker threads.
    pool: 'forks',
    testTimeout: 20_000,
  },
});
