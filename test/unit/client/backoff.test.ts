import { expect, test } from 'vitest';
import { backoffMs, DEFAULT_RECONNECT } from '../../../client/backoff.ts';

test('the bound doubles from the least to the most, and the wait is anywhere below it', () => {
  const bounds = [0, 1, 2, 6, 7, 1_000_000].map((attempt) => backoffMs(attempt, DEFAULT_RECONNECT, 1));
  expect(bounds).toEqual([100, 200, 400, 6_400, 10_000, 10_000]);
  expect(backoffMs(3, DEFAULT_RECONNECT, 0)).toBe(0);
  expect(backoffMs(3, DEFAULT_RECONNECT, 0.5)).toBe(400);
});
