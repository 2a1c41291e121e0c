import type { Registration } from '../subscribe/registrations.ts';
import type { Subscription } from '../subscribe/subscription.ts';
import type { Consumer } from './consumer.ts';
import type { Mailbox } from './mailbox.ts';
import type { MailboxRecord } from './mailbox-record.ts';

/** A mailbox, and what the broker has for it. */
export interface HeldMailbox {
  readonly number: number;
  readonly mailbox: Mailbox;
  readonly registration: Registration;
  /** As the store knows it, or is about to. */
  record: MailboxRecord;
  /** Absent: it never ends by itself. */
  leaseId: number | undefined;
  readonly subscriptions: Map<Consumer, Subscription>;
  /** A long chore is done for it. */
  busy: boolean;
}
