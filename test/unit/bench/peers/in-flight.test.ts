import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keepBatchesInFlight, keepInFlight } from '../../../../bench/peers/in-flight.ts';

const ranges = fc.record({
  first: fc.integer({ min: 0, max: 1_000 }),
  count: fc.integer({ min: 1, max: 200 }),
  inFlight: fc.integer({ min: 1, max: 50 }),
});

/** Answers in the order that `pick` chooses, and notes what was sent and how much of it was without an answer. */
function receiver(pick: () => number) {
  const seen = { numbers: [] as number[], unanswered: 0, most: 0 };
  const waiting: { count: number; resolve: () => void }[] = [];
  const send = (numbers: readonly number[]): Promise<void> => {
    seen.numbers.push(...numbers);
    seen.unanswered += numbers.length;
    seen.most = Math.max(seen.most, seen.unanswered);
    return new Promise((resolve) => waiting.push({ count: numbers.length, resolve }));
  };
  const answerOne = (): boolean => {
    const [one] = waiting.splice(pick() % Math.max(1, waiting.length), 1);
    if (one === undefined) return false;
    seen.unanswered -= one.count;
    one.resolve();
    return true;
  };
  return { seen, send, answerOne };
}

describe.each([
  ['one by one', keepInFlight],
  ['in batches', keepBatchesInFlight],
] as const)('%s', (_name, keep) => {
  it('every number goes out once, in order, with no more unanswered than is allowed', async () => {
    await fc.assert(
      fc.asyncProperty(ranges, fc.infiniteStream(fc.nat()), async (range, picks) => {
        const { seen, send, answerOne } = receiver(() => picks.next().value as number);
        let done = false;
        const all = keep(range, (numbers: number | readonly number[]) =>
          send(typeof numbers === 'number' ? [numbers] : numbers),
        ).then(() => {
          done = true;
        });
        while (!done) {
          answerOne();
          await Promise.resolve();
          await Promise.resolve();
        }
        await all;
        expect(seen.numbers).toEqual(Array.from({ length: range.count }, (_, i) => range.first + i));
        expect(seen.most).toBeLessThanOrEqual(range.inFlight);
        expect(seen.unanswered).toBe(0);
      }),
    );
  });

  it('a refusal ends it, and nothing more is sent', async () => {
    let sent = 0;
    const refused = keep({ first: 0, count: 100, inFlight: 4 }, () => {
      sent += 1;
      return sent === 6 ? Promise.reject(new Error('no')) : Promise.resolve();
    });
    await expect(refused).rejects.toThrow('no');
    expect(sent).toBeLessThan(12);
  });
});
