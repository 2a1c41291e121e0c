import { setTimeout as sleep } from 'node:timers/promises';
import { type Space, type Taken, TellwhenError, type Template } from '../../index.ts';
import { command, type Example } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { plainError } from '../failure.ts';
import type { Form } from '../form.ts';
import { count, duration, text } from '../option-kinds.ts';
import { runWith } from '../run-command.ts';
import {
  SPACE_ARGUMENT,
  TEMPLATE_ARGUMENT,
  templateDetails,
  templateIn,
  templateOptions,
} from '../template-options.ts';
import type { Terminal } from '../terminal.ts';
import { exitAt, Until, untilOptions } from '../until.ts';
import { UsageError } from '../usage-error.ts';
import { clientOptions, isAborted, withClient } from '../with-client.ts';
import { print, printOne } from './rd.ts';

const examples: readonly Example[] = [
  { does: 'a job, whoever put it', line: `in jobs '["resize", String]'` },
  { does: 'only if there is one', line: `in jobs '["resize", String]' --now` },
  { does: 'a worker: start as many as you like', line: `in jobs '["resize", String]' --exec './resize.sh'` },
  { does: 'empty the space', line: 'in jobs --all' },
];

/** How long a worker rests after its command has failed: the tuple is back at its place, and would come at once. */
const REST_MS = 1_000;

/** `tellwhen in`. */
export const take = command({
  name: 'in',
  summary: 'take a tuple out of a space, or work on it',
  details: `Prints a tuple that fits, one JSON text a line; waits for one if there is none. It is out of
the space, and nobody else's, when it is printed.

--exec is a worker: it takes one tuple after the other, and runs a shell command with each on
its standard input, as JSON. Meanwhile the tuple is under a lease, and nobody else sees it. Exit code 0 takes it out of the space; with any other, when the
worker is killed, or its machine is lost, the tuple is back at its place for the next worker.

${templateDetails}`,
  arguments: [SPACE_ARGUMENT, TEMPLATE_ARGUMENT],
  options: {
    ...templateOptions,
    exec: text('command', 'run this for each tuple'),
    lease: duration('duration', 'with --exec: how long a lost worker keeps a tuple from the others (default: 30s)'),
    concurrency: count('n', 'with --exec: so many at the same time (default: 1)'),
    ...untilOptions,
    ...clientOptions,
  },
  examples,
  run({ args: [name = '', given], options }, terminal) {
    const { when, now, all, exec, timeout, count: wanted, lease: leaseMs, concurrency = 1 } = options;
    if ([now, all, exec !== undefined].filter(Boolean).length > 1)
      throw new UsageError('one of --now, --all and --exec');
    if (wanted !== undefined && !all && exec === undefined) throw new UsageError('--count goes with --all or --exec');
    const template = templateIn(given);
    return withClient(options, terminal, async (client, form) => {
      const space = client.space(name);
      const signal = terminal.stop;
      if (exec !== undefined) {
        const until = new Until({ stop: signal, timeoutMs: timeout, count: wanted });
        const work = { space, template, when, leaseMs, exec, until, terminal, form };
        try {
          await Promise.all(
            Array.from({ length: Math.min(concurrency, wanted ?? concurrency) }, () => runWorker(work)),
          );
        } finally {
          until.dispose();
        }
        return exitAt(until.end, wanted);
      }
      if (all) {
        for (const tuple of await space.inAll(template, { when, max: wanted, signal }))
          await print(tuple, terminal, form);
        return EXIT.ok;
      }
      return await printOne(terminal, form, () =>
        now ? space.inp(template, { when, signal }) : space.in(template, { when, timeoutMs: timeout, signal }),
      );
    });
  },
});

interface Work {
  readonly space: Space;
  readonly template: Template;
  readonly when: string | undefined;
  readonly leaseMs: number | undefined;
  readonly exec: string;
  readonly until: Until;
  readonly terminal: Terminal;
  readonly form: Form;
}

/** One tuple after the other, until the end. What it has in hand then is finished. */
async function runWorker({ space, template, when, leaseMs, exec, until, terminal, form }: Work): Promise<void> {
  const { signal } = until;
  while (!signal.aborted) {
    let taken: Taken<unknown>;
    try {
      taken = await space.in(template, { when, leaseMs, signal, manual: true });
    } catch (error) {
      if (isAborted(error)) return;
      throw error;
    }
    try {
      await runWith(exec, { input: `${JSON.stringify(taken.tuple)}\n`, environment: {} }, taken.signal);
      await taken.commit();
      until.counted();
    } catch (error) {
      tell(error, terminal, form);
      if (!taken.signal.aborted) await taken.abort().catch(() => {});
      await sleep(REST_MS, undefined, { signal }).catch(() => {});
    }
  }
}

function tell(error: unknown, terminal: Terminal, { jsonNotes }: Form): void {
  if (jsonNotes) terminal.note(JSON.stringify({ error: plainError(error) }));
  else terminal.note(error instanceof TellwhenError ? `${error.message} (${error.code})` : String(error));
}
