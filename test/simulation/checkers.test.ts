import { describe, expect, it } from 'vitest';
import { CHECKERS, faultsOf } from '../support/simulation/checkers/index.ts';
import { fact, handed, MADE, published } from '../support/simulation/facts.ts';
import type { Fact } from '../support/simulation/history.ts';

type Name = keyof typeof CHECKERS;
type Case = readonly [what: string, history: readonly Fact[], fault: string];

const lease = (token: number, remainingMs = 5_000) => ({ id: 1, token, remainingMs });
const acked = (token = 1, atMs = 0) => [
  fact('settle', { token, ref: token, atMs }),
  fact('settled', { token, ref: token, atMs }),
];
const withId = { id: 'a' };

const BAD: { readonly [N in Name]: readonly Case[] } = {
  neverLost: [
    ['an event that a mailbox never hands over', [...MADE, ...published()], 'm lost it'],
    ['one that is handed over and not acknowledged', [...MADE, ...published(), handed(1)], 'm lost it'],
    [
      'one that the mailbox wants by a predicate of later',
      [
        ...MADE,
        fact('replace', { threshold: 6 }),
        fact('replaced', { threshold: 6, seq: 4 }),
        ...published(5, { x: 7 }),
      ],
      'm lost it',
    ],
    [
      'one that was acknowledged durably before a restart',
      [...MADE, ...published(), fact('ended', { atMs: 1 }), fact('started', { run: 2, atMs: 2 })],
      'm lost it',
    ],
    ['one of before a purge', [...MADE, fact('purge'), ...published(1, { atMs: 1 })], 'm lost it'],
    [
      'a dead letter of something else',
      [...MADE, ...published(), handed(1, { mailbox: '$dead', origin: { mailbox: 'm', seq: 2, reason: '' } })],
      'm lost it',
    ],
    [
      'a delayed event that never comes',
      [...MADE, fact('publish', { delayMs: 100 }), fact('receipt', { seq: 0, delayed: true })],
      'm never got it',
    ],
  ],
  duplicatesFlagged: [
    ['a second delivery that says it is the first', [handed(1), handed(1, {}, 2)], 'again as attempt 1'],
    ['one after a restart', [handed(1), fact('ended'), handed(1, {}, 2)], 'again as attempt 1'],
    [
      'a delivery long after the acknowledgement, and after a restart',
      [handed(1), ...acked(), fact('ended', { atMs: 11_000 }), handed(1, { attempt: 2, atMs: 12_000 }, 2)],
      'after it was',
    ],
    ['a delivery after the acknowledgement', [handed(1), ...acked(), handed(1, { attempt: 2 }, 2)], 'after it was'],
  ],
  inOrder: [
    [
      'an event that is overtaken on its way in',
      [
        fact('publish', { n: 1, ref: 1 }),
        fact('publish', { n: 2, ref: 2 }),
        fact('receipt', { n: 1, ref: 1, seq: 2 }),
        fact('receipt', { n: 2, ref: 2, seq: 1 }),
      ],
      'on its way in',
    ],
    ['first deliveries out of order', [...published(1), ...published(2), handed(2), handed(1)], 'overtaken in m'],
    [
      'first deliveries out of order, to two consumers',
      [...published(1), ...published(2), handed(2), handed(1, { connection: 3, atMs: 1 })],
      'overtaken in m',
    ],
    [
      'first notices out of order',
      [...published(1), ...published(2), fact('noticed', { seq: 2 }), fact('noticed', { seq: 1 })],
      'overtaken in m',
    ],
  ],
  oneLease: [
    ['two leases at once', [handed(1), handed(1, { connection: 3, attempt: 2, atMs: 4_999 }, 2)], 'leased twice'],
    ['a lease that is refused early', [handed(1), fact('unsettled', { atMs: 4_999 })], 'lease_expired 1 ms early'],
    [
      'a lease that ends before its extension does',
      [
        handed(1),
        fact('settled', { settlement: 'extend', remainingMs: 9_000, atMs: 1_000 }),
        handed(1, { attempt: 2, atMs: 9_000 }, 2),
      ],
      '1000 ms too early',
    ],
  ],
  rising: [
    ['a token of a run before', [handed(1, {}, 7), fact('ended'), handed(2, {}, 6)], 'not above 7'],
    ['a token that is used twice', [handed(1, {}, 7), handed(2, {}, 7)], 'token 7 is used for'],
    ['a seq of a run before', [fact('receipt', { seq: 9 }), fact('ended'), fact('receipt', { n: 2, seq: 9 })], 'seq 9'],
    ['a seq of two events', [fact('receipt', { seq: 9 }), fact('receipt', { n: 2, seq: 9 })], 'and of event 1'],
  ],
  retentionKept: [
    ['a fetch that is told too early that all is gone', [fact('noticed'), fact('unfetched', { atMs: 4_999 })], '1 ms'],
  ],
  staleTokens: [
    ['a token that is used twice', [handed(1), ...acked(), ...acked()], 'after it was over'],
    ['a token that was superseded', [handed(1), handed(1, { attempt: 2 }, 2), ...acked(1)], 'though superseded'],
    ['a token of a run before', [handed(1), fact('ended'), ...acked()], 'after it was over'],
    ['a token of somebody else', [handed(1, { connection: 3 }), ...acked()], 'for a stranger'],
  ],
  publishedOnce: [
    [
      'a repetition that is taken for another event',
      [...published(1, withId), fact('publish', withId), fact('receipt', { seq: 2 })],
      'as another event',
    ],
    [
      'a repetition that gets another receipt',
      [...published(1, withId), fact('publish', withId), fact('receipt', { seq: 2, repeated: true })],
      'got seq 1, and then 2',
    ],
    ['an event that is in a mailbox twice', [handed(1), handed(1, { seq: 2 }, 2)], 'in m twice'],
  ],
  flushedFirst: [
    ['a durable receipt before its flush', [fact('publish'), fact('receipt'), fact('flushed')], 'is not flushed'],
    ['a delivery before its flush', [handed(1), fact('flushed')], 'before it was flushed'],
    [
      'a receipt that does not say what was asked for',
      [...MADE, fact('publish', { durable: true }), fact('receipt', { durable: false })],
      'does not say so',
    ],
  ],
  withinBounds: [
    ['too many events', [fact('inspected', { entries: 11 })], '11 events of 10'],
    ['too many bytes', [fact('inspected', { bytes: 1_001 })], '1001 bytes of 1000'],
  ],
  answered: [
    ['a publish without an answer', [fact('publish')], 'event 1 was never answered'],
    ['a settlement without an answer', [fact('settle')], 'lease 1 was never answered'],
    ['a refusal that is a fault of the broker', [fact('refused', { code: 'internal' })], 'internal'],
  ],
  healedSoon: [
    [
      'an event that waits though nothing is in its way',
      [
        ...MADE,
        ...published(),
        fact('healed', { atMs: 1 }),
        handed(1, { atMs: 10_002 }),
        fact('over', { atMs: 20_000 }),
      ],
      'came to m 10001 ms after',
    ],
    [
      'one that waits long after its lease and its rest',
      [
        ...MADE,
        ...published(),
        handed(1),
        fact('healed', { atMs: 1 }),
        handed(1, { attempt: 2, atMs: 16_001 }, 2),
        fact('over', { atMs: 20_000 }),
      ],
      'came to m 10001 ms after',
    ],
  ],
  timesKept: [
    ['an event after its time to live', [fact('publish', { ttlMs: 100 }), handed(1, { atMs: 301 })], '201 ms after'],
    ['an event before its delay is over', [fact('publish', { delayMs: 100 }), handed(1, { atMs: 99 })], '1 ms before'],
  ],
  pauseKept: [
    ['an event out of a mailbox that is paused', [fact('pause'), fact('paused'), handed(1)], 'which is paused'],
  ],
  asPublished: [
    ['an event that nobody sent', [handed(1)], 'nobody sent it'],
    ['an event that has changed', [...MADE, ...published(), handed(1, { x: 6 })], 'has changed'],
  ],
  asWanted: [
    [
      'an event that the mailbox does not want',
      [...MADE, ...published(1, { x: 2 }), handed(1, { x: 2 })],
      'not what m',
    ],
    [
      'an event of before the mailbox',
      [...published(), fact('attach'), fact('attached', { seq: 1 }), handed(1)],
      'not',
    ],
  ],
  lastValues: [
    [
      'an older value than the last',
      [
        ...published(1, { retain: true }),
        ...published(2, { retain: true }),
        fact('watched'),
        handed(1, { mailbox: undefined, retained: true }),
      ],
      'and seq 1 was told',
    ],
    ['a value that is not told', [...published(1, { retain: true }), fact('watched')], 'and seq 0 was told'],
  ],
  matchedTold: [
    ['a mailbox that is not counted', [...MADE, fact('publish'), fact('receipt', { matched: 0 })], 'says 0'],
    ['one that is counted too many', [...MADE, fact('publish'), fact('receipt', { matched: 2 })], 'says 2'],
    [
      'an event that somebody had to want',
      [fact('publish', { mandatory: true }), fact('receipt', { matched: 0 })],
      'had to',
    ],
  ],
  roomTold: [
    ['a refusal with room enough', [fact('unpublished', { code: 'store_full' })], 'want of disk'],
    [
      'a publish that is stored without room',
      [fact('disk'), fact('publish', { atMs: 6_000 }), fact('receipt', { atMs: 6_000 })],
      'too full',
    ],
  ],
};

describe.each(Object.keys(CHECKERS) as Name[])('the checker %s', (name) => {
  it.each(BAD[name])('finds %s', (_what, history, fault) => {
    expect(CHECKERS[name](history).join('\n')).toContain(fault);
  });
});

describe('the checkers', () => {
  const good: readonly (readonly [string, readonly Fact[]])[] = [
    ['an event on its plain way', [...MADE, ...published(), handed(1), ...acked(), fact('healed'), fact('over')]],
    [
      'an event that its consumer gives up, and another takes',
      [
        ...MADE,
        ...published(),
        handed(1),
        handed(1, { attempt: 2, connection: 3, atMs: 6_000 }, 2),
        fact('settle', { connection: 3, token: 2, atMs: 6_000 }),
        fact('settled', { connection: 3, token: 2, atMs: 6_000 }),
        fact('settle', { atMs: 6_001 }),
        fact('unsettled', { code: 'lease_superseded', atMs: 6_001 }),
      ],
    ],
    [
      'a restart in the middle of the work',
      [
        ...MADE,
        ...published(1, withId),
        handed(1),
        fact('ended', { atMs: 1 }),
        fact('started', { run: 2, atMs: 2 }),
        fact('publish', { ...withId, atMs: 2 }),
        fact('receipt', { repeated: true, atMs: 2 }),
        handed(1, { attempt: 2, atMs: 5_002, lease: lease(9) }),
        ...acked(9, 5_002),
      ],
    ],
    [
      'events that a mailbox does not want, or may lose',
      [
        ...MADE,
        fact('publish', { x: 2 }),
        fact('receipt', { matched: 0, durable: false }),
        ...published(2, { ttlMs: 5 }),
        ...published(3),
        fact('purge'),
        fact('publish', { n: 4, ref: 4 }),
        fact('unpublished', { n: 4 }),
        fact('refused'),
      ],
    ],
    [
      'an event that a predicate wants that nobody knows to be there',
      [...MADE, fact('replace', { threshold: 9 }), fact('ended'), ...published()],
    ],
  ];
  it.each(good)('find nothing in %s', (_what, history) => {
    expect(faultsOf(history)).toEqual([]);
  });
});
