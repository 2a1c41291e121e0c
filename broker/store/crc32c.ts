import { slicedCrc } from './sliced-crc.ts';

/** Castagnoli, bits reversed. */
const POLYNOMIAL = 0x82f63b78;

/** CRC32C, as in iSCSI and ext4: `crc32c(b, crc32c(a))` is the sum of a followed by b. Of a record of the store (`seal.ts`). */
export const crc32c = slicedCrc(POLYNOMIAL);
