import type { CommandGroup } from '../command.ts';
import { pause, purge, replay, resume, rm } from './mailboxes/change.ts';
import { ls, peek, show } from './mailboxes/look.ts';

const commands = [ls, show, peek, pause, resume, purge, rm, replay];

/** `tellwhen mailboxes …`. */
export const mailboxes: CommandGroup = {
  name: 'mailboxes',
  summary: 'see what waits in mailboxes, and pause, empty, replay or end them',
  commands,
  examples: [
    { does: 'a mailbox is made by taking from it', line: "sub 'orders/#' --mailbox orders" },
    ...commands.flatMap(({ examples }) => examples.slice(0, 1)),
  ],
};
