/**
 * Runs the tests on other versions of Node, each installed into a folder of its own that is removed again:
 *
 *     node test/node-versions.mjs [20 22 24] [-- what vitest is told]
 *
 * Exits with 1 if a test fails on one of them. Plain Node without packages, as it runs under the oldest of them.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setupOrExit } from '../deploy/setup.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const VITEST = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
const MAJORS = ['20', '22', '24'];

const args = process.argv.slice(2);
const separator = args.indexOf('--');
const majors = separator === -1 ? args : args.slice(0, separator);
const told = separator === -1 ? [] : args.slice(separator + 1);

await setupOrExit();
const outcomes = [];
for (const major of majors.length > 0 ? majors : MAJORS) outcomes.push([major, await testOn(major)]);
for (const [major, code] of outcomes) console.log(`Node ${major}: ${code === 0 ? 'passed' : 'failed'}`);
process.exitCode = outcomes.some(([, code]) => code !== 0) ? 1 : 0;

async function testOn(major) {
  const folder = await mkdtemp(join(tmpdir(), `tellwhen-node-${major}-`));
  try {
    const installed = await run('npm', ['install', '--no-fund', '--no-audit', '--prefix', folder, `node@${major}`]);
    if (installed !== 0) return installed;
    const bin = join(folder, 'node_modules', 'node', 'bin');
    // Processes that tests start run on the same version.
    const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
    return await run(join(bin, 'node'), [VITEST, 'run', '--config', join('test', 'vitest.config.ts'), ...told], env);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function run(command, commandArgs, env = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, commandArgs, { cwd: ROOT, stdio: 'inherit', env });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
}
