/**
 * Where a range is filed by its codes (see ruler.ts): in the cell that its low end is in, of a width no less than its own. So
 * a value lies in the range only if its own cell, or the one before, holds it.
 *
 *     cells, 2^bits of them     ├────────┼────────┼────────┼────────┤
 *     a range, filed in 1                   ├──────┤
 *     a value, looked up in 1 and 2                 ╵
 *
 * Within the cell, both ends are known to a 128th, and compared, with those of a second range, in one subtraction: a byte for each
 * end, whose top bit is set in the minuend and survives where there is no borrow.
 */
import * as rulerConstants from './ruler.ts';

// Own constants are compiled into the code; imported ones would be read from memory at each use.
const { CODE_BITS } = rulerConstants;

/** Cells are at least one code of a part in 128. */
export const BITS_MAX = CODE_BITS - 7;

/** The top bits of four bytes. */
export const GUARDS = 0x80808080 | 0;
/** One in each byte: subtracted from a query, what still passes is sure. */
export const HAIR = 0x01010101;

/** A query's half that every range passes, and surely. */
export const ANYWHERE = 0xffff;

/** No query of ranges: those have guards. */
export const NO_QUERY = 0;

/** The most bits for a cell as wide as from one code to another. */
export function bitsFor(low: number, high: number): number {
  const width = high - low;
  let bits = BITS_MAX;
  while (bits > 0 && 1 << (CODE_BITS - bits) < width) bits -= 1;
  return bits;
}

/** The cell of a code. */
export function cellOf(code: number, bits: number): number {
  return code >> (CODE_BITS - bits);
}

/** Half a signature: a range's ends within the cell it is filed in. */
export function endsOf(low: number, high: number, bits: number): number {
  const shift = CODE_BITS - bits - 7;
  const from = (low >> shift) & 0x7f;
  const to = ((high >> shift) - ((low >> shift) & ~0x7f)) >> 1;
  return from | ((0x7f - to) << 8);
}

/** Half a query: a value's position in its own cell, as `endsOf` is to be compared with it. */
export function queryInside(code: number, bits: number): number {
  const position = (code >> (CODE_BITS - bits - 7)) & 0x7f;
  return position | 0x80 | ((0xff - (position >> 1)) << 8);
}

/** The same in the cell before: past every low end. */
export function queryAfter(code: number, bits: number): number {
  const position = (code >> (CODE_BITS - bits - 7)) & 0x7f;
  return 0xff | ((0xff - ((0x80 + position) >> 1)) << 8);
}
