import { expect, test } from 'vitest';
import { BodyGathering } from '../../../../broker/transports/body-gathering.ts';

const BYTES_MAX = 1_000_000;

/** How many pieces of so many bytes it takes, of `count`. */
function taken(count: number, bytes: number): number {
  const gathering = new BodyGathering(BYTES_MAX);
  const piece = new Uint8Array(bytes);
  for (let i = 0; i < count; i++) if (!gathering.add(piece)) return i;
  return count;
}

test('a thousand pieces of a body may be as small as they like, and no more of it', () => {
  expect(taken(1_000, 1)).toBe(1_000);
  // A millisecond of work for the broker.
  expect(taken(20_000, 1)).toBeLessThan(1_100);
});

test('larger ones may be as many as the body has', () => {
  expect(taken(15_000, 64)).toBe(15_000);
  expect(taken(16_000, 64)).toBe(Math.floor(BYTES_MAX / 64));
});

test('who sent too much is told from who sent it in too many pieces', () => {
  const long = new BodyGathering(10);
  expect(long.add(new Uint8Array(11))).toBe(false);
  expect(long.isScattered).toBe(false);
  const scattered = new BodyGathering(BYTES_MAX);
  while (scattered.add(new Uint8Array(1)));
  expect(scattered.isScattered).toBe(true);
});
