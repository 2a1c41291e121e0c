import { expect, it } from 'vitest';
import { Scratch } from '../../../../broker/store/scratch.ts';

const BYTES_MAX = 256 * 1024;

it('gives out pieces that have nothing in common, until it is cleared', () => {
  const scratch = new Scratch(BYTES_MAX);
  for (let round = 0; round < 3; round++) {
    const pieces = [10, 100_000, 0, 300_000, 40_000].map((bytes, i) => scratch.take(bytes).fill(i + 1));
    expect(pieces.map(({ length }) => length)).toEqual([10, 100_000, 0, 300_000, 40_000]);
    for (const [i, piece] of pieces.entries()) expect(piece.every((byte) => byte === i + 1)).toBe(true);
    scratch.clear();
  }
});

it('uses the same memory again, up to its bound', () => {
  const scratch = new Scratch(BYTES_MAX);
  const take = (bytes: number) => scratch.take(bytes).buffer;
  take(50_000);
  scratch.clear();
  const memory = take(50_000);
  scratch.clear();
  expect(take(60_000)).toBe(memory);
  take(BYTES_MAX);
  scratch.clear();
  expect(take(BYTES_MAX).byteLength).toBe(BYTES_MAX);
  expect(take(1).byteLength).toBe(1);
});
