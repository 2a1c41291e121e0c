import type { Chore } from '../kernel/chores.ts';
import {
  ATTRIBUTES_MAX,
  type Attributes,
  type Body,
  ByteReader,
  ByteWriter,
  readBody,
  writeBody,
} from '../protocol/index.ts';
import type { PublishedEvent } from '../publish/event.ts';
import type { DeadLetter, MailboxEntries } from './mailbox-entries.ts';

/** Where dead letters are kept. */
export const DEAD_LETTERS = '$dead';

/** What is added to the attributes of an event that was given up. */
const OWN_ATTRIBUTES = [
  'dead.mailbox',
  'dead.reason',
  'dead.attempts',
  'dead.topic',
  'dead.seq',
  'dead.history',
] as const;

/** Looked at in one step, and so many bytes of them; at least one. */
const STEP_ENTRIES = 500;
const STEP_BYTES = 2 ** 20;

/** Whether the event is a dead letter. One that is given up again is not published again: that might never come to an end. */
export function isLetter({ topic }: PublishedEvent): boolean {
  return topic.startsWith(`${DEAD_LETTERS}/`);
}

/** The mailbox that a dead letter came from, and what it was there. */
export interface Redriven {
  readonly mailbox: string;
  readonly topic: string;
  readonly body: Body;
}

/** The event with the reason and the history attached. Of more than 64 attributes its own last ones are left out. */
export function bodyOfLetter({ mailbox, reason, attempts, history, event }: DeadLetter): Body {
  const own = Object.entries(event.attributes ?? {}).filter(([name]) => !isOwn(name));
  const attributes = Object.fromEntries([
    ...own.slice(0, ATTRIBUTES_MAX - OWN_ATTRIBUTES.length),
    ['dead.mailbox', mailbox],
    ['dead.reason', reason],
    ['dead.attempts', attempts],
    ['dead.topic', event.topic],
    ['dead.seq', event.seq],
    ['dead.history', history],
  ]);
  return bodyOf(event, attributes);
}

/** What a dead letter was before. `undefined`: it is none. */
export function redriven(event: PublishedEvent): Redriven | undefined {
  const { attributes = {} } = event;
  const { 'dead.mailbox': mailbox, 'dead.topic': topic } = attributes;
  if (typeof mailbox !== 'string' || typeof topic !== 'string') return undefined;
  const own = Object.fromEntries(Object.entries(attributes).filter(([name]) => !isOwn(name)));
  return { mailbox, topic, body: bodyOf(event, own) };
}

/**
 * Puts dead letters back into the mailboxes that they came from, the oldest first, at most `limit`: those of one mailbox,
 * or all whose mailbox still is. `into` answers false when that cannot take one now.
 */
export function* redrive(
  letters: MailboxEntries,
  { from, limit }: { readonly from: string | undefined; readonly limit: number },
  into: (letter: Redriven) => boolean,
): Chore<{ readonly entries: number; readonly left: number }> {
  let entries = 0;
  let left = 0;
  let after = 0;
  for (;;) {
    const { places, next } = letters.pages.peek(after, STEP_ENTRIES);
    let bytes = 0;
    let goOn = next;
    for (const place of places) {
      if (bytes >= STEP_BYTES) {
        // What is left of them may be settled by then: they are looked up anew.
        goOn = after;
        break;
      }
      bytes += place.size;
      after = place.seq;
      const letter = letters.letterAt(place);
      if (letter === undefined || (from !== undefined && letter.mailbox !== from)) continue;
      if (entries < limit && into(letter)) {
        letters.takeOut(place);
        entries += 1;
      } else left += 1;
    }
    yield;
    if (goOn === undefined) return { entries, left };
    after = goOn;
  }
}

function isOwn(name: string): boolean {
  return (OWN_ATTRIBUTES as readonly string[]).includes(name);
}

function bodyOf({ bytes }: PublishedEvent, attributes: Attributes): Body {
  const to = new ByteWriter();
  const { data, contentType, id, source, time } = readBody(new ByteReader(bytes));
  const some = Object.keys(attributes).length > 0;
  writeBody(to, { data, contentType, id, source, time, attributes: some ? attributes : undefined });
  return readBody(new ByteReader(to.written().slice()));
}
