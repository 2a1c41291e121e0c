import type { SpaceStatus } from '../index.ts';
import { sizeText } from './mailbox-lines.ts';
import { type Paint, printable } from './paint.ts';
import { table } from './table.ts';

const HEAD = ['space', 'tuples', 'bytes', 'taken', 'waiting', 'put', 'gone', 'expired', 'kept'];

/** Spaces as people read them: a line of heads, and one for each. */
export function spaceTable(spaces: readonly SpaceStatus[], paint: Paint): string {
  const rows = spaces.map(({ space, tuples, bytes, taken, waiting, outs, takes, expired, durable }) => [
    printable(space),
    String(tuples),
    sizeText(bytes),
    ...[taken, waiting, outs, takes, expired].map(String),
    keptText(durable),
  ]);
  const [head = '', ...lines] = table([HEAD, ...rows]);
  return [paint.bold(head), ...lines].join('\n');
}

/** One space, a line for each thing there is to know. */
export function spaceLines({ space, durable, limits, ...status }: SpaceStatus, paint: Paint): string {
  const { tuples, bytes, taken, waiting, outs, takes, expired } = status;
  const rows = [
    ['tuples', `${tuples} of ${limits.tuples}; ${sizeText(bytes)} of ${sizeText(limits.bytes)}; ${keptText(durable)}`],
    ['taken', `${taken}, neither committed nor given back`],
    ['waiting', `${waiting} who want a tuple`],
    ['so far', `${outs} put, ${takes} taken for good, ${expired} expired`],
  ];
  return [paint.bold(printable(space)), ...table(rows).map((line) => `  ${line}`)].join('\n');
}

function keptText(durable: boolean): string {
  return durable ? 'on disk' : 'in memory';
}
