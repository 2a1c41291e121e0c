/** In a segment of a LIKE pattern: `_`. No code point has this number. */
export const anyCodePoint = -1;

/** Index of the first place at or after `from` where the segment fits, or -1. Indexes count code points. */
export type WildcardSearch = (points: Int32Array, from: number) => number;

/** Whether the segment fits at this place, which must leave room for it. */
export function matchesAt(points: Int32Array, at: number, segment: readonly number[]): boolean {
  return segment.every((wanted, i) => wanted === anyCodePoint || wanted === points[at + i]);
}

/**
 * Prepares the search for a segment of a LIKE pattern in which `_` stands for any one code point. Knuth-Morris-Pratt
 * does not work with such wild cards; the bit-parallel Shift-And of Baeza-Yates and Gonnet (CACM 35/10, 1992) does. Bit
 * `i` of the state says: the last `i + 1` code points fit the first `i + 1` of the segment.
 *
 * Cost: for each code point of the text, one step for every 32 of the segment.
 */
export function compileWildcardSearch(segment: readonly number[]): WildcardSearch {
  const words = Math.ceil(segment.length / 32);
  const { masks, otherwise } = masksOf(segment, words);
  const lastWord = words - 1;
  const lastBit = 1 << ((segment.length - 1) % 32);
  return (points, from) => {
    const state = new Int32Array(words);
    for (let at = from; at < points.length; at++) {
      const mask = masks.get(points[at] as number) ?? otherwise;
      // A one shifted into the lowest bit: the segment can begin at every place.
      let carry = 1;
      for (let word = 0; word < words; word++) {
        const before = state[word] as number;
        state[word] = ((before << 1) | carry) & (mask[word] as number);
        carry = before >>> 31;
      }
      if (((state[lastWord] as number) & lastBit) !== 0) return at - segment.length + 1;
    }
    return -1;
  };
}

/** For each code point of the segment the places that accept it; `otherwise` are the places that accept any. */
function masksOf(segment: readonly number[], words: number): { masks: Map<number, Int32Array>; otherwise: Int32Array } {
  const otherwise = new Int32Array(words);
  const masks = new Map<number, Int32Array>();
  segment.forEach((point, i) => {
    if (point === anyCodePoint) setBit(otherwise, i);
  });
  segment.forEach((point, i) => {
    if (point === anyCodePoint) return;
    let mask = masks.get(point);
    if (mask === undefined) {
      mask = otherwise.slice();
      masks.set(point, mask);
    }
    setBit(mask, i);
  });
  return { masks, otherwise };
}

function setBit(mask: Int32Array, bit: number): void {
  const word = bit >>> 5;
  mask[word] = (mask[word] as number) | (1 << (bit & 31));
}
