import { existsSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('main.js', import.meta.url));

/** What to type to get this program again, from here: so that what we advise can be copied. */
export function invocation(): string {
  const linked = join('node_modules', '.bin', 'tellwhen');
  if (existsSync(linked)) return 'npx tellwhen';
  const started = process.argv[1] ?? '';
  if (basename(started) === 'tellwhen') return 'tellwhen';
  const path = relative(process.cwd(), PROGRAM);
  return `node ${path.startsWith('..') ? PROGRAM : join('.', path)}`;
}
