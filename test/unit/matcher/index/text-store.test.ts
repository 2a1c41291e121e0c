import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PIECES_MAX } from '../../../../matcher/index/text-pieces.ts';
import { TextStore } from '../../../../matcher/index/text-store.ts';

const corners = [
  '',
  '0',
  '.',
  '1.',
  '1.2.3',
  '\0',
  '\0\0',
  'a\0b',
  'é',
  '€',
  '\ufeff',
  '\ud800',
  '😀1😀',
  '7'.repeat(31),
  '7'.repeat(32),
  '7'.repeat(33),
  'x'.repeat(64),
  'x'.repeat(65),
  'x'.repeat(20_000),
  '€'.repeat(9000),
  '1x'.repeat(4000),
];

const arbitraryText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: fc.constantFrom('0', '9', '.', "'", ' AND ', 'site-', '\0', 'é'), maxLength: 60 }),
);

describe('TextStore', () => {
  it('gives every text back as it was, tells it from others, and gives all memory back when the last one goes', () => {
    fc.assert(
      fc.property(fc.array(arbitraryText), (texts) => {
        const store = new TextStore();
        const all = [...texts, ...corners];
        for (const [i, text] of all.entries()) store.add(i, text);
        for (const [i, text] of all.entries()) {
          expect(store.get(i)).toBe(text);
          expect(store.holds(i, text)).toBe(true);
          expect(store.holds(i, `${text}1`)).toBe(false);
          expect(store.holds(i, text.replace(/\d$/, 'x'))).toBe(!/\d$/.test(text));
        }
        for (const i of all.keys()) store.remove(i);
        expect(store.get(0)).toBeUndefined();
        store.reset();
        expect(store.bytes).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('keeps texts that have nothing in common, more than there is room for pieces', () => {
    const store = new TextStore();
    const letters = (i: number): string =>
      [...i.toString(26)].map((c) => String.fromCharCode(97 + Number.parseInt(c, 26))).join('');
    const text = (i: number): string => `${letters(i)} = 7${letters(i * 31)} or ${i}`;
    const count = PIECES_MAX * 2;
    for (let i = 0; i < count; i += 1) store.add(i, text(i));
    for (let i = 0; i < count; i += 2) store.remove(i);
    // Their pieces are free again, and the ones added now take them.
    for (let i = 0; i < count; i += 2) store.add(i, text(i + count));
    for (let i = 0; i < count; i += 1) expect(store.get(i)).toBe(text(i % 2 === 0 ? i + count : i));
    for (let i = 0; i < count; i += 1) store.remove(i);
    store.reset();
    expect(store.bytes).toBe(0);
  });

  it('takes little room for texts that differ in their numbers', () => {
    const store = new TextStore();
    const text = (i: number): string =>
      `devices/readings\0site = 'site-${i}' AND temperature > ${i / 100} AND humidity < 40`;
    for (let i = 0; i < 10_000; i += 1) store.add(i, text(i));
    expect(store.bytes / 10_000).toBeLessThan(text(9999).length / 2);
  });
});
