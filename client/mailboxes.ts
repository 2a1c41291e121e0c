import type { From } from '../broker/protocol/index.ts';
import type { AnswerKind, AnswerOf, Asked } from './control-request.ts';
import type { SignalOption } from './feed.ts';

/** How a mailbox does: its filter and terms, what is in it, and what has become of what was. */
export type MailboxStatus = AnswerOf<'listed'>['mailboxes'][number];

/** One event in a mailbox, as it is seen without being taken. `data` is there where it is text; long data is cut. */
export type MailboxEntry = AnswerOf<'peeked'>['entries'][number];

export interface PeekOptions extends SignalOption {
  /** Begins behind the entry of this seq. */
  readonly after?: number | undefined;
}

export interface ReplayOptions extends SignalOption {
  /** The first event that is wanted again. */
  readonly from: From;
}

export interface RedriveOptions extends SignalOption {
  /** Only dead letters that come from this mailbox. */
  readonly mailbox?: string | undefined;
  /** At most so many. */
  readonly limit?: number | undefined;
}

export interface Redriven {
  /** So many are back where they came from. */
  readonly entries: number;
  /** Dead letters that were meant and that `limit` did not reach. */
  readonly left: number;
}

interface AskOptions extends SignalOption {
  /** To ask twice does no harm. */
  readonly repeatable: boolean;
}

/** Asks, and resolves with the answer. */
export type Ask = <K extends AnswerKind>(ask: Asked, answer: K, options: AskOptions) => Promise<AnswerOf<K>>;

/** The mailbox that keeps dead letters. */
export const DEAD_LETTERS = '$dead';

/**
 * What can be done with mailboxes from outside, by name. To take events from one, subscribe to it.
 *
 * All reject with `mailbox_unknown` where there is none of that name.
 */
export class Mailboxes {
  readonly #ask: Ask;

  /** Made by the client only. */
  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** All of them, in the order in which they were made; asked for in pages, as they are taken. */
  async *list({ signal }: SignalOption = {}): AsyncGenerator<MailboxStatus, void> {
    let cursor: number | undefined;
    do {
      const page: AnswerOf<'listed'> = await this.#ask({ kind: 'mailboxes', cursor }, 'listed', {
        repeatable: true,
        signal,
      });
      yield* page.mailboxes;
      cursor = page.next;
    } while (cursor !== undefined);
  }

  async inspect(mailbox: string, { signal }: SignalOption = {}): Promise<MailboxStatus> {
    const answer = await this.#ask({ kind: 'inspect', mailbox }, 'inspected', { repeatable: true, signal });
    const { kind: _kind, ref: _ref, ...status } = answer;
    return status;
  }

  /**
   * What is in it, oldest first; nothing is taken, and nobody is kept from taking it meanwhile. Asked for in pages, as it is
   * taken:
   *
   *     for await (const { seq, data } of client.mailboxes.peek('orders')) …
   */
  async *peek(mailbox: string, { after, signal }: PeekOptions = {}): AsyncGenerator<MailboxEntry, void> {
    let cursor = after;
    do {
      const page: AnswerOf<'peeked'> = await this.#ask({ kind: 'peek', mailbox, cursor }, 'peeked', {
        repeatable: true,
        signal,
      });
      yield* page.entries;
      cursor = page.next;
    } while (cursor !== undefined);
  }

  /** Hands nothing over any more, until `resume`. What consumers have, they keep; what is published goes on to be kept. */
  async pause(mailbox: string, { signal }: SignalOption = {}): Promise<void> {
    await this.#ask({ kind: 'pause', mailbox, paused: true }, 'paused', { repeatable: true, signal });
  }

  async resume(mailbox: string, { signal }: SignalOption = {}): Promise<void> {
    await this.#ask({ kind: 'pause', mailbox, paused: false }, 'paused', { repeatable: true, signal });
  }

  /** Drops every entry that no consumer has. Resolves with how many those were. */
  async purge(mailbox: string, { signal }: SignalOption = {}): Promise<number> {
    return (await this.#ask({ kind: 'purge', mailbox }, 'purged', { repeatable: false, signal })).entries;
  }

  /** Ends it: its entries are dropped, its consumers told. Resolves with how many entries it had. */
  async remove(mailbox: string, { signal }: SignalOption = {}): Promise<number> {
    return (await this.#ask({ kind: 'remove', mailbox }, 'removed', { repeatable: false, signal })).entries;
  }

  /** Hands over again what is settled and still kept (`keepMs`). Resolves with how many events those are. */
  async replay(mailbox: string, { from, signal }: ReplayOptions): Promise<number> {
    return (await this.#ask({ kind: 'replay', mailbox, from }, 'replayed', { repeatable: false, signal })).entries;
  }

  /** Puts dead letters back into the mailboxes they come from, oldest first, to be delivered as if for the first time. */
  async redrive({ mailbox, limit, signal }: RedriveOptions = {}): Promise<Redriven> {
    const { entries, left } = await this.#ask({ kind: 'redrive', mailbox, limit }, 'redriven', {
      repeatable: false,
      signal,
    });
    return { entries, left };
  }
}
