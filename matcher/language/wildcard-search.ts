import { wildcardPartMax } from './limits.ts';

/** In a part of a LIKE pattern: `_`. No code point has this number. */
export const anyCodePoint = -1;

/** Offset behind the first place at or after `from` where the part fits, or -1. Offsets are UTF-16 code units. */
export type FindEnd = (text: string, from: number) => number;

/** Code points below this have their row in a table, others in a map. */
const tableSize = 128;

/** So many code points without the beginning of a fit, and it is worth a call of `indexOf` to find the next one. */
const idleMax = 16;

/**
 * Prepares the search for a part of a LIKE pattern in which `_` stands for any one code point, and which begins with
 * another one. Knuth-Morris-Pratt does not work with such wild cards; the bit-parallel Shift-And of Baeza-Yates and
 * Gonnet (CACM 35/10, 1992) does. Bit `i` of the state says: the last `i + 1` code points fit the first `i + 1` of the
 * part. Two words hold the 64 bits: `low` and `high`.
 *
 * Cost: one step for each code unit of the text, whatever both contain; nothing is allocated.
 *
 * @param part  at most {@link wildcardPartMax} code points; a lone surrogate is one
 * @throws RangeError if it is longer, which the parser refuses
 */
export function compileWildcardSearch(part: readonly number[]): FindEnd {
  if (part.length > wildcardPartMax) throw new RangeError(`${part.length} code points are too many to search for`);
  const { table, others, masks } = masksOf(part);
  const isLong = part.length > 32;
  const lastBit = 1 << ((part.length - 1) & 31);
  const opening = openingOf(part[0] as number);
  return (text, from) => {
    let low = 0;
    let high = 0;
    let idle = idleMax;
    for (let at = from; at < text.length; at++) {
      if ((low | high) !== 0) {
        idle = 0;
      } else if (++idle > idleMax) {
        at = text.indexOf(opening, at);
        if (at < 0) return -1;
        idle = 0;
      }
      const unit = text.charCodeAt(at);
      let row = 0;
      if (unit < tableSize) {
        row = table[unit] as number;
      } else {
        const point = text.codePointAt(at) as number;
        if (point > 0xffff) at++;
        row = others.get(point) ?? 0;
      }
      const carry = low >>> 31;
      // A one shifted into the lowest bit: the part can begin at every place.
      low = ((low << 1) | 1) & (masks[row] as number);
      if (isLong) high = ((high << 1) | carry) & (masks[row + 1] as number);
      if (((isLong ? high : low) & lastBit) !== 0) return at + 1;
    }
    return -1;
  };
}

/** What `indexOf` may look for to find where a part can begin. Half a surrogate pair can begin none, and halts nowhere. */
function openingOf(point: number): string {
  return isSurrogate(point) ? '' : String.fromCodePoint(point);
}

/** Whether a code point is a lone surrogate. */
export function isSurrogate(point: number): boolean {
  return point >= 0xd800 && point <= 0xdfff;
}

interface Masks {
  /** For each code point below {@link tableSize}, where its row of masks begins; 0 if the part does not have it. */
  readonly table: Uint8Array;
  /** The same for other code points. */
  readonly others: ReadonlyMap<number, number>;
  /** Rows of two words, low and high: the places that accept a code point. Row 0 is of those that accept any. */
  readonly masks: Int32Array;
}

function masksOf(part: readonly number[]): Masks {
  const distinct = [...new Set(part)].filter((point) => point !== anyCodePoint);
  const table = new Uint8Array(tableSize);
  const others = new Map<number, number>();
  const masks = new Int32Array(2 * (distinct.length + 1));
  for (const [index, point] of [anyCodePoint, ...distinct].entries()) {
    const row = 2 * index;
    if (point >= tableSize) others.set(point, row);
    else if (point !== anyCodePoint) table[point] = row;
    for (const [place, wanted] of part.entries()) {
      if (wanted !== point && wanted !== anyCodePoint) continue;
      const word = row + (place >>> 5);
      masks[word] = (masks[word] as number) | (1 << (place & 31));
    }
  }
  return { table, others, masks };
}
