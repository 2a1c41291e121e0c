import { describe, expect, it } from 'vitest';
import { ORDER_CHECKERS, orderFaults } from '../support/order/checkers.ts';
import type { Event, OrderFact, Receiver } from '../support/order/history.ts';

const event = (name: string): Event => {
  const [publisher = '', number] = name.split('#');
  return { publisher, number: Number(number) };
};
const receiver = (name: string, order: Receiver['order'] = 'fifo', ordered = false): Receiver => ({
  name,
  order,
  ordered,
});
const published = (name: string): OrderFact => ({
  kind: 'published',
  client: event(name).publisher,
  event: event(name),
});
const delivered = (to: Receiver, ...names: readonly string[]): readonly OrderFact[] =>
  names.map((name) => ({ kind: 'delivered', client: to.name, receiver: to, event: event(name) }));
const acknowledged = (to: Receiver, name: string): OrderFact => ({
  kind: 'acknowledged',
  receiver: to,
  event: event(name),
});

const R = receiver('r');
const CAUSAL = receiver('c', 'causal');
const T1 = receiver('t1', 'total');
const T2 = receiver('t2', 'total');
const T3 = receiver('t3', 'total');
const ordered = (order: Receiver['order']): Receiver => receiver('o', order, true);

/** Ann asks, Ben is delivered that, and answers; Cleo is delivered the answer only, and remarks on it. */
const TALK: readonly OrderFact[] = [
  published('ann#1'),
  ...delivered(receiver('ben'), 'ann#1'),
  published('ben#1'),
  ...delivered(receiver('cleo'), 'ben#1'),
  published('cleo#1'),
];

const BAD: { readonly [N in keyof typeof ORDER_CHECKERS]: readonly (readonly [string, readonly OrderFact[]])[] } = {
  fifo: [
    ['two events of one publisher, the other way round', delivered(R, 'a#2', 'a#1')],
    ['the same with others between', delivered(R, 'a#2', 'b#1', 'b#2', 'a#1')],
    ['one that is first seen after a repetition of a later one', delivered(R, 'a#2', 'a#2', 'a#1')],
  ],
  causal: [
    ['an answer before the question', [...TALK, ...delivered(CAUSAL, 'ben#1', 'ann#1')]],
    ['a remark on the answer before the question', [...TALK, ...delivered(CAUSAL, 'cleo#1', 'ann#1')]],
    [
      'what the publisher had published before the answer, after it',
      [published('ann#1'), published('ann#2'), ...delivered(CAUSAL, 'ann#2', 'ann#1')],
    ],
  ],
  total: [
    ['two who disagree', [...delivered(T1, 'a#1', 'b#1'), ...delivered(T2, 'b#1', 'a#1')]],
    [
      'three, of whom any two agree',
      [...delivered(T1, 'a#1', 'b#1'), ...delivered(T2, 'b#1', 'c#1'), ...delivered(T3, 'c#1', 'a#1')],
    ],
    [
      'two who disagree about what is far apart',
      [...delivered(T1, 'a#1', 'x#1', 'x#2', 'b#1'), ...delivered(T2, 'b#1', 'y#1', 'a#1')],
    ],
  ],
  settledFirst: [
    ['the next of a publisher while the one before is with somebody', delivered(ordered('fifo'), 'a#1', 'a#2')],
    ['any other, where the order is total', delivered(ordered('total'), 'a#1', 'b#1')],
    ['an answer while the question is with somebody', [...TALK, ...delivered(ordered('causal'), 'ann#1', 'ben#1')]],
    [
      'one after another that came again and was not acknowledged then',
      [
        ...delivered(ordered('fifo'), 'a#1'),
        acknowledged(ordered('fifo'), 'a#1'),
        ...delivered(ordered('fifo'), 'a#1', 'a#2'),
      ],
    ],
  ],
  notAfterFollowers: [
    [
      'one that comes again when its follower has been worked on',
      [
        ...delivered(ordered('fifo'), 'a#1'),
        acknowledged(ordered('fifo'), 'a#1'),
        ...delivered(ordered('fifo'), 'a#2'),
        acknowledged(ordered('fifo'), 'a#2'),
        ...delivered(ordered('fifo'), 'a#1'),
      ],
    ],
  ],
};

describe.each(Object.entries(BAD))('the checker %s', (name, histories) => {
  it.each(histories)('finds %s', (_what, history) => {
    expect(ORDER_CHECKERS[name as keyof typeof ORDER_CHECKERS](history).length).toBeGreaterThan(0);
  });
});

describe('all checkers', () => {
  const good: readonly (readonly [string, readonly OrderFact[]])[] = [
    ['events of several publishers mixed', delivered(R, 'a#1', 'b#1', 'a#2', 'b#2')],
    ['gaps, and repetitions of what was seen', delivered(R, 'a#1', 'a#5', 'a#1', 'a#9')],
    ['an answer without the question', [...TALK, ...delivered(CAUSAL, 'ben#1', 'cleo#1')]],
    [
      'what has nothing to do with each other, either way round',
      [
        published('ann#1'),
        published('ben#1'),
        ...delivered(CAUSAL, 'ben#1', 'ann#1'),
        ...delivered(receiver('d', 'causal'), 'ann#1', 'ben#1'),
      ],
    ],
    [
      'total orders of overlapping parts',
      [...delivered(T1, 'a#1', 'b#1', 'c#1'), ...delivered(T2, 'a#1', 'c#1', 'd#1'), ...delivered(T3, 'b#1', 'd#1')],
    ],
    [
      'an order that is not total and disagrees with one that is',
      [...delivered(T1, 'a#1', 'b#1'), ...delivered(R, 'b#1', 'a#1')],
    ],
    [
      'one after the other, each acknowledged',
      [
        ...delivered(ordered('total'), 'a#1', 'a#1'),
        acknowledged(ordered('total'), 'a#1'),
        ...delivered(ordered('total'), 'b#1'),
      ],
    ],
  ];
  it.each(good)('find nothing wrong with %s', (_what, history) => {
    expect(orderFaults(history)).toEqual([]);
  });
});
