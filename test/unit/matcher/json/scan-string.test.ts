import { describe, expect, it } from 'vitest';
import { decodeString, scanString } from '../../../../matcher/json/scan-string.ts';

/** What JSON.parse says of the bytes between two quotes. */
function parsed(bytes: readonly number[]): string | undefined {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.of(0x22, ...bytes, 0x22)));
  } catch {
    return undefined;
  }
}

function scanned(bytes: readonly number[]): string | undefined {
  const quoted = Uint8Array.of(0x22, ...bytes, 0x22);
  const close = scanString(quoted, 1, quoted.length);
  if (Math.abs(close) !== quoted.length - 1) return undefined;
  return decodeString(quoted, 0, Math.abs(close));
}

describe('scanString', () => {
  it('takes every two bytes, and every beginning of three and four, as JSON.parse does', () => {
    const edges = [0x00, 0x22, 0x61, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff];
    const wrong: number[][] = [];
    const check = (bytes: number[]): void => {
      if (parsed(bytes) !== scanned(bytes)) wrong.push(bytes);
    };
    for (let first = 0; first < 256; first += 1) {
      check([first]);
      for (let second = 0; second < 256; second += 1) check([first, second]);
      for (const second of edges) {
        for (const third of edges) {
          check([first, second, third]);
          if (first >= 0xf0) for (const fourth of edges) check([first, second, third, fourth]);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('takes every escape as JSON.parse does, and refuses one that is cut off', () => {
    const wrong: string[] = [];
    const check = (text: string): void => {
      const bytes = [...new TextEncoder().encode(text)];
      if (parsed(bytes) !== scanned(bytes)) wrong.push(text);
    };
    for (let unit = 0; unit < 256; unit += 1) {
      const letter = String.fromCharCode(unit);
      check(`\\${letter}`);
      for (const before of ['\\u', '\\u0', '\\u00', '\\u00A', '\\ud83d\\u']) check(`${before}${letter}`);
      check(`\\u${letter}000`);
      check(`\\u00${letter}fz`);
    }
    for (const text of ['\\ud83d\\ude00', '\\ud83d', '\\ude00x', 'a\\', '\\\\', '\\\\"']) check(text);
    expect(wrong).toEqual([]);
  });
});
