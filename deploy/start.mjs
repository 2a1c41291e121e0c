/**
 * `npm start`: sets up what is missing, then serves. In this process and not in a child, so that the signals npm passes
 * on reach the broker itself. Arguments go to `tellwhen serve`: `npm start -- --port 9000`.
 */
import { setupOrExit } from './setup.mjs';

await setupOrExit();
const { run } = await import('../dist/client/cli/main.js');
process.exitCode = await run(['serve', ...process.argv.slice(2)]);
