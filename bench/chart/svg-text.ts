/** What every chart writes into its SVG. */

/** Half pixels and less are not seen; short numbers make a small file that changes little. */
export function place(position: number): string {
  return position.toFixed(1).replace(/\.0$/, '');
}

/** 0.1, 1, 10, … 1,000,000. */
export function tickText(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 9 });
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
