import { describe, expect, it } from 'vitest';
import { contentBytes, encodeFrame, frameBytes, framesIn } from '../../../../broker/store/log-frame.ts';
import { BLOCK_BYTES } from '../../../../broker/store/segment.ts';
import type { Change } from '../../../../broker/store/store.ts';

const RUN = Buffer.from('this run');
const OTHER = Buffer.from('another.');

const put = (key: string, value: string | Uint8Array): Change => ({ key: Buffer.from(key), value: Buffer.from(value) });
const remove = (key: string): Change => ({ key: Buffer.from(key), value: undefined });

const shown = (changes: readonly Change[]): readonly string[] =>
  changes.map(({ key, value }) => `${Buffer.from(key)} ${value === undefined ? 'gone' : Buffer.from(value)}`);

/** With something of before in it. */
const memory = (): Uint8Array => new Uint8Array(8 * BLOCK_BYTES).fill(0xa5);

const encoded = (number: number, changes: readonly Change[], run = RUN): Uint8Array =>
  encodeFrame({ run, number }, changes, memory()).content.slice();

describe('a frame', () => {
  const changes = [put('a', '1'), remove('b'), put('c', ''), put('d', new Uint8Array(5_000).fill(65))];

  it('is read as it was written', () => {
    const content = encoded(7, changes);
    const frames = framesIn(content, RUN);
    expect(frames.map(({ number }) => number)).toEqual([7]);
    expect(shown(frames[0]?.changes ?? [])).toEqual(shown(changes));
    expect(frames[0]?.content).toEqual(content);
  });

  it('takes whole blocks, as many as it says', () => {
    for (const some of [[], [put('a', '1')], changes, [put('a', new Uint8Array(4_000))]]) {
      const content = encoded(1, some);
      expect(content.length).toBe(frameBytes(some));
      expect(content.length % BLOCK_BYTES).toBe(0);
      expect(content.length - contentBytes(some)).toBeGreaterThan(0);
      expect(content.length - contentBytes(some)).toBeLessThanOrEqual(frameBytes([]) + BLOCK_BYTES);
    }
  });

  it('has what it was given, whatever becomes of that', () => {
    const value = Buffer.from('as it was');
    const frame = encodeFrame({ run: RUN, number: 1 }, [{ key: Buffer.from('k'), value }], memory());
    value.fill(0);
    expect(shown(frame.changes)).toEqual(['k as it was']);
  });

  it('is none when any bit of it has turned', () => {
    const content = encoded(1, [put('key', 'value')]);
    const length = frameBytes([]) === BLOCK_BYTES ? new DataView(content.buffer).getUint32(4, true) : 0;
    expect(length).toBeGreaterThan(8);
    for (let bit = 0; bit < length * 8; bit++) {
      const turned = content.slice();
      turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(framesIn(turned, RUN)).toEqual([]);
    }
  });

  it('is none when it is cut short', () => {
    const content = encoded(1, changes);
    expect(framesIn(content.subarray(0, BLOCK_BYTES), RUN)).toEqual([]);
    expect(framesIn(content.slice().fill(0, BLOCK_BYTES), RUN)).toEqual([]);
  });
});

describe('frames in a segment', () => {
  it('are found wherever they begin, and those of other runs are passed over', () => {
    const large = put('large', new Uint8Array(10_000));
    const segment = Buffer.concat([
      encoded(1, [put('a', '1')]),
      new Uint8Array(BLOCK_BYTES).fill(255),
      encoded(9, [large], OTHER),
      encoded(2, [large]),
      encoded(3, []),
      new Uint8Array(100),
    ]);
    expect(framesIn(segment, RUN).map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(framesIn(segment, OTHER).map(({ number }) => number)).toEqual([9]);
    expect(framesIn(new Uint8Array(0), RUN)).toEqual([]);
  });
});
