import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../../../broker/protocol/index.ts';

/** Around the lengths where a text is written in another way, or its own length takes one byte more. */
const text = fc
  .tuple(
    fc.constantFrom('a', 'é', '€', '😀'),
    fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(63, 64, 127, 128, 16_383, 16_384)),
    fc.string({ unit: 'grapheme', maxLength: 5 }),
    fc.boolean(),
  )
  .map(([unit, times, more, before]) => (before ? more + unit.repeat(times) : unit.repeat(times) + more));

it('texts of any length and script come back, one after another', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 5 }), (texts) => {
      const to = new ByteWriter(16);
      for (const one of texts) to.string(one);
      const from = new ByteReader(to.written());
      expect(texts.map(() => from.string())).toEqual(texts);
      expect(from.done).toBe(true);
      const bytes = texts.reduce((sum, one) => sum + Buffer.byteLength(one) + varintBytes(Buffer.byteLength(one)), 0);
      expect(to.length).toBe(bytes);
    }),
  );
});

it('integers come back, and none over 2^53 - 1', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      const to = new ByteWriter();
      to.varint(value);
      expect(new ByteReader(to.written()).varint()).toBe(value);
    }),
  );
  for (const bytes of [[0x80], [], Array(8).fill(0xff), [...Array(7).fill(0xff), 0x1f]]) {
    const read = () => new ByteReader(Uint8Array.from(bytes)).varint();
    expect(read).toThrow(expect.objectContaining({ code: 'frame_malformed' }));
  }
});

function varintBytes(value: number): number {
  return value < 128 ? 1 : 1 + varintBytes(Math.floor(value / 128));
}
