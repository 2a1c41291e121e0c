import { ANY, type SpaceStatus } from '../../index.ts';
import { type CommandGroup, command } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { remark } from '../form.ts';
import { count, text } from '../option-kinds.ts';
import { spaceLines, spaceTable } from '../space-lines.ts';
import { SPACE_ARGUMENT, TEMPLATE_ARGUMENT, templateDetails } from '../template-options.ts';
import { templateOf } from '../tuple-text.ts';
import { clientOptions, withClient } from '../with-client.ts';

const ls = command({
  name: 'ls',
  summary: 'all spaces, and how they do',
  arguments: [],
  options: clientOptions,
  examples: [{ does: 'all spaces', line: 'space ls' }],
  run({ options }, terminal) {
    return withClient(options, terminal, async (client, form) => {
      const all: SpaceStatus[] = [];
      for await (const status of client.spaces.list({ signal: terminal.stop })) {
        if (form.json) await terminal.print(JSON.stringify(status));
        else all.push(status);
      }
      if (all.length > 0) await terminal.print(spaceTable(all, terminal.paint));
      else if (!form.json) remark('no spaces: tellwhen out makes one', terminal, form);
      return EXIT.ok;
    });
  },
});

const show = command({
  name: 'show',
  summary: 'one space: what is in it, who waits, what became of the rest',
  arguments: [SPACE_ARGUMENT],
  options: clientOptions,
  examples: [{ does: 'how do the jobs?', line: 'space show jobs' }],
  run({ args: [name = ''], options }, terminal) {
    return withClient(options, terminal, async (client, form) => {
      const status = await client.spaces.inspect(name, { signal: terminal.stop });
      await terminal.print(form.json ? JSON.stringify(status) : spaceLines(status, terminal.paint));
      return EXIT.ok;
    });
  },
});

const rm = command({
  name: 'rm',
  summary: 'end a space: its tuples are gone, who waits in it is refused',
  arguments: [SPACE_ARGUMENT],
  options: clientOptions,
  examples: [{ does: 'nobody needs it any more', line: 'space rm jobs' }],
  run({ args: [name = ''], options }, terminal) {
    return withClient(options, terminal, async (client, form) => {
      const removed = await client.spaces.remove(name, { signal: terminal.stop });
      const what = removed === 1 ? '1 tuple' : `${removed} tuples`;
      await terminal.print(form.json ? JSON.stringify({ space: name, removed }) : `${name} is gone, with ${what}`);
      return EXIT.ok;
    });
  },
});

const counting = command({
  name: 'count',
  summary: 'how many tuples fit now',
  details: templateDetails,
  arguments: [SPACE_ARGUMENT, TEMPLATE_ARGUMENT],
  options: { when: text('predicate', 'which has to be true besides'), ...clientOptions },
  examples: [{ does: 'how many jobs are left?', line: `space count jobs '["resize", String]'` }],
  run({ args: [name = '', given], options }, terminal) {
    const template = given === undefined ? ANY : templateOf(given);
    return withClient(options, terminal, async (client, form) => {
      const fitting = await client.space(name).count(template, { when: options.when, signal: terminal.stop });
      await terminal.print(form.json ? JSON.stringify({ space: name, count: fitting }) : String(fitting));
      return EXIT.ok;
    });
  },
});

const why = command({
  name: 'why',
  summary: 'why does nothing fit? The tuples that come closest',
  details: templateDetails,
  arguments: [SPACE_ARGUMENT, TEMPLATE_ARGUMENT],
  options: {
    when: text('predicate', 'which has to be true besides'),
    limit: count('n', 'so many tuples at most (default: as the broker likes)'),
    ...clientOptions,
  },
  examples: [{ does: 'why does my in wait?', line: `space why jobs '["resize", Number]'` }],
  run({ args: [name = '', given], options }, terminal) {
    const template = given === undefined ? ANY : templateOf(given);
    const { when, limit } = options;
    return withClient(options, terminal, async (client, form) => {
      const explained = await client.space(name).explain(template, { when, limit, signal: terminal.stop });
      if (form.json) {
        await terminal.print(JSON.stringify(explained));
        return EXIT.ok;
      }
      const { looked, held, nearest } = explained;
      const taken = held === 0 ? '' : `; ${held} of them fit, but somebody has them`;
      await terminal.print(`${looked} ${looked === 1 ? 'tuple' : 'tuples'} looked at${taken}`);
      for (const { tuple, tupleText, text: reason } of nearest) {
        await terminal.print(`${terminal.paint.bold(`#${tuple}`)} ${tupleText}\n${reason.replace(/^/gm, '  ')}`);
      }
      return EXIT.ok;
    });
  },
});

const commands = [ls, show, counting, why, rm];

/** `tellwhen space …`. */
export const space: CommandGroup = {
  name: 'space',
  summary: 'see what waits in shared data spaces, and end them',
  commands,
  examples: commands.flatMap(({ examples }) => examples.slice(0, 1)),
};
