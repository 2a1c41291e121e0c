import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('main.js', import.meta.url));

/** What to type to get this program again, as it was started: so that what we advise can be copied. */
export function invocation(): string {
  const started = process.argv[1] ?? '';
  if (basename(started) === 'tellwhen') return 'tellwhen';
  const path = relative(process.cwd(), PROGRAM);
  return `node ${path.startsWith('..') ? PROGRAM : join('.', path)}`;
}
