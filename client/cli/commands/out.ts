import { type Space, TellwhenError, type TupleLease } from '../../index.ts';
import { command, type Example } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { failureLines, plainError } from '../failure.ts';
import { type Form, remark } from '../form.ts';
import { LineFaults } from '../line-faults.ts';
import { linesOf } from '../lines-of.ts';
import { timeText } from '../mailbox-lines.ts';
import { duration, flag } from '../option-kinds.ts';
import { EVENT_BYTES_MAX } from '../publication-of.ts';
import { SPACE_ARGUMENT } from '../template-options.ts';
import type { Terminal } from '../terminal.ts';
import { tupleOf } from '../tuple-text.ts';
import { Until } from '../until.ts';
import { UsageError } from '../usage-error.ts';
import { clientOptions, withClient } from '../with-client.ts';

const examples: readonly Example[] = [
  { does: 'as Linda has it', line: `out blog '["alice", "distsys", "I think chapter 2 is simpler than chapter 1"]'` },
  { does: 'an object, for ten minutes', line: `out jobs '{"kind": "resize", "file": "a.png"}' --lease 10m` },
  { does: 'each line of a file, in a space that survives the broker', line: 'out jobs --durable < jobs.ndjson' },
];

/** `tellwhen out`. */
export const out = command({
  name: 'out',
  summary: 'put a tuple into a space',
  details: `A tuple is a JSON array or object. It waits in the space until somebody takes it (tellwhen
in), or its lease ends. The space is made if there is none.`,
  arguments: [
    SPACE_ARGUMENT,
    { name: 'tuple', required: false, meaning: 'absent or "-": each line of the input is one' },
  ],
  options: {
    lease: duration('duration', 'how long it waits (default: as the broker is set to, 1h)'),
    durable: flag('the space is to survive the broker: it is on disk when this ends'),
    quiet: flag('print nothing but errors'),
    ...clientOptions,
  },
  examples,
  run({ args: [name = '', text], options }, terminal) {
    const { lease: leaseMs, quiet } = options;
    const durable = options.durable ? true : undefined;
    const tuple = text === undefined || text === '-' ? undefined : tupleOf(text);
    return withClient(options, terminal, async (client, form) => {
      const space = client.space(name, { durable });
      if (tuple === undefined) return await putLines(space, { leaseMs, quiet, terminal, form });
      const put = await space.out(tuple, { leaseMs, signal: terminal.stop });
      if (!quiet) await terminal.print(form.json ? JSON.stringify(plain(put)) : shown(name, put, terminal));
      return EXIT.ok;
    });
  },
});

interface Output {
  readonly leaseMs: number | undefined;
  readonly quiet: boolean;
  readonly terminal: Terminal;
  readonly form: Form;
}

/** No more of the input is read before the broker has answered for what was. Lines that are refused are named and passed over. */
async function putLines(space: Space, { leaseMs, quiet, terminal, form }: Output): Promise<number> {
  const until = new Until({ stop: terminal.stop });
  const faults = new LineFaults();
  let line = 0;
  let put = 0;
  if (terminal.typed) terminal.note('type tuples, one a line; Ctrl-D ends it');
  try {
    for await (const lines of until.take(linesOf(terminal.stdin, EVENT_BYTES_MAX))) {
      const putting: Promise<void>[] = [];
      for (const text of lines) {
        line += 1;
        if (text.trim() !== '') putting.push(putLine(text, line));
      }
      await Promise.all(putting);
      for (const fault of faults.take()) tellFault(fault, terminal, form);
    }
  } finally {
    until.dispose();
    terminal.closeInput();
    if (!quiet) {
      const counts = { put, refused: faults.count };
      await terminal.print(form.json ? JSON.stringify(counts) : `${put} tuples put, ${faults.count} refused`);
    }
  }
  return faults.count === 0 ? EXIT.ok : EXIT.error;

  async function putLine(text: string, number: number): Promise<void> {
    try {
      await space.out(tupleOf(text), { leaseMs });
      put += 1;
    } catch (error) {
      if (!(error instanceof UsageError || (error instanceof TellwhenError && !error.retry))) throw error;
      faults.add(number, error);
    }
  }
}

function tellFault(
  { first, last, error }: ReturnType<LineFaults['take']>[number],
  terminal: Terminal,
  form: Form,
): void {
  if (form.jsonNotes) {
    const lines = first === last ? { line: first } : { line: first, lastLine: last };
    terminal.note(JSON.stringify({ error: { ...lines, ...plainError(error) } }));
    return;
  }
  const [what = ''] = error instanceof UsageError ? [error.message] : failureLines(error);
  remark(`line ${first === last ? first : `${first} to ${last}`}: ${what.replace(/^error: /, '')}`, terminal, form);
}

function plain({ tuple, remainingMs, durable, repeated }: TupleLease): object {
  return { tuple, remainingMs, durable, repeated };
}

function shown(space: string, { tuple, remainingMs, durable }: TupleLease, { paint }: Terminal): string {
  return `${paint.bold(`#${tuple}`)} in ${space}, for ${timeText(remainingMs)}${durable ? ', on disk' : ''}`;
}
