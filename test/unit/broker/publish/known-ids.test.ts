import { describe, expect, it } from 'vitest';
import { KnownIds } from '../../../../broker/publish/known-ids.ts';
import { StoredRuns } from '../../../support/stored.ts';

const WINDOW_MS = 10_000;

function started(runs = new StoredRuns(), { idsMax = 1_000, windowMs = WINDOW_MS } = {}) {
  const { journal, store } = runs.start();
  const known = new KnownIds({ journal, wallMs: () => runs.time.wallMs(), windowMs, idsMax });
  known.restore();
  const add = (id: string, seq: number) => {
    const flags = { unreadable: false, repeated: false };
    known.add('test', id, { seq, matched: 2, durable: seq !== 0, delayed: seq === 0, ...flags });
  };
  const has = (id: string) => known.find('test', id) !== undefined;
  return { runs, store, known, add, has, time: runs.time };
}

describe('KnownIds', () => {
  it('finds an id with its receipt, and whether that is flushed', () => {
    const { known, add, time } = started();
    add('a', 7);
    expect(known.find('test', 'a')).toMatchObject({ receipt: { seq: 7, matched: 2, durable: true }, flushed: false });
    time.settle();
    expect(known.find('test', 'a')?.flushed).toBe(true);
    expect(known.find('other', 'a')).toBeUndefined();
    expect([known.find(undefined, 'a'), known.find('test', undefined)]).toEqual([undefined, undefined]);
  });

  it('finds it in the next run', () => {
    const { runs, add, time } = started();
    add('a', 7);
    add('delayed', 0);
    time.settle();
    const again = started(runs);
    expect(again.known.find('test', 'a')).toMatchObject({
      receipt: { seq: 7, matched: 2, durable: true, unreadable: false, repeated: false, delayed: false },
      flushed: true,
    });
    expect(again.known.find('test', 'delayed')?.receipt).toMatchObject({ seq: 0, delayed: true });
  });

  it('does not find in the next run what was not flushed', () => {
    const { runs, add } = started();
    add('a', 7);
    expect(started(runs).has('a')).toBe(false);
  });

  it('forgets commit by commit, when the window is over', () => {
    const { add, has, time, known } = started();
    add('a', 1);
    time.settle();
    time.advance(WINDOW_MS / 2);
    add('b', 2);
    time.settle();
    time.advance(WINDOW_MS / 2);
    add('c', 3);
    time.settle();
    expect([has('a'), has('b'), has('c'), known.count]).toEqual([false, true, true, 2]);
  });

  it('forgets the oldest when there are too many, and knows it anew for a whole window', () => {
    const { add, has, time, known } = started(undefined, { idsMax: 2 });
    add('a', 1);
    add('b', 2);
    time.settle();
    time.advance(WINDOW_MS - 1_000);
    add('c', 3);
    expect([has('a'), known.forgotten]).toEqual([false, 1]);
    add('a', 4);
    time.settle();
    time.advance(2_000);
    add('d', 5);
    time.settle();
    // What the first commit knew of it is over; what the second knows is not.
    expect(known.find('test', 'a')?.receipt.seq).toBe(4);
  });

  it('leaves nothing in the store', () => {
    const { runs, add, time } = started();
    for (let i = 0; i < 20; i++) {
      add(`${i}`, i + 1);
      time.settle();
      time.advance(WINDOW_MS / 4);
    }
    expect(runs.count('i')).toBeLessThanOrEqual(5);
  });

  it('knows nothing without a window', () => {
    const { add, has, known } = started(undefined, { windowMs: 0 });
    add('a', 1);
    expect([has('a'), known.count]).toEqual([false, 0]);
  });
});
