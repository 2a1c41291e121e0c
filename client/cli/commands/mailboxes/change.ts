import type { Mailboxes } from '../../../index.ts';
import { type Command, command, type Example } from '../../command.ts';
import { EXIT } from '../../exit-codes.ts';
import { place } from '../../place.ts';
import { UsageError } from '../../usage-error.ts';
import { clientOptions, withClient } from '../../with-client.ts';
import { MAILBOX_ARGUMENT } from './look.ts';

interface Change {
  readonly name: string;
  readonly summary: string;
  readonly example: Example;
  /** Returns what is to be told, as people and as programs read it. */
  readonly run: (mailboxes: Mailboxes, mailbox: string, signal: AbortSignal) => Promise<Told>;
}

interface Told {
  readonly text: string;
  readonly json: object;
}

/** A command that does one thing to one mailbox and says what came of it. */
function change({ name, summary, example, run }: Change): Command {
  return command({
    name,
    summary,
    arguments: [MAILBOX_ARGUMENT],
    options: clientOptions,
    examples: [example],
    run({ args: [mailbox = ''], options }, terminal) {
      return withClient(options, terminal, async (client, form) => {
        const { text, json } = await run(client.mailboxes, mailbox, terminal.stop);
        await terminal.print(form.json ? JSON.stringify(json) : text);
        return EXIT.ok;
      });
    },
  });
}

export const pause = change({
  name: 'pause',
  summary: 'hand nothing over any more; what is published goes on to be kept',
  example: { does: 'before a consumer is repaired', line: 'mailboxes pause orders' },
  run: async (mailboxes, mailbox, signal) => {
    await mailboxes.pause(mailbox, { signal });
    return { text: `${mailbox} is paused`, json: { mailbox, paused: true } };
  },
});

export const resume = change({
  name: 'resume',
  summary: 'hand over again after a pause',
  example: { does: 'after it', line: 'mailboxes resume orders' },
  run: async (mailboxes, mailbox, signal) => {
    await mailboxes.resume(mailbox, { signal });
    return { text: `${mailbox} goes on`, json: { mailbox, paused: false } };
  },
});

export const purge = change({
  name: 'purge',
  summary: 'drop all that no consumer has',
  example: { does: 'throw away what waits', line: 'mailboxes purge orders' },
  run: async (mailboxes, mailbox, signal) => {
    const purged = await mailboxes.purge(mailbox, { signal });
    return { text: `${eventsText(purged)} dropped`, json: { mailbox, purged } };
  },
});

export const rm = change({
  name: 'rm',
  summary: 'end a mailbox: its events are dropped, its consumers told',
  example: { does: 'nobody needs it any more', line: 'mailboxes rm orders' },
  run: async (mailboxes, mailbox, signal) => {
    const removed = await mailboxes.remove(mailbox, { signal });
    return { text: `${mailbox} is gone, with ${eventsText(removed)}`, json: { mailbox, removed } };
  },
});

export const replay = command({
  name: 'replay',
  summary: 'hand over again what is done and still kept (see --keep of sub)',
  arguments: [MAILBOX_ARGUMENT],
  options: { from: place('the first event that is wanted again'), ...clientOptions },
  examples: [
    { does: 'all that is kept', line: 'mailboxes replay orders --from beginning' },
    { does: 'the last ten minutes', line: 'mailboxes replay orders --from 10m' },
  ],
  run({ args: [mailbox = ''], options }, terminal) {
    const { from } = options;
    if (from === undefined) throw new UsageError('from where? --from beginning, --from 10m, …');
    return withClient(options, terminal, async (client, form) => {
      const replayed = await client.mailboxes.replay(mailbox, { from, signal: terminal.stop });
      await terminal.print(form.json ? JSON.stringify({ mailbox, replayed }) : `${eventsText(replayed)} come again`);
      return EXIT.ok;
    });
  },
});

function eventsText(count: number): string {
  return count === 1 ? '1 event' : `${count} events`;
}
