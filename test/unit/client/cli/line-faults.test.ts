import { describe, expect, it } from 'vitest';
import { LineFaults } from '../../../../client/cli/line-faults.ts';

describe('LineFaults', () => {
  it('tells once of neighbouring lines with the same fault, in the order of the lines', () => {
    const faults = new LineFaults();
    const [away, broken] = [new Error('the broker is away'), new Error('not JSON')];
    faults.add(3, broken);
    for (const line of [1, 2, 4, 5]) faults.add(line, away);
    faults.add(7, away);
    expect(faults.take()).toEqual([
      { first: 1, last: 2, error: away },
      { first: 3, last: 3, error: broken },
      { first: 4, last: 5, error: away },
      { first: 7, last: 7, error: away },
    ]);
  });

  it('tells of nothing twice, and counts all', () => {
    const faults = new LineFaults();
    faults.add(1, new Error('a'));
    faults.take();
    faults.add(2, new Error('a'));
    expect(faults.take()).toMatchObject([{ first: 2, last: 2 }]);
    expect(faults.take()).toEqual([]);
    expect(faults.count).toBe(2);
  });
});
