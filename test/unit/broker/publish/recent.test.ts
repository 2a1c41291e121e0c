import { describe, expect, it } from 'vitest';
import { RecentEvents } from '../../../../broker/publish/recent.ts';
import { runOf } from '../../../support/runs.ts';

const utf8 = new TextDecoder();

function dataOf(recent: RecentEvents, seq: number): string | undefined {
  const found = recent.recall(seq);
  return found && utf8.decode(found.body.data);
}

describe('RecentEvents', () => {
  it('has each event of a run as if it had come by itself', () => {
    const bodies = [{ data: '1' }, { data: '22', time: 3 }, { data: '333', contentType: 'text/plain' }];
    const recent = new RecentEvents({ events: 10, bytes: 1_000 });
    const single = new RecentEvents({ events: 10, bytes: 1_000 });
    const run = runOf(bodies);
    recent.rememberRun(run);
    for (let i = 0; i < bodies.length; i++) single.remember(run.event(i));
    for (let seq = 6; seq <= 10; seq++) expect(recent.recall(seq)).toEqual(single.recall(seq));
    expect(recent.recall(8)?.time).toBe(3);
    expect(dataOf(recent, 9)).toBe('333');
  });

  it('forgets the oldest, by number and by bytes, also of one run', () => {
    const recent = new RecentEvents({ events: 3, bytes: 1_000 });
    recent.rememberRun(runOf(Array.from({ length: 5 }, (_, i) => ({ data: String(i) }))));
    expect([7, 8, 9, 10, 11].map((seq) => dataOf(recent, seq))).toEqual([undefined, undefined, '2', '3', '4']);
    const narrow = new RecentEvents({ events: 10, bytes: 12 });
    narrow.rememberRun(runOf([{ data: 'a' }, { data: 'b' }]));
    narrow.rememberRun(runOf([{ data: 'c' }, { data: 'd' }, { data: 'e' }], 9));
    expect([7, 8, 9, 10, 11].map((seq) => dataOf(narrow, seq))).toEqual([undefined, undefined, 'c', 'd', 'e']);
    narrow.rememberRun(runOf([{ data: 'longer than all of it' }, { data: 'f' }], 12));
    expect([11, 12, 13].map((seq) => dataOf(narrow, seq))).toEqual(['e', undefined, 'f']);
  });
});
