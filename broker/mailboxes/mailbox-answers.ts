import type { Time } from '../kernel/time.ts';
import type { LeaseTable } from '../leases/index.ts';
import { type BrokerControl, type ControlOf, JSON_CONTENT_TYPE, PAGE_MAX } from '../protocol/index.ts';
import { isJson } from '../publish/json.ts';
import type { HeldMailbox } from './held-mailbox.ts';
import type { Mailboxes } from './mailboxes.ts';
import type { StoredPlace } from './page.ts';
import type { StoredEvents } from './stored-events.ts';

type Answer<K extends BrokerControl['kind']> = Omit<ControlOf<BrokerControl, K>, 'kind' | 'ref'>;
type Status = Answer<'inspected'>;
type Peeked = Answer<'peeked'>['entries'][number];

interface PageWish {
  readonly limit?: number | undefined;
  readonly cursor?: number | undefined;
}

/** Of the data of an event that is only looked at. */
const DATA_CHARACTERS = 4_096;
/** Characters after which a page ends. */
const PAGE_CHARACTERS = 32_768;
/** Bytes of events after which a page of them ends: all of an event is read, and its attributes are told whole. */
const PAGE_BYTES = 256 * 1024;

export interface MailboxAnswersMeans {
  readonly mailboxes: Mailboxes;
  readonly events: StoredEvents;
  readonly leases: LeaseTable;
  readonly time: Time;
}

/** Answers what mailboxes there are, how they do and what is in them. Changes nothing. */
export class MailboxAnswers {
  readonly #means: MailboxAnswersMeans;

  constructor(means: MailboxAnswersMeans) {
    this.#means = means;
  }

  list({ limit = PAGE_MAX, cursor = 0 }: PageWish): Answer<'listed'> {
    const mailboxes: Status[] = [];
    let characters = 0;
    for (const held of this.#means.mailboxes.all()) {
      // They are in the order of their numbers.
      if (held.number < cursor) continue;
      if (mailboxes.length === limit || characters >= PAGE_CHARACTERS) return { mailboxes, next: held.number };
      const status = this.#status(held);
      characters += status.topic.length + (status.when?.length ?? 0);
      mailboxes.push(status);
    }
    return { mailboxes };
  }

  /** Throws ProtocolError `mailbox_unknown`. */
  inspect(name: string): Status {
    return this.#status(this.#means.mailboxes.get(name));
  }

  /** Throws ProtocolError `mailbox_unknown`. */
  peek(name: string, { limit = PAGE_MAX, cursor = 0 }: PageWish): Answer<'peeked'> {
    const { mailbox } = this.#means.mailboxes.get(name);
    const { places, next } = mailbox.pages.peek(cursor, limit);
    const entries: Peeked[] = [];
    let characters = 0;
    let bytes = 0;
    for (const place of places) {
      bytes += place.size;
      const entry = this.#peeked(place, mailbox);
      if (entry !== undefined) entries.push(entry);
      characters += entry?.data?.length ?? 0;
      const full = characters >= PAGE_CHARACTERS || bytes >= PAGE_BYTES;
      if (full && place !== places.at(-1)) return { entries, next: place.seq };
    }
    return { entries, ...(next !== undefined && { next }) };
  }

  #peeked(place: StoredPlace, mailbox: HeldMailbox['mailbox']): Peeked | undefined {
    const event = this.#means.events.read(place);
    if (event === undefined) return undefined;
    const { seq, topic, time, size, contentType, id, source, attributes } = event;
    const data = textOf(event.text(DATA_CHARACTERS), contentType);
    return {
      seq,
      topic,
      time,
      state: mailbox.stateOf(place),
      attempt: mailbox.attemptOf(place),
      size,
      ...(contentType !== JSON_CONTENT_TYPE && { contentType }),
      ...(id !== undefined && { id }),
      ...(source !== undefined && { source }),
      ...(attributes !== undefined && { attributes }),
      ...(data !== undefined && { data }),
    };
  }

  #status({ mailbox, registration, record, leaseId }: HeldMailbox): Status {
    const { terms, pages, drops, since } = mailbox;
    const { counts } = pages;
    const { topic, when } = registration.filters.present;
    const { oldestStoredMs } = mailbox;
    return {
      mailbox: terms.name,
      topic,
      ...(when !== undefined && { when }),
      cost: registration.cost,
      consumers: mailbox.consumers.length,
      paused: mailbox.paused,
      entries: counts.entries,
      bytes: counts.bytes,
      leased: mailbox.handedOver,
      resting: mailbox.resting,
      oldestMs: oldestStoredMs === undefined ? 0 : Math.max(0, this.#means.time.wallMs() - oldestStoredMs),
      entered: counts.entered,
      settled: counts.settled,
      redelivered: since.redelivered,
      deadLettered: since.deadLettered,
      dropped: drops.count,
      limits: { events: terms.events, bytes: terms.bytes, ageMs: terms.ageMs, keepMs: terms.keepMs },
      overflow: terms.overflow,
      atEnd: terms.atEnd,
      attemptsMax: terms.attemptsMax,
      leaseMs: leaseId === undefined ? record.terms.leaseMs : this.#means.leases.remainingMs(leaseId),
    };
  }
}

/** Only what is known to be text is shown. */
function textOf(text: string | undefined, contentType: string): string | undefined {
  return isJson(contentType) || contentType.startsWith('text/') ? text : undefined;
}
