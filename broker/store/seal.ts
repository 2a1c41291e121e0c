import { crc32c } from './crc32c.ts';
import { StoreError } from './store.ts';

/**
 * How a value lies in a store, so that what the disk made of it is not taken for what was written:
 *
 *     0     4         5   6             8
 *     | CRC | version | 0 | key's length | value …
 *
 * Little-endian. The CRC32C is that of the key, then of all that follows it here. Eight bytes, so that a value begins
 * where a column of numbers may. What the version means will change; where it is, and the sum, will not.
 */
export const SEAL_BYTES = 8;

/** What the records of all kinds look like: raised with the first of them that is written otherwise. 1: blocks without stretches, or without provenance. */
const VERSION = 2;
const VERSION_AT = 4;
const KEY_LENGTH_AT = 6;

/** A copy of the value, sealed: in `record` if it is given, which is `SEAL_BYTES` longer than the value. */
export function sealed(
  key: Uint8Array,
  value: Uint8Array,
  record: Buffer = Buffer.allocUnsafe(SEAL_BYTES + value.length),
): Uint8Array {
  record[VERSION_AT] = VERSION;
  record[VERSION_AT + 1] = 0;
  record.writeUInt16LE(key.length, KEY_LENGTH_AT);
  record.set(value, SEAL_BYTES);
  record.writeUInt32LE(sumOf(key, record));
  return record;
}

export type SealState = 'whole' | 'broken' | 'older' | 'newer';

/** Whether a record is as it was written, and by a broker that writes them as this one does. */
export function sealOf(key: Uint8Array, record: Uint8Array): SealState {
  if (record.length < SEAL_BYTES) return 'broken';
  const sum = new DataView(record.buffer, record.byteOffset).getUint32(0, true);
  if (sum !== sumOf(key, record)) return 'broken';
  const version = record[VERSION_AT] as number;
  if (version === VERSION) return 'whole';
  return version < VERSION ? 'older' : 'newer';
}

function sumOf(key: Uint8Array, record: Uint8Array): number {
  return crc32c(record.subarray(VERSION_AT), crc32c(key));
}

/** `store_version`: why a record that is whole cannot be read. */
export function versionError(state: 'older' | 'newer'): StoreError {
  return new StoreError(
    'store_version',
    `the store was written by ${state === 'older' ? 'an older' : 'a newer'} version of Tellwhen, which this one cannot read`,
  );
}
