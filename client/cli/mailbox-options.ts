import type { FilterOptions, MailboxOptions } from '../index.ts';
import { count, duration, text } from './option-kinds.ts';
import { place } from './place.ts';
import { UsageError } from './usage-error.ts';

/** What a command can say that takes events from a mailbox. */
export const mailboxOptions = {
  mailbox: text('name', 'take events from this mailbox, which keeps them while nobody does; made if need be'),
  from: place('where a mailbox that is made begins'),
  attempts: count('n', 'a mailbox that is made gives up, as a dead letter, what was delivered so often'),
  age: duration('duration', 'a mailbox that is made drops events older than this'),
  keep: duration('duration', 'a mailbox that is made keeps for so long what is done, for a replay'),
  lifetime: duration('duration', 'a mailbox that is made lives so long while nobody takes from it'),
};

export interface MailboxGiven {
  readonly mailbox: string | undefined;
  readonly from: MailboxOptions['from'];
  readonly attempts: number | undefined;
  readonly age: number | undefined;
  readonly keep: number | undefined;
  readonly lifetime: number | undefined;
}

/** Throws UsageError for terms of a mailbox without one, and where neither a topic filter nor a mailbox is named. */
export function mailboxTermsOf(
  topic: string | undefined,
  { mailbox, from, attempts, age, keep, lifetime }: MailboxGiven,
): MailboxOptions & Pick<FilterOptions, 'topic' | 'attemptsMax' | 'leaseMs'> {
  const terms = { from, attemptsMax: attempts, ageMs: age, keepMs: keep, leaseMs: lifetime };
  if (mailbox === undefined && Object.values(terms).some((term) => term !== undefined)) {
    throw new UsageError(
      '--from, --attempts, --age, --keep and --lifetime are said of a mailbox: name it with --mailbox',
    );
  }
  if (mailbox === undefined && topic === undefined) {
    throw new UsageError('which events? name a topic filter, or with --mailbox a mailbox that exists');
  }
  return { topic, mailbox, ...terms };
}
