/**
 * CRC32C (Castagnoli), as in iSCSI and ext4: all errors of up to 32 neighbouring bits are found, and of others all but
 * one in four thousand million. Eight bytes a step ("slicing by 8", Kounavis and Berry 2005), some hundred MB/s and
 * more.
 *
 * `crc` continues an earlier result: `crc32c(b, crc32c(a))` is the sum of a followed by b.
 */
export function crc32c(bytes: Uint8Array, crc = 0): number {
  const end = bytes.length;
  const slicedEnd = end - (end % 8);
  let sum = ~crc;
  let i = 0;
  for (; i < slicedEnd; i += 8) {
    const low =
      sum ^
      ((bytes[i] as number) |
        ((bytes[i + 1] as number) << 8) |
        ((bytes[i + 2] as number) << 16) |
        ((bytes[i + 3] as number) << 24));
    sum =
      (T7[low & 0xff] as number) ^
      (T6[(low >>> 8) & 0xff] as number) ^
      (T5[(low >>> 16) & 0xff] as number) ^
      (T4[low >>> 24] as number) ^
      (T3[bytes[i + 4] as number] as number) ^
      (T2[bytes[i + 5] as number] as number) ^
      (T1[bytes[i + 6] as number] as number) ^
      (T0[bytes[i + 7] as number] as number);
  }
  for (; i < end; i++) sum = (sum >>> 8) ^ (T0[(sum ^ (bytes[i] as number)) & 0xff] as number);
  return ~sum >>> 0;
}

/** Bits reversed. */
const POLYNOMIAL = 0x82f63b78;

/** What a byte does to the sum, for each of its values. */
const T0 = Int32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ POLYNOMIAL : sum >>> 1;
  return sum;
});

// And what it does when one to seven bytes come after it.
const T1 = oneFurther(T0);
const T2 = oneFurther(T1);
const T3 = oneFurther(T2);
const T4 = oneFurther(T3);
const T5 = oneFurther(T4);
const T6 = oneFurther(T5);
const T7 = oneFurther(T6);

function oneFurther(table: Int32Array): Int32Array {
  return table.map((sum) => (sum >>> 8) ^ (T0[sum & 0xff] as number));
}
