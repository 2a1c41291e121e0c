import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CRC32_POLYNOMIAL, frameSum } from '../../../../broker/store/frame-sum.ts';
import { slicedCrc } from '../../../../broker/store/sliced-crc.ts';

it('is the same sum where Node does not have it', () => {
  const own = slicedCrc(CRC32_POLYNOMIAL);
  expect(own(Buffer.from('123456789'))).toBe(0xcbf43926);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
      expect(own(bytes)).toBe(frameSum(bytes));
    }),
  );
});
