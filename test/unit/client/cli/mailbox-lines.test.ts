import { describe, expect, it } from 'vitest';
import { deadLetterLines, entryLine, mailboxLines, mailboxTable } from '../../../../client/cli/mailbox-lines.ts';
import { noPaint } from '../../../../client/cli/paint.ts';
import type { MailboxEntry, MailboxStatus } from '../../../../client/index.ts';

const status: MailboxStatus = {
  mailbox: 'orders',
  topic: 'orders/#',
  when: 'total > 10',
  cost: 'indexed',
  consumers: 0,
  paused: true,
  entries: 3,
  bytes: 2_048,
  leased: 1,
  resting: 1,
  oldestMs: 90_000,
  entered: 9,
  settled: 6,
  redelivered: 2,
  deadLettered: 1,
  dropped: 0,
  limits: { events: 100, bytes: 1_048_576, ageMs: 604_800_000, keepMs: 0 },
  overflow: 'reject',
  atEnd: 'drop',
  attemptsMax: 5,
  leaseMs: 3_600_000,
};

const entry: MailboxEntry = {
  seq: 7,
  topic: 'orders/1',
  time: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  state: 'resting',
  attempt: 2,
  size: 7,
  data: '{"n":1}',
};

describe('mailboxTable', () => {
  it('has a line for each, and says which are paused', () => {
    expect(
      mailboxTable([status, { ...status, mailbox: 'b\u001b', entries: 0, paused: false }], noPaint).split('\n'),
    ).toEqual([
      'mailbox  entries  bytes  oldest  taken  resting  consumers  dead  filter',
      'orders   3        2 KiB  1.5 m   1      1        0          1     orders/# when total > 10  (paused)',
      'b\\u001b  0        2 KiB  -       1      1        0          1     orders/# when total > 10',
    ]);
  });
});

describe('mailboxLines', () => {
  it('says how long it lives where nobody takes from it', () => {
    const text = mailboxLines(status, noPaint);
    expect(text).toMatch(/^orders \(paused\)\n/);
    expect(text).toContain('orders/# when total > 10 (indexed)');
    expect(text).toContain('none; it lives for 1 h more, then drop');
    expect(text).toContain('3 of 100; 2 KiB of 1 MiB; reject when it is full');
    expect(mailboxLines({ ...status, consumers: 2 }, noPaint)).toContain('consumers    2');
  });
});

describe('entryLine', () => {
  it('shows where it is in its life, and nothing a terminal would obey', () => {
    expect(entryLine({ ...entry, attributes: { floor: 2 } }, noPaint)).toBe(
      '2026-01-02 03:04:05.678 #7 orders/1 (resting, attempt 2) floor=2 {"n":1}',
    );
    expect(entryLine({ ...entry, data: 'a\u001b[2J' }, noPaint)).not.toMatch(/\p{Cc}/u);
  });

  it('says what it does not show', () => {
    expect(entryLine({ ...entry, data: undefined, size: 12, contentType: 'image/png' }, noPaint)).toMatch(
      /12 bytes of image\/png$/,
    );
    expect(entryLine({ ...entry, size: 9_999 }, noPaint)).toMatch(/\{"n":1\}…$/);
  });
});

describe('deadLetterLines', () => {
  it('tells from where, why, after how many attempts, and how each ended', () => {
    const attributes = {
      floor: 2,
      'dead.mailbox': 'orders',
      'dead.reason': 'attempts_exhausted',
      'dead.attempts': 2,
      'dead.topic': 'orders/1',
      'dead.seq': 5,
      'dead.history': '1 released 2026-01-01T00:00:00.000Z, 2 expired 2026-01-01T00:00:30.000Z',
    };
    expect(deadLetterLines({ ...entry, attributes }, noPaint).split('\n')).toEqual([
      'orders  orders/1 #5  attempts_exhausted after 2 attempts',
      '  attempt 1 released 2026-01-01T00:00:00.000Z',
      '  attempt 2 expired 2026-01-01T00:00:30.000Z',
      '  #7 floor=2 {"n":1}',
    ]);
  });

  it('shows what is no dead letter as well', () => {
    expect(deadLetterLines(entry, noPaint)).toContain('?  ? #?  ? after ? attempts');
  });
});
