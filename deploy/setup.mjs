/**
 * Makes a fresh clone ready to run: the right Node, the packages of the lock file, the compiled sources. Does only
 * what is missing, so it can stand before every other command. `--force` does everything again.
 *
 * Plain Node without packages, because it runs before there are any.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, chmod, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');
const INSTALLED_STAMP = join(ROOT, 'node_modules', '.tellwhen-installed');
const BUILT_STAMP = join(DIST, '.tellwhen-built');
const COMPILER = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
const COMMAND = join('dist', 'client', 'cli', 'main.js');
const SOURCE_FOLDERS = ['broker', 'client', 'matcher', 'bench'];
const BUILD_SETTINGS = ['tsconfig.json', join('deploy', 'tsconfig.build.json'), 'package-lock.json'];
const NODE_MAJOR_MIN = 20;

/** Why setting up failed, in words for whoever ran it. */
export class SetupError extends Error {}

/** Throws SetupError with what to do about it. */
export async function setup({ force = false } = {}) {
  checkNode();
  await installPackages(force);
  await build(force);
  await linkCommand();
}

function checkNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= NODE_MAJOR_MIN) return;
  throw new SetupError(`Tellwhen needs Node ${NODE_MAJOR_MIN} or later; this is ${process.version}.`);
}

async function installPackages(force) {
  const lock = await readFile(join(ROOT, 'package-lock.json'));
  const wanted = createHash('sha256').update(lock).digest('hex');
  if (!force && (await contentOf(INSTALLED_STAMP)) === wanted) return;
  // A checkout whose packages somebody installed by hand is as good, if nothing is missing from it.
  if (!force && (await installedIsCurrent())) return writeFile(INSTALLED_STAMP, wanted);
  await step('Installing packages (npm ci)', 'npm', ['ci', '--no-fund', '--no-audit', '--include=dev']);
  await writeFile(INSTALLED_STAMP, wanted);
}

/** npm writes its own lock file last of all, when everything is in place. */
async function installedIsCurrent() {
  const installed = await modifiedMs(join(ROOT, 'node_modules', '.package-lock.json'));
  const locked = await modifiedMs(join(ROOT, 'package-lock.json'));
  return installed !== undefined && locked !== undefined && installed >= locked && (await exists(COMPILER));
}

async function build(force) {
  const builtMs = await modifiedMs(BUILT_STAMP);
  if (!force && builtMs !== undefined && (await newestSourceMs()) <= builtMs) return;
  // The compiler remembers what it wrote, and would not write again what somebody removed.
  if (force || builtMs === undefined) await rm(DIST, { recursive: true, force: true });
  const startedMs = Date.now();
  await step('Compiling', process.execPath, [COMPILER, '-p', join('deploy', 'tsconfig.build.json')]);
  await chmod(join(ROOT, COMMAND), 0o755);
  await writeFile(BUILT_STAMP, '');
  // The moment before it began: what was saved meanwhile may not be in it.
  await utimes(BUILT_STAMP, startedMs / 1000, startedMs / 1000);
}

/** `npx tellwhen` runs what was compiled here, as it would where the package is installed. */
async function linkCommand() {
  if (process.platform === 'win32') return;
  const link = join(ROOT, 'node_modules', '.bin', 'tellwhen');
  if (await exists(link)) return;
  await rm(link, { force: true });
  await symlink(join('..', '..', COMMAND), link);
}

async function newestSourceMs() {
  const times = await Promise.all([
    ...SOURCE_FOLDERS.map((folder) => newestIn(join(ROOT, folder))),
    ...BUILD_SETTINGS.map((file) => modifiedMs(join(ROOT, file))),
  ]);
  return Math.max(...times.map((ms) => ms ?? 0));
}

/** Folders count too: theirs is the time of the last file that came or went. */
async function newestIn(folder) {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const times = await Promise.all(entries.map((entry) => modifiedMs(join(entry.path, entry.name))));
  return Math.max(0, ...times.map((ms) => ms ?? 0));
}

/** One line while it runs, finished with the time it took; the output of the command only when it fails. */
async function step(title, command, args) {
  const startedMs = Date.now();
  process.stderr.write(`${title} … `);
  const { code, output } = await run(command, args);
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
  process.stderr.write(`${code === 0 ? 'done' : 'failed'} after ${seconds} s\n`);
  if (code !== 0) throw new SetupError(`${output.trim()}\n${title}: ${command} ended with ${code}.`);
}

function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => {
        output += text;
      });
    }
    child.on('error', (error) => reject(new SetupError(`${command} cannot be run: ${error.message}`)));
    child.on('close', (code, signal) => resolve({ code: code ?? signal, output }));
  });
}

async function exists(path) {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function contentOf(path) {
  return readFile(path, 'utf8').catch(() => undefined);
}

async function modifiedMs(path) {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}

/** Runs `setup` as a command: its failure is a message and an exit code, not a stack. */
export async function setupOrExit(options) {
  try {
    await setup(options);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await setupOrExit({ force: process.argv.includes('--force') });
}
