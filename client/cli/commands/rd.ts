import { TellwhenError } from '../../index.ts';
import { command, type Example } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { type Form, remark } from '../form.ts';
import { flag } from '../option-kinds.ts';
import { printable } from '../paint.ts';
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
import { clientOptions, withClient } from '../with-client.ts';

const examples: readonly Example[] = [
  { does: 'what Bob says about distributed systems', line: `rd blog '["bob", "distsys", String]'` },
  { does: 'all that anybody says about it', line: `rd blog '[*, "distsys", String]' --all` },
  { does: 'and from now on, as it comes', line: `rd blog '[*, "distsys", String]' --watch` },
  { does: 'a hot room within ten seconds, or exit code 4', line: `rd rooms --when 'temperature > 30' --timeout 10s` },
];

/** `tellwhen rd`. */
export const rd = command({
  name: 'rd',
  summary: 'read a tuple of a space; it stays there',
  details: `Prints a tuple that fits, one JSON text a line; waits for one if there is none.

${templateDetails}`,
  arguments: [SPACE_ARGUMENT, TEMPLATE_ARGUMENT],
  options: {
    ...templateOptions,
    watch: flag('each tuple that fits, as it comes from now on; Ctrl-C ends it'),
    ...untilOptions,
    ...clientOptions,
  },
  examples,
  run({ args: [name = '', text], options }, terminal) {
    const { when, now, all, watch, timeout, count } = options;
    if ([now, all, watch].filter(Boolean).length > 1) throw new UsageError('one of --now, --all and --watch');
    if (count !== undefined && !watch && !all) throw new UsageError('--count goes with --watch or --all');
    const template = templateIn(text);
    return withClient(options, terminal, async (client, form) => {
      const space = client.space(name);
      const signal = terminal.stop;
      if (watch) {
        const watching = await space.watch(template, { when, signal });
        remark(`watching ${name}; Ctrl-C ends it`, terminal, form);
        watching.onGap((gap) => remark(`${gap.count} tuples were missed (${gap.reason})`, terminal, form));
        watching.onReset(() => remark('after a new connection: tuples may have been missed', terminal, form));
        const until = new Until({ stop: signal, timeoutMs: timeout, count });
        try {
          for await (const { tuple } of until.take(watching)) {
            await print(tuple, terminal, form);
            until.counted();
          }
        } finally {
          until.dispose();
        }
        return exitAt(until.end, count);
      }
      if (all) {
        for (const tuple of await space.rdAll(template, { when, max: count, signal }))
          await print(tuple, terminal, form);
        return EXIT.ok;
      }
      return await printOne(terminal, form, () =>
        now ? space.rdp(template, { when, signal }) : space.rd(template, { when, timeoutMs: timeout, signal }),
      );
    });
  },
});

/** As it is: programs and people both read JSON. */
export async function print(tuple: unknown, terminal: Terminal, { json }: Form): Promise<void> {
  const text = JSON.stringify(tuple);
  await terminal.print(json ? text : printable(text));
}

/** Prints what is found; says by the exit code when that is nothing. */
export async function printOne(terminal: Terminal, form: Form, find: () => Promise<unknown>): Promise<number> {
  let found: unknown;
  try {
    found = await find();
  } catch (error) {
    if (!(error instanceof TellwhenError && error.code === 'timeout')) throw error;
    remark('no tuple that fits came in time', terminal, form);
    return EXIT.timeout;
  }
  if (found === undefined) {
    remark('no tuple fits', terminal, form);
    return EXIT.noMatch;
  }
  await print(found, terminal, form);
  return EXIT.ok;
}
