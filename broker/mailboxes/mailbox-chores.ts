import type { CompiledFilter } from '../../matcher/index.ts';
import { type Chore, Chores } from '../kernel/chores.ts';
import type { Time } from '../kernel/time.ts';
import type { EventLog } from '../log/event-log.ts';
import { ProtocolError } from '../protocol/index.ts';
import type { Journal } from '../store/journal.ts';
import { fillFromLog } from './fill.ts';
import type { HeldMailbox } from './held-mailbox.ts';
import type { MailboxRecord } from './mailbox-record.ts';
import type { MailboxWriter } from './mailbox-writer.ts';
import type { StoredEvents } from './stored-events.ts';

/** Pages that are freed in one step when a mailbox is over. */
const FREED_PAGES = 256;

export interface MailboxChoresMeans {
  readonly time: Time;
  readonly journal: Journal;
  readonly log: EventLog;
  readonly events: StoredEvents;
}

/** What takes long for a mailbox: done in steps, each flushed before the next, and one chore at a time for each mailbox. */
export class MailboxChores {
  readonly #means: MailboxChoresMeans;
  readonly #writer: MailboxWriter;
  readonly #chores: Chores;
  /** Of which more is too old than one sweep drops. */
  readonly #sweeping = new Set<HeldMailbox>();

  constructor(means: MailboxChoresMeans, writer: MailboxWriter) {
    this.#means = means;
    this.#writer = writer;
    this.#chores = new Chores(means.time, (then) => means.journal.afterFlush(then));
  }

  /** Drops what is there up to a seq. `done` is told how many entries that were. Throws ProtocolError `mailbox_busy`. */
  purge(held: HeldMailbox, upTo: number, done: (entries: number) => void): void {
    this.#run(held, held.mailbox.purge(upTo), done);
  }

  /** `done` is told how many entries are handed over again. Throws ProtocolError `mailbox_busy`. */
  replay(held: HeldMailbox, from: { seq: number; timeMs: number }, done: (entries: number) => void): void {
    this.#run(held, held.mailbox.replay(from.seq, from.timeMs), done);
  }

  /** Finds what a new mailbox begins with. Nothing is handed over until it has been found. */
  fill(held: HeldMailbox, filter: CompiledFilter, filling: NonNullable<MailboxRecord['filling']>): void {
    const { mailbox } = held;
    this.#writer.setRecord(held, { ...held.record, filling });
    mailbox.fill(true);
    this.#run(held, fillFromLog(mailbox.pages, filter, filling, this.#means), () => {
      const { filling: _, ...record } = held.record;
      this.#writer.setRecord(held, record);
      mailbox.pages.rewind();
      mailbox.fill(false);
    });
  }

  /** Gives up and frees all that is in a mailbox that is over, and then what says that it was. */
  empty(held: HeldMailbox, done: () => void): void {
    this.#chores.run(this.#emptying(held), () => {
      this.#writer.forget(held);
      done();
    });
  }

  /** Drops what is too old, unless something else is done for the mailbox. */
  sweep(held: HeldMailbox): void {
    if (held.busy || this.#sweeping.has(held) || !held.mailbox.sweep()) return;
    this.#sweeping.add(held);
    this.#chores.run(this.#sweepingOn(held), () => void this.#sweeping.delete(held));
  }

  #run<T>(held: HeldMailbox, chore: Chore<T>, done: (result: T) => void): void {
    this.checkIdle(held);
    held.busy = true;
    this.#chores.run(chore, (result) => {
      held.busy = false;
      done(result);
    });
  }

  /** Throws ProtocolError `mailbox_busy`. */
  checkIdle({ busy, record }: HeldMailbox): void {
    if (!busy) return;
    const { name } = record.terms;
    throw new ProtocolError('mailbox_busy', `mailbox ${name} is being filled or emptied; wait until it is`);
  }

  *#emptying({ mailbox }: HeldMailbox): Chore<void> {
    if (mailbox.terms.atEnd === 'dead-letter') yield* mailbox.giveUpAll();
    mailbox.close();
    while (mailbox.pages.free(FREED_PAGES)) yield;
    yield;
  }

  *#sweepingOn(held: HeldMailbox): Chore<void> {
    while (!held.busy && held.mailbox.sweep()) yield;
  }
}
