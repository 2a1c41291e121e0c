import { expect, it } from 'vitest';
import { BODY_BYTES, bodyOf, numberOf } from '../../../../bench/peers/body.ts';

it.each([0, 7, 10, 123_456, 999_999_999_999])('event %i has a body of its own that tells its number', (n) => {
  const body = bodyOf(n);
  expect(body).toHaveLength(BODY_BYTES);
  expect(Number(JSON.parse(body.toString()).n)).toBe(n);
  expect(numberOf(body)).toBe(n);
});

it('a body that was changed, cut or never made has no number', () => {
  for (let at = 0; at < BODY_BYTES; at += 1) {
    const body = bodyOf(41);
    body[at] = 33;
    expect(numberOf(body)).toBe(-1);
  }
  expect(numberOf(bodyOf(41).subarray(0, BODY_BYTES - 1))).toBe(-1);
  expect(numberOf(Buffer.concat([bodyOf(41), Buffer.alloc(1)]))).toBe(-1);
  expect(numberOf(Buffer.alloc(0))).toBe(-1);
});
