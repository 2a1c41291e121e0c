/**
 * Moves labels apart that would overlap, keeping their order: from the wished positions, each at least `gap` after the
 * one before and within `low`…`high`. If there is no room for all, they stand evenly.
 *
 * @returns positions in the order of the wishes.
 */
export function spreadLabels(
  wished: readonly number[],
  { gap, low, high }: { readonly gap: number; readonly low: number; readonly high: number },
): number[] {
  const order = wished.map((_, i) => i).sort((a, b) => (wished[a] as number) - (wished[b] as number));
  const step = Math.min(gap, (high - low) / Math.max(1, wished.length - 1));
  const placed = new Array<number>(wished.length).fill(low);
  let next = low;
  for (const i of order) {
    placed[i] = Math.max(next, wished[i] as number);
    next = (placed[i] as number) + step;
  }
  // Back from the far end: what was pushed over it pushes the ones before.
  let last = high;
  for (const i of order.reverse()) {
    placed[i] = Math.min(last, placed[i] as number);
    last = (placed[i] as number) - step;
  }
  return placed;
}
