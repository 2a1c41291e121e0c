import { describe, expect, it } from 'vitest';
import type { EventLog } from '../../../../broker/log/event-log.ts';
import { eventOf, StoredRuns } from '../../../support/stored.ts';

/** A log that has asked to be written, as pages do it. */
function started(runs = new StoredRuns(), cacheBytesMax?: number) {
  const { journal, log, store } = runs.start(cacheBytesMax);
  journal.addWriter((group) => log.write(group));
  /** Stores an event for so many mailboxes. */
  const keep = (seq: number, mailboxes = 1, data?: string) => {
    const event = eventOf(data === undefined ? { seq } : { seq, data });
    const firsts = Array.from({ length: mailboxes }, () => log.keep(event, 0));
    return firsts[0] as number;
  };
  return { runs, journal, log, store, keep, flush: () => runs.time.settle() };
}

const dataOf = (log: EventLog, first: number, seq: number) => {
  const found = log.read(first, seq);
  return found === undefined ? undefined : Buffer.from(found.body.data).toString();
};

describe('EventLog', () => {
  it('stores an event once, however many keep it', () => {
    const { log, keep, flush, runs } = started();
    const first = keep(7, 3);
    for (let i = 0; i < 3; i++) log.refer(first);
    flush();
    expect([runs.count('b'), runs.count('r')]).toEqual([1, 1]);
    expect(log.lastSeq).toBe(7);
    expect(dataOf(log, first, 7)).toBe('7');
  });

  it('reads an event before it is flushed, while it is, and after', () => {
    const { log, keep, flush, store } = started(new StoredRuns(), 1);
    const first = keep(1);
    log.refer(first);
    expect(dataOf(log, first, 1)).toBe('1');
    store.hold();
    flush();
    expect(dataOf(log, first, 1)).toBe('1');
    store.letGo();
    flush();
    expect(dataOf(log, first, 1)).toBe('1');
  });

  it('puts events of one commit into one block, until it is long', () => {
    const { log, keep, flush, runs } = started();
    const firsts = new Set<number>();
    for (let seq = 1; seq <= 100; seq++) {
      const first = keep(seq, 1, 'x'.repeat(10_000));
      if (!firsts.has(first)) log.refer(first);
      firsts.add(first);
    }
    flush();
    expect(firsts.size).toBe(4);
    expect(runs.count('b')).toBe(4);
    const next = keep(101);
    expect(next).toBe(101);
  });

  it('begins another block when it is told to', () => {
    const { log, keep } = started();
    expect([keep(1), keep(2)]).toEqual([1, 1]);
    log.cut();
    expect([keep(3), keep(4)]).toEqual([3, 3]);
  });

  it('stores nothing for nobody', () => {
    const { log, keep, flush, runs } = started();
    const first = keep(1);
    log.refer(first);
    log.release(first);
    keep(2);
    flush();
    expect(runs.count('b')).toBe(0);
    expect(dataOf(log, first, 1)).toBeUndefined();
  });

  it('frees a block with the last who refers to it, also after a restart', () => {
    const { log, keep, flush, runs } = started();
    const first = keep(1, 3);
    for (let i = 0; i < 3; i++) log.refer(first);
    flush();
    log.release(first);
    flush();
    expect(runs.count('b')).toBe(1);
    const again = started(runs);
    again.log.release(first);
    again.flush();
    expect(dataOf(again.log, first, 1)).toBe('1');
    again.log.release(first);
    again.flush();
    expect([runs.count('b'), runs.count('r')]).toEqual([0, 0]);
    expect(dataOf(again.log, first, 1)).toBeUndefined();
  });

  it('is referred to once more, but not when it is going', () => {
    const { log, keep, flush, runs } = started();
    const first = keep(1);
    log.refer(first);
    flush();
    expect(log.refer(first)).toBe(true);
    log.release(first);
    log.release(first);
    expect(log.refer(first)).toBe(false);
    flush();
    expect(runs.count('b')).toBe(0);
  });

  it('counts the bytes that wait to be flushed', () => {
    const { log, keep, flush, store } = started();
    log.refer(keep(1, 1, 'x'.repeat(1_000)));
    expect(log.pendingBytes).toBeGreaterThan(1_000);
    store.hold();
    flush();
    log.refer(keep(2, 1, 'x'.repeat(1_000)));
    expect(log.pendingBytes).toBeGreaterThan(2_000);
    store.letGo();
    flush();
    expect(log.pendingBytes).toBe(0);
  });

  it('finds blocks by where they begin', () => {
    const { log, keep, flush } = started();
    for (const seq of [10, 20, 30]) {
      log.refer(keep(seq));
      flush();
    }
    expect(log.firsts(0, 100, 10)).toEqual([10, 20, 30]);
    expect(log.firsts(11, 30, 10)).toEqual([20]);
    expect(log.firsts(0, 100, 2)).toEqual([10, 20]);
    expect([9, 10, 15, 25, 1_000].map((seq) => log.firstBefore(seq))).toEqual([undefined, 10, 10, 20, 30]);
  });
});
