/**
 * Fewer items that still fail, in their order: Zeller's delta debugging ("Yesterday, my program worked", 1999). Tries to
 * leave out ever smaller pieces, until no single item can go.
 *
 * @param fails Must be true of `items`, and answer alike for alike.
 * @param triesMax After so many calls of `fails`, what is left then is returned.
 */
export function shrink<T>(
  items: readonly T[],
  fails: (items: readonly T[]) => boolean,
  triesMax = 3_000,
): readonly T[] {
  let left = items;
  let piece = Math.ceil(left.length / 2);
  let tries = 0;
  while (piece >= 1 && tries < triesMax) {
    let isShorter = false;
    for (let from = 0; from < left.length && tries < triesMax; ) {
      const without = [...left.slice(0, from), ...left.slice(from + piece)];
      tries += 1;
      if (fails(without)) {
        left = without;
        isShorter = true;
      } else {
        from += piece;
      }
    }
    if (piece === 1 && !isShorter) break;
    piece = isShorter ? Math.min(piece, Math.ceil(left.length / 2)) : Math.ceil(piece / 2);
    if (left.length === 0) break;
  }
  return left;
}
