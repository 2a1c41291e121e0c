/** Colours a text, or leaves it as it is where colours are not wanted. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
}

const plain = (text: string): string => text;

const ansi = (start: number, end: number) => (text: string) => `\u001b[${start}m${text}\u001b[${end}m`;

export const noPaint: Paint = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain };

/** ECMA-48 select graphic rendition. */
export const ansiPaint: Paint = {
  bold: ansi(1, 22),
  dim: ansi(2, 22),
  red: ansi(31, 39),
  green: ansi(32, 39),
  yellow: ansi(33, 39),
};

/** Events hold what others wrote: a terminal must show control characters, not obey them. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
