import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Credit } from '../../../../broker/delivery/credit.ts';

const MAX = { events: 1_000_000, bytes: 1_000_000 };

describe('Credit', () => {
  it('is enough for as many of a run as if each had been sent by itself', () => {
    const bodies = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 40 });
    const some = fc.integer({ min: 0, max: 60 });
    fc.assert(
      fc.property(bodies, fc.nat(), some, some, some, (lengths, anyFrom, events, bytes, bytesMax) => {
        const starts = new Uint32Array(lengths.length + 1);
        for (const [i, length] of lengths.entries()) starts[i + 1] = (starts[i] as number) + length;
        const from = anyFrom % lengths.length;
        const together = new Credit({ events, bytes }, MAX);
        const single = new Credit({ events, bytes }, MAX);
        let expected = 0;
        let before = 0;
        for (const length of lengths.slice(from)) {
          if (!single.some || (expected > 0 && before >= bytesMax)) break;
          single.spend(length);
          before += length;
          expected += 1;
        }
        expect(together.spendRun(starts, from, lengths.length - from, bytesMax)).toBe(expected);
        expect(together.some).toBe(single.some);
        // What is left of both is the same when the same is enough for one more event.
        together.add(1, 100);
        single.add(1, 100);
        expect(together.spendRun(Uint32Array.of(0, 1), 0, 1)).toBe(single.spendRun(Uint32Array.of(0, 1), 0, 1));
      }),
    );
  });

  it('looks at few of a run, however little is added at a time', () => {
    let looks = 0;
    const starts = new Proxy(
      Uint32Array.from({ length: 65_536 }, (_, i) => 3 * i),
      {
        get(target, name) {
          looks += 1;
          return Reflect.get(target, name, target);
        },
      },
    );
    const credit = new Credit({ events: 65_536, bytes: 1 }, MAX);
    expect(credit.spendRun(starts, 0, 65_535)).toBe(1);
    expect(looks).toBeLessThan(40);
  });
});
