import { describe, expect, it } from 'vitest';
import { RunCursor } from '../../../../broker/publish/published-run.ts';
import { Matcher } from '../../../../matcher/index.ts';
import { runOf } from '../../../support/runs.ts';

describe('RunCursor', () => {
  it('has each event matched, and its fault found, as the event by itself has', () => {
    const long = `{"x":1,"pad":"${'p'.repeat(20_000)}"}`;
    const run = runOf([
      { data: '{"x":1}' },
      { data: '{"x":2}' },
      { data: '{"x":1', time: 3 },
      { data: '{"x":1' },
      { data: '' },
      { data: '{"x":1}', contentType: 'text/plain' },
      { data: '{"x":1}', contentType: 'application/cloudevents+json' },
      { data: '{"x":1}', time: 2_000 },
      { data: long },
      { data: '{"x":[[[[1]]]]}' },
      { data: '{"x":1,"b":2,"c":3,"d":4}' },
      { data: '{"name":"abc"}' },
      { data: '{"x":1}' },
    ]);
    const matcher = new Matcher();
    matcher.add(0, { topic: 'a', when: 'x = 1' });
    matcher.add(1, { topic: 'a', when: "name LIKE '%c'" });
    matcher.add(2, { topic: 'a', when: 'x IS NULL AND $time > 0' });
    const cursor = new RunCursor(run);
    const seen = Array.from({ length: run.count }, (_, i) => {
      const { ids, count } = matcher.match(cursor.moveTo(i));
      return { ids: [...ids.subarray(0, count)].sort(), fault: cursor.fault };
    });
    const alone = Array.from({ length: run.count }, (_, i) => {
      const event = run.event(i);
      const { ids, count } = matcher.match(event);
      return { ids: [...ids.subarray(0, count)].sort(), fault: event.fault };
    });
    expect(seen).toEqual(alone);
    const missing = { ids: [2], fault: undefined };
    const one = { ids: [0], fault: undefined };
    const broken = { ids: [2], fault: 'not_json' };
    expect(seen).toEqual([
      one,
      { ids: [], fault: undefined },
      broken,
      broken,
      broken,
      missing,
      one,
      one,
      one,
      { ids: [2], fault: 'too_deep' },
      { ids: [2], fault: 'too_many_keys' },
      { ids: [1, 2], fault: undefined },
      one,
    ]);
  });
});

describe('PublishedRun', () => {
  it('keeps no event that was made of it when its publishing is over', () => {
    const run = runOf([{ data: '1' }, { data: '2' }]);
    const event = run.event(0);
    expect(run.event(0)).toBe(event);
    run.published();
    expect(run.event(0)).not.toBe(event);
    expect(run.event(0)).toMatchObject({ seq: event.seq, bytes: event.bytes });
  });
});
