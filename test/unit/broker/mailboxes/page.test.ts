import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OpenPage, Page } from '../../../../broker/mailboxes/page.ts';
import { ProtocolError } from '../../../../broker/protocol/index.ts';

const entry = fc.record({
  step: fc.integer({ min: 1, max: 1_000 }),
  size: fc.nat(300_000),
  livesMs: fc.option(fc.nat(1_000_000), { nil: undefined }),
});

describe('a page', () => {
  it('is read as it was written, with those that gave way settled', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 2 ** 42 }),
        fc.array(entry, { minLength: 1, maxLength: 50 }),
        fc.nat(60),
        (first, storedMs, entries, dropped) => {
          const open = new OpenPage(first, storedMs);
          let seq = first - 1;
          const expected = entries.map(({ step, size, livesMs }) => {
            seq += step;
            return { seq, size, expiresMs: livesMs === undefined ? 0 : storedMs + livesMs };
          });
          for (const { seq: one, size, expiresMs } of expected) open.add(one, size, expiresMs);
          const gone = Array.from({ length: dropped }, () => open.drop());
          expect(gone.filter((one) => one !== undefined)).toEqual(
            expected.slice(0, dropped).map(({ seq: one, size }) => ({ seq: one, size })),
          );
          const page = open.closed();
          expect(page.places.map(({ page: _, index: __, ...place }) => place)).toEqual(expected);
          expect(page).toMatchObject({ first, storedMs, lastSeq: seq, left: Math.max(0, expected.length - dropped) });
          const ends = expected.map(({ expiresMs }) => (expiresMs === 0 ? Number.POSITIVE_INFINITY : expiresMs));
          expect(page.expiresMs).toBe(Math.max(...ends));

          const again = new Page(first, open.bytes(), page.state.bytes());
          expect(again.places.map(({ index }) => again.state.isSettled(index))).toEqual(
            expected.map((_, index) => index < dropped),
          );
          expect(again).toMatchObject({ left: page.left, storedMs, lastSeq: seq });
        },
      ),
    );
  });

  it('takes entries also after some gave way', () => {
    const open = new OpenPage(1, 100);
    open.add(1, 10, 0);
    expect(open.drop()).toEqual({ seq: 1, size: 10 });
    expect(open.drop()).toBeUndefined();
    open.add(2, 20, 0);
    expect(open.drop()).toEqual({ seq: 2, size: 20 });
    expect(open.closed().left).toBe(0);
  });

  it('that is cut short is refused', () => {
    const open = new OpenPage(1, 100);
    open.add(300, 1_000, 0);
    const bytes = open.bytes();
    expect(() => new Page(1, bytes.subarray(0, bytes.length - 1))).toThrow(ProtocolError);
    expect(() => new Page(1, bytes, new Uint8Array([0, 5]))).toThrow(ProtocolError);
  });
});
