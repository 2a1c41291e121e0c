import { describe, expect, it } from 'vitest';
import { Arena, BLOCK_WORDS_MAX, CHUNK_MASK, CHUNK_SHIFT } from '../../../../matcher/index/arena.ts';

describe('Arena', () => {
  it('hands out blocks that do not overlap, and takes all memory back', () => {
    const arena = new Arena();
    const blocks: { address: number; words: number; mark: number }[] = [];
    for (let i = 0; i < 3000; i += 1) {
      const words = 1 + ((i * 37) % (i % 50 === 0 ? BLOCK_WORDS_MAX : 60));
      const address = arena.allocate(words);
      expect(arena.capacity(address)).toBeGreaterThanOrEqual(words);
      expect(address % 2).toBe(0);
      arena.ints[address >> CHUNK_SHIFT]?.fill(i, address & CHUNK_MASK, (address & CHUNK_MASK) + words);
      blocks.push({ address, words, mark: i });
      if (i % 3 === 2) arena.free((blocks.splice((i * 7) % blocks.length, 1)[0] as { address: number }).address);
    }
    for (const { address, words, mark } of blocks) {
      const start = address & CHUNK_MASK;
      expect(new Set(arena.ints[address >> CHUNK_SHIFT]?.subarray(start, start + words))).toEqual(new Set([mark]));
      expect(arena.startOf(address + words - 1)).toBe(address);
    }
    for (const { address } of blocks) arena.free(address);
    expect(arena.bytes).toBe(0);
  });

  it('refuses what no block can hold', () => {
    expect(() => new Arena().allocate(BLOCK_WORDS_MAX + 1)).toThrow(RangeError);
  });
});
