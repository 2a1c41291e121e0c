import { expect, it } from 'vitest';
import { type MailboxGiven, mailboxTermsOf } from '../../../../client/cli/mailbox-options.ts';

const NOTHING: MailboxGiven = {
  mailbox: undefined,
  from: undefined,
  attempts: undefined,
  age: undefined,
  keep: undefined,
  lifetime: undefined,
};

it('says of a mailbox what was said', () => {
  const given = { mailbox: 'orders', from: { seq: 4 }, attempts: 3, age: 1, keep: 2, lifetime: 5 };
  expect(mailboxTermsOf('orders/#', given)).toEqual({
    topic: 'orders/#',
    mailbox: 'orders',
    from: { seq: 4 },
    attemptsMax: 3,
    ageMs: 1,
    keepMs: 2,
    leaseMs: 5,
  });
  expect(mailboxTermsOf(undefined, { ...NOTHING, mailbox: 'orders' }).mailbox).toBe('orders');
  expect(mailboxTermsOf('a', NOTHING).topic).toBe('a');
});

it('refuses terms of no mailbox, and nothing at all', () => {
  expect(() => mailboxTermsOf('a', { ...NOTHING, keep: 1 })).toThrow('--mailbox');
  expect(() => mailboxTermsOf(undefined, NOTHING)).toThrow('which events');
});
