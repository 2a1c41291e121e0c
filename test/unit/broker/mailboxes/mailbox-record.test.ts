import { describe, expect, it } from 'vitest';
import {
  decodeMailboxRecord,
  encodeMailboxRecord,
  type MailboxRecord,
} from '../../../../broker/mailboxes/mailbox-record.ts';

const record: MailboxRecord = {
  topic: 'a/#',
  when: "name = 'Zoë 🐇'",
  terms: {
    name: 'box',
    events: 10,
    bytes: 1_000,
    ageMs: 1_000,
    keepMs: 0,
    overflow: 'drop-oldest',
    atEnd: 'drop',
    attemptsMax: 5,
    leaseMs: 10_000,
  },
  sinceSeq: 7,
  paused: true,
  leftMs: 9_000,
  filling: { from: 1, upTo: 7, timeMs: 0 },
  ending: false,
};

describe('the record of a mailbox', () => {
  it('is read as it was written', () => {
    expect(decodeMailboxRecord(encodeMailboxRecord(record))).toEqual(record);
    const { when: _, filling: __, ...least } = record;
    expect(decodeMailboxRecord(encodeMailboxRecord(least))).toEqual(least);
  });

  it.each([
    ['no JSON', '{'],
    ['something else', '[]'],
    ['a number that is none', JSON.stringify({ ...record, leftMs: 'soon' })],
    ['a policy that is none', JSON.stringify({ ...record, terms: { ...record.terms, overflow: 'explode' } })],
    ['a field less', JSON.stringify({ ...record, terms: undefined })],
  ])('is refused where it is %s', (_, text) => {
    expect(() => decodeMailboxRecord(new TextEncoder().encode(text))).toThrow();
  });
});
