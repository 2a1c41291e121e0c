import { ORDERS, type Order } from '../../broker/protocol/index.ts';
import type { Consumer, MailboxJoined, Subscription } from '../index.ts';
import type { Form } from './form.ts';
import { flag, text, word } from './option-kinds.ts';
import type { Terminal } from './terminal.ts';

export const filterOptions = {
  when: text('predicate', "only events whose content satisfies this, as 'temperature > 30 AND humidity < 50'"),
};

/** In which order events come. */
export const orderOptions = {
  order: word(ORDERS, 'in which order; with acknowledgement all but fifo need --ordered'),
  ordered: flag('with acknowledgement: hand over what follows when what came before it is settled'),
};

export interface OrderGiven {
  readonly order: Order | undefined;
  readonly ordered: boolean;
}

/** What is not said is as the mailbox is, or the broker's default. */
export function orderOf({ order, ordered }: OrderGiven): { readonly order?: Order; readonly ordered?: true } {
  return { ...(order !== undefined && { order }), ...(ordered && { ordered: true }) };
}

export const filterDetails = `In a topic filter, + stands for one level and a final # for all that follow.
A predicate compares fields of the data:
  temperature > 30 AND humidity < 50          room.floor BETWEEN 1 AND 3
  place LIKE '%Alaska%'                       status IN ('open', 'ajar')
  felt IS NOT NULL                            $attr.tenant = 'acme'
&& || ! == are understood as well. An event matches only if the predicate is
true; a comparison with a missing field is unknown, which is not true.`;

/** Says that everything from here on is seen, and by which number to ask for explanations. */
export function noteSubscribed(feed: Subscription | Consumer, terminal: Terminal, { jsonNotes }: Form): void {
  const { id, topic, when, seq, cost, mailbox } = feed;
  if (jsonNotes) {
    const joined = mailbox && { name: mailbox.name, created: mailbox.created, entries: mailbox.entries };
    terminal.note(JSON.stringify({ subscribed: { subscription: id, topic, when, seq, cost, mailbox: joined } }));
    return;
  }
  const condition = when === undefined ? '' : ` when ${when}`;
  const from = mailbox === undefined ? '' : ` from the mailbox ${mailbox.name}${waiting(mailbox)}`;
  terminal.note(terminal.notePaint.dim(`subscription ${id}: ${topic}${condition}${from} (${cost}); Ctrl-C ends it`));
}

function waiting({ created, entries }: MailboxJoined): string {
  return created ? ', which is new' : `, where ${entries} waited`;
}

/** Tells of each gap and each new connection as it happens: nothing is missed in silence. */
export function noteLosses(feed: Subscription | Consumer, terminal: Terminal, { jsonNotes }: Form): void {
  const warn = (text: string): void => terminal.note(terminal.notePaint.yellow(text));
  feed.onGap((gap) => {
    if (jsonNotes) terminal.note(JSON.stringify({ gap }));
    else warn(`${gap.count} events missed, the last of them #${gap.seq} (${gap.reason})`);
  });
  feed.onReset((reset) => {
    if (jsonNotes) terminal.note(JSON.stringify({ reset }));
    else warn(`after a new connection: events from #${reset.lastSeq + 1} on may be missing`);
  });
}
