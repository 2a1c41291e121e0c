/** What this machine takes to read memory that no cache holds: the measure of every index that is larger than the caches. */
export interface FarReads {
  /** The memory that was read here and there. */
  readonly bytes: number;
  /** Nanoseconds a read whose address comes out of the one before. */
  readonly dependentNs: number;
  /** Nanoseconds a read whose address is known beforehand, so that the waits for many overlap. */
  readonly independentNs: number;
}

/** What a cache takes from memory at a time: 64 bytes. */
const LINE_WORDS = 16;
/** Short rounds, some of which nothing else on the machine falls into. */
const READS = 5_000;
const ROUNDS = 400;
/** Chunks as the matcher's arenas have them. */
const CHUNK_SHIFT = 14;
const CHUNK_MASK = (1 << CHUNK_SHIFT) - 1;

/** Measures over memory of so many bytes, which it takes for a second or two. Of all rounds the fastest: no read takes less. */
export function measureFarReads(bytes: number): FarReads {
  const lines = Math.max(2, Math.floor(bytes / 4 / LINE_WORDS));
  const chunks = cycleOf(lines);
  const dependent: number[] = [];
  const independent: number[] = [];
  let start = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const beginMs = performance.now();
    start = follow(chunks, start);
    const betweenMs = performance.now();
    start = (start + scatter(chunks, lines, round)) % lines;
    dependent.push(nanoseconds(betweenMs - beginMs));
    independent.push(nanoseconds(performance.now() - betweenMs));
  }
  return { bytes, dependentNs: Math.min(...dependent), independentNs: Math.min(...independent) };
}

/** Lines of which each names the next, all of them in one circle in random order (Sattolo). */
function cycleOf(lines: number): Int32Array[] {
  const next = Int32Array.from({ length: lines }, (_, i) => i);
  let state = 1;
  for (let i = lines - 1; i > 0; i -= 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * i);
    const kept = next[i] as number;
    next[i] = next[j] as number;
    next[j] = kept;
  }
  const words = lines * LINE_WORDS;
  const chunks = Array.from({ length: Math.ceil(words / (CHUNK_MASK + 1)) }, () => new Int32Array(CHUNK_MASK + 1));
  for (let line = 0; line < lines; line += 1) {
    const at = line * LINE_WORDS;
    (chunks[at >> CHUNK_SHIFT] as Int32Array)[at & CHUNK_MASK] = next[line] as number;
  }
  return chunks;
}

function follow(chunks: readonly Int32Array[], start: number): number {
  let line = start;
  for (let i = 0; i < READS; i += 1) {
    const at = line * LINE_WORDS;
    line = (chunks[at >> CHUNK_SHIFT] as Int32Array)[at & CHUNK_MASK] as number;
  }
  return line;
}

/** Returns what depends on all that was read, so that the reading is not optimised away. */
function scatter(chunks: readonly Int32Array[], lines: number, seed: number): number {
  let sum = 0;
  let state = seed;
  for (let i = 0; i < READS; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    const at = Math.floor(((state >>> 0) / 2 ** 32) * lines) * LINE_WORDS;
    sum ^= (chunks[at >> CHUNK_SHIFT] as Int32Array)[at & CHUNK_MASK] as number;
  }
  return sum;
}

function nanoseconds(milliseconds: number): number {
  return (milliseconds * 1e6) / READS;
}
