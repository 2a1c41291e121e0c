import type { Batch, Journal } from '../store/journal.ts';
import { numberKey } from '../store/keys.ts';
import type { HeldMailbox } from './held-mailbox.ts';
import { encodeMailboxRecord, type MailboxRecord } from './mailbox-record.ts';

/** Writes what has changed of mailboxes with the next commit. */
export class MailboxWriter {
  readonly #journal: Journal;
  readonly #touchedRecords = new Set<HeldMailbox>();
  readonly #touchedPages = new Set<HeldMailbox>();
  /** Those that are over, with all their pages: what says that they were is to be deleted. */
  #gone: HeldMailbox[] = [];

  constructor(journal: Journal) {
    this.#journal = journal;
    journal.addWriter((batch) => this.#write(batch));
  }

  setRecord(held: HeldMailbox, record: MailboxRecord): void {
    held.record = record;
    this.#touchedRecords.add(held);
    this.#journal.touch();
  }

  touchPages(held: HeldMailbox): void {
    this.#touchedPages.add(held);
    this.#journal.touch();
  }

  forget(held: HeldMailbox): void {
    this.#gone.push(held);
    this.#journal.touch();
  }

  #write(batch: Batch): void {
    for (const { number, record } of this.#touchedRecords) {
      batch.put(numberKey('m', number), encodeMailboxRecord(record));
    }
    this.#touchedRecords.clear();
    const touched = [...this.#touchedPages];
    this.#touchedPages.clear();
    for (const { mailbox } of touched) mailbox.pages.write(batch);
    for (const { number, mailbox } of this.#gone) {
      batch.delete(numberKey('m', number));
      mailbox.pages.writeEnd(batch);
    }
    this.#gone = [];
    batch.flushed(() => {
      for (const { mailbox } of touched) mailbox.pump();
    });
  }
}
