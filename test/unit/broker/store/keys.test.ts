import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { next, numberIn, numberKey, rangeOf, textKey, textRange } from '../../../../broker/store/keys.ts';

const seq = fc.oneof(fc.maxSafeNat(), fc.nat(300), fc.constantFrom(2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER));
const within = (key: Uint8Array, { from, to }: { from: Uint8Array; to: Uint8Array }) =>
  Buffer.compare(from, key) <= 0 && Buffer.compare(key, to) < 0;

describe('keys of the store', () => {
  it('hold their numbers', () => {
    fc.assert(
      fc.property(seq, seq, (one, other) => {
        const key = numberKey('p', one, other);
        expect([numberIn(key, 0), numberIn(key, 1)]).toEqual([one, other]);
      }),
    );
  });

  it('are in the order of their numbers', () => {
    fc.assert(
      fc.property(seq, seq, (one, other) => {
        const order = Buffer.compare(numberKey('b', one), numberKey('b', other));
        expect(order).toBe(Math.sign(one - other));
      }),
    );
  });

  it('are in their range and in no other’s', () => {
    fc.assert(
      fc.property(fc.nat(5), fc.nat(100), fc.nat(100), fc.nat(5), (mailbox, from, first, other) => {
        const range = rangeOf('p', [mailbox], { from, to: from + 10 });
        const inside = mailbox === other && first >= from && first < from + 10;
        expect(within(numberKey('p', other, first), range)).toBe(inside);
        expect(within(numberKey('s', mailbox, first), range)).toBe(false);
        expect(within(numberKey('c', mailbox), range)).toBe(false);
      }),
    );
  });

  it('of texts are in the range of their kind, after those that came before', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), (text) => {
        const key = textKey('t', text);
        expect(within(key, textRange('t'))).toBe(true);
        expect(within(key, textRange('s'))).toBe(false);
        expect(within(key, textRange('t', key))).toBe(false);
        expect(Buffer.compare(key, next(key))).toBe(-1);
        expect(within(textKey('t', `${text}\u0000`), textRange('t', key))).toBe(true);
      }),
    );
  });
});
