import { DEAD_LETTERS } from '../../index.ts';
import { type CommandGroup, command, type Example } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { remark } from '../form.ts';
import { deadLetterLines } from '../mailbox-lines.ts';
import { count } from '../option-kinds.ts';
import { clientOptions, withClient } from '../with-client.ts';

const ORIGIN = { name: 'mailbox', required: false, meaning: 'only those that come from this mailbox' } as const;

const lsExamples: readonly Example[] = [
  { does: 'what was given up, and why', line: 'deadletters ls' },
  { does: 'of one mailbox, for a program', line: 'deadletters ls orders --json' },
];

const LS_DEFAULT = 20;

const ls = command({
  name: 'ls',
  summary: 'events that were given up: from where, why, after how many attempts, and how those ended',
  arguments: [ORIGIN],
  options: { limit: count('n', `so many at most (default: ${LS_DEFAULT})`), ...clientOptions },
  examples: lsExamples,
  run({ args: [origin], options }, terminal) {
    const { limit = LS_DEFAULT } = options;
    return withClient(options, terminal, async (client, form) => {
      let shown = 0;
      for await (const entry of client.mailboxes.peek(DEAD_LETTERS, { signal: terminal.stop })) {
        if (origin !== undefined && entry.attributes?.['dead.mailbox'] !== origin) continue;
        if (shown === limit) {
          remark('there are more: --limit', terminal, form);
          break;
        }
        await terminal.print(form.json ? JSON.stringify(entry) : deadLetterLines(entry, terminal.paint));
        shown += 1;
      }
      if (shown === 0) remark('no dead letters', terminal, form);
      return EXIT.ok;
    });
  },
});

const redriveExamples: readonly Example[] = [
  { does: 'all of them, once what killed them is repaired', line: 'deadletters redrive' },
  { does: 'one of a mailbox, to see whether it works now', line: 'deadletters redrive orders --limit 1' },
];

const redrive = command({
  name: 'redrive',
  summary: 'put dead letters back into the mailboxes they come from, oldest first',
  arguments: [ORIGIN],
  options: { limit: count('n', 'so many at most'), ...clientOptions },
  examples: redriveExamples,
  run({ args: [mailbox], options }, terminal) {
    const { limit } = options;
    return withClient(options, terminal, async (client, form) => {
      const { entries, left } = await client.mailboxes.redrive({ mailbox, limit, signal: terminal.stop });
      const back = entries === 1 ? '1 event is back' : `${entries} events are back`;
      await terminal.print(form.json ? JSON.stringify({ entries, left }) : `${back}, ${left} dead letters are left`);
      if (left > 0 && limit === undefined) {
        remark('what is left: its mailbox is gone, or takes no more now (tellwhen deadletters ls)', terminal, form);
      }
      return EXIT.ok;
    });
  },
});

/** `tellwhen deadletters …`. */
export const deadletters: CommandGroup = {
  name: 'deadletters',
  summary: 'see what mailboxes have given up, and put it back',
  commands: [ls, redrive],
  examples: [...lsExamples, ...redriveExamples],
};
