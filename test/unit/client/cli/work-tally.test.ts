import { describe, expect, it } from 'vitest';
import { WorkTally } from '../../../../client/cli/work-tally.ts';

describe('WorkTally', () => {
  it('has as many workers as may work, and no more than events are wanted', () => {
    expect(new WorkTally({ wanted: 10, concurrency: 4 }).workers).toBe(4);
    expect(new WorkTally({ wanted: 3, concurrency: 4 }).workers).toBe(3);
    expect(new WorkTally({ wanted: Number.POSITIVE_INFINITY, concurrency: 2 }).workers).toBe(2);
  });

  it('lets a worker go when the others are enough for what is still wanted', () => {
    const tally = new WorkTally({ wanted: 3, concurrency: 2 });
    expect([tally.done(1), tally.workers]).toEqual(['go on', 2]);
    expect([tally.done(2), tally.workers]).toEqual(['enough', 1]);
    expect([tally.done(3), tally.workers]).toEqual(['enough', 0]);
  });

  it('lets nobody go for a failure, and forgets it once it is done', () => {
    const tally = new WorkTally({ wanted: 2, concurrency: 1 });
    tally.fail(7);
    tally.fail(8);
    tally.fail(7);
    expect(tally.failed).toEqual([7, 8]);
    expect(tally.done(7)).toBe('go on');
    expect(tally.failed).toEqual([8]);
  });
});
