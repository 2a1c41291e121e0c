import fc from 'fast-check';
import { expect, it } from 'vitest';
import { crc32c } from '../../../../broker/store/crc32c.ts';

/** RFC 3720, appendix B.4. */
const KNOWN: readonly (readonly [bytes: readonly number[], sum: number])[] = [
  [new Array(32).fill(0), 0x8a9136aa],
  [new Array(32).fill(0xff), 0x62a8ab43],
  [Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  [Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
  [[...'123456789'].map((digit) => digit.charCodeAt(0)), 0xe3069283],
  [[], 0],
];

it.each(KNOWN)('the sums that others get too: %j', (bytes, sum) => {
  expect(crc32c(Uint8Array.from(bytes))).toBe(sum);
});

it('is what one bit after another comes to', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
      expect(crc32c(bytes)).toBe(bitwise(bytes));
    }),
  );
});

it('of two parts is that of the whole', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(40), (bytes, cut) => {
      expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(crc32c(bytes));
    }),
  );
});

function bitwise(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0x82f63b78 : sum >>> 1;
  }
  return ~sum >>> 0;
}
