import type { MailboxStatus } from '../../../index.ts';
import { command } from '../../command.ts';
import { EXIT } from '../../exit-codes.ts';
import { remark } from '../../form.ts';
import { entryLine, mailboxLines, mailboxTable } from '../../mailbox-lines.ts';
import { count, number } from '../../option-kinds.ts';
import { clientOptions, withClient } from '../../with-client.ts';

export const MAILBOX_ARGUMENT = { name: 'mailbox', required: true, meaning: 'its name' } as const;

/** `tellwhen mailboxes ls`. */
export const ls = command({
  name: 'ls',
  summary: 'all mailboxes, and how they do',
  arguments: [],
  options: clientOptions,
  examples: [{ does: 'all mailboxes', line: 'mailboxes ls' }],
  run({ options }, terminal) {
    return withClient(options, terminal, async (client, form) => {
      const all: MailboxStatus[] = [];
      for await (const status of client.mailboxes.list({ signal: terminal.stop })) {
        if (form.json) await terminal.print(JSON.stringify(status));
        else all.push(status);
      }
      if (all.length > 0) await terminal.print(mailboxTable(all, terminal.paint));
      else if (!form.json) remark('no mailboxes: tellwhen sub --mailbox makes one', terminal, form);
      return EXIT.ok;
    });
  },
});

/** `tellwhen mailboxes show`. */
export const show = command({
  name: 'show',
  summary: 'one mailbox: its filter, its terms, what is in it and what became of the rest',
  arguments: [MAILBOX_ARGUMENT],
  options: clientOptions,
  examples: [{ does: 'how do the orders?', line: 'mailboxes show orders' }],
  run({ args: [mailbox = ''], options }, terminal) {
    return withClient(options, terminal, async (client, form) => {
      const status = await client.mailboxes.inspect(mailbox, { signal: terminal.stop });
      await terminal.print(form.json ? JSON.stringify(status) : mailboxLines(status, terminal.paint));
      return EXIT.ok;
    });
  },
});

const PEEK_DEFAULT = 20;

/** `tellwhen mailboxes peek`. */
export const peek = command({
  name: 'peek',
  summary: 'what is in a mailbox, oldest first; nothing is taken',
  arguments: [MAILBOX_ARGUMENT],
  options: {
    limit: count('n', `so many at most (default: ${PEEK_DEFAULT})`),
    after: number('seq', 'begin behind the entry of this position'),
    ...clientOptions,
  },
  examples: [
    { does: 'the oldest twenty', line: 'mailboxes peek orders' },
    { does: 'those behind #42', line: 'mailboxes peek orders --after 42' },
  ],
  run({ args: [mailbox = ''], options }, terminal) {
    const { limit = PEEK_DEFAULT, after } = options;
    return withClient(options, terminal, async (client, form) => {
      let shown = 0;
      for await (const entry of client.mailboxes.peek(mailbox, { after, signal: terminal.stop })) {
        // One more is looked at, so as to know that there is one.
        if (shown === limit) {
          remark(`there are more: begin behind the last with --after, or ask for more with --limit`, terminal, form);
          break;
        }
        await terminal.print(form.json ? JSON.stringify(entry) : entryLine(entry, terminal.paint));
        shown += 1;
      }
      if (shown === 0) remark('nothing is in it', terminal, form);
      return EXIT.ok;
    });
  },
});
