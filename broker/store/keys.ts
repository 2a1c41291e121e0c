/**
 * The layout of the store: the first byte says what a record is, the rest orders records of one kind. Numbers are eight
 * bytes, the highest first, so that the order of the bytes is the order of the numbers.
 *
 *     b first            block: the events of one commit, by the seq of its first         log/block.ts
 *     r first            how many pages refer to a block, where it is not one
 *     m mailbox          a mailbox: name, filter, terms                                   mailboxes/mailbox-record.ts
 *     c mailbox          its counts
 *     p mailbox first    page: which events of a block it has                             mailboxes/page.ts
 *     s mailbox first    what became of them
 *     i n                ids of events published lately                                   publish/known-ids.ts
 *     t topic            the last value of a topic                                        publish/retained.ts
 *     l due n            an event that waits for its time                                 publish/delayed.ts
 *     q client id        a session of MQTT                                                doors/mqtt/session-record.ts
 *     u client id        its packet identifiers
 *     h name             a subscription over HTTP that takes from a mailbox              doors/http/stored-subscriptions.ts
 *     v name             a space                                                         spaces/space-store.ts
 *     x space n          a tuple of a space
 *     k space source     the ids of what a source has put into a space
 *     n name             a number up to which others may be used                          store/reservation.ts
 *     w 0 or 1           how much of the write-ahead log is in the store behind it       store/log-recovery.ts
 *     !                  in front of the key of a record that could not be read           store/sealed.ts
 */
export type RecordKind = 'b' | 'r' | 'm' | 'c' | 'p' | 's' | 'i' | 't' | 'l' | 'q' | 'u' | 'h' | 'v' | 'x' | 'k' | 'n';

const NUMBER_BYTES = 8;
const HIGH = 2 ** 32;
const encoder = new TextEncoder();

export function numberKey(kind: RecordKind, ...numbers: readonly number[]): Uint8Array {
  const key = new Uint8Array(1 + NUMBER_BYTES * numbers.length);
  const view = new DataView(key.buffer);
  key[0] = kind.charCodeAt(0);
  let at = 1;
  for (const number of numbers) {
    view.setUint32(at, Math.floor(number / HIGH));
    view.setUint32(at + 4, number % HIGH);
    at += NUMBER_BYTES;
  }
  return key;
}

export function textKey(kind: RecordKind, text: string): Uint8Array {
  return encoder.encode(kind + text);
}

/** The `nth` number in a key that `numberKey` made. */
export function numberIn(key: Uint8Array, nth: number): number {
  const view = new DataView(key.buffer, key.byteOffset + 1 + NUMBER_BYTES * nth, NUMBER_BYTES);
  return view.getUint32(0) * HIGH + view.getUint32(4);
}

/** All records of a kind that begin with these numbers, and whose next number is from `from` on and before `to`. */
export function rangeOf(
  kind: RecordKind,
  numbers: readonly number[] = [],
  { from = 0, to = Number.MAX_SAFE_INTEGER }: { readonly from?: number; readonly to?: number } = {},
): { readonly from: Uint8Array; readonly to: Uint8Array } {
  return { from: numberKey(kind, ...numbers, from), to: numberKey(kind, ...numbers, to) };
}

/** All records of a kind whose keys are texts, after the key `after` if there is one. */
export function textRange(
  kind: RecordKind,
  after?: Uint8Array,
): { readonly from: Uint8Array; readonly to: Uint8Array } {
  return { from: after === undefined ? encoder.encode(kind) : next(after), to: encoder.encode(nextKind(kind)) };
}

/** The first key that can come after this one. */
export function next(key: Uint8Array): Uint8Array {
  const following = new Uint8Array(key.length + 1);
  following.set(key);
  return following;
}

function nextKind(kind: RecordKind): string {
  return String.fromCharCode(kind.charCodeAt(0) + 1);
}
