import { expect, test } from 'vitest';
import { Slices } from '../../../../broker/kernel/slices.ts';
import { decodeControls } from '../../../../broker/protocol/index.ts';
import { WaitingFrameBytes, WaitingFrames } from '../../../../broker/session/waiting-frames.ts';
import { TurningTime } from '../../../support/turning-time.ts';

const list = (...refs: number[]): string => JSON.stringify(refs.map((ref) => ({ kind: 'ping', ref })));

/** What a frame is counted as, beside its bytes. */
const FRAME = 200;

interface Shared {
  readonly time: TurningTime;
  readonly slices: Slices;
  readonly order: string[];
}

/** Frames that wait behind pings 1 to 3, each piece of work taking 0.4 ms. */
function waiting(max = 8_000, bytes = new WaitingFrameBytes(max), shared: Partial<Shared> = {}) {
  const { time = new TurningTime(), order = [] } = shared;
  const slices = shared.slices ?? new Slices(time);
  const noted = (what: string): void => {
    order.push(what);
    time.nowMs += 0.4;
  };
  const worker = {
    decode: decodeControls,
    control: ({ ref }: { readonly ref: number }) => noted(`ping ${ref}`),
    data: (frame: Uint8Array) => noted(`data ${frame.join()}`),
  };
  const frames = new WaitingFrames(
    { slices, bytes },
    worker,
    { controls: decodeControls(list(1, 2, 3)), next: 1, size: 80 },
    () => order.push('caught up'),
  );
  // Somebody has spent the slice of this turn.
  if (shared.slices === undefined) expect(slices.spent).toBe(false);
  time.nowMs += 1;
  return { time, slices, bytes, frames, order };
}

test('are done in order, data frames in their place, a slice a turn', () => {
  const { time, bytes, frames, order } = waiting();
  const frame = Uint8Array.of(7);
  frames.text(list(4), 20);
  frames.data(frame);
  frame[0] = 8;
  frames.text(list(5, 6), 30);
  expect(bytes.sum).toBe(51 + 3 * FRAME);
  time.turn();
  expect(order).toEqual(['ping 2', 'ping 3', 'ping 4']);
  time.turn();
  expect(order.slice(3)).toEqual(['data 7', 'ping 5', 'ping 6', 'caught up']);
  expect(bytes.sum).toBe(0);
});

test('are refused where one connection has half of all, and of what others leave no more than half', () => {
  const { bytes, frames } = waiting(2 * (2 * FRAME + 100));
  expect([frames.text(list(4), 60), frames.text(list(5), 41), frames.data(new Uint8Array(41))]).toEqual([
    true,
    false,
    false,
  ]);
  expect(frames.data(new Uint8Array(40))).toBe(true);
  expect(bytes.sum).toBe(2 * FRAME + 100);
  const other = waiting(0, bytes).frames;
  expect([other.text(list(6), 51), other.text(list(6), 50)]).toEqual([false, true]);
});

test('are bounded also where they are empty', () => {
  const { bytes, frames } = waiting(10_000);
  const kept = Array.from({ length: 100 }, (_, i) => (i % 2 ? frames.text('', 0) : frames.data(new Uint8Array(0))));
  expect([kept.filter(Boolean).length, bytes.sum]).toEqual([25, 25 * FRAME]);
});

test('are decoded only while little is that is not done', () => {
  const { time, slices, bytes, frames, order } = waiting(20_000);
  const other = waiting(0, bytes, { time, slices, order });
  const size = 1_000;
  frames.text(list(4, 5, 6, 7), size);
  other.frames.text(list(14, 15), size);
  for (let turns = 0; turns < 20 && order.length < 12; turns++) time.turn();
  // The other's begin when these are done.
  expect(order.indexOf('ping 7')).toBeLessThan(order.indexOf('ping 14'));
  expect(order.filter((what) => what === 'caught up')).toHaveLength(2);
  expect(bytes.mayDecode(20_000)).toBe(true);
});

test('are forgotten with their connection, and their bytes given back', () => {
  const { time, bytes, frames, order } = waiting();
  frames.text(list(4), 20);
  frames.end();
  time.turn();
  time.turn();
  expect([order, bytes.sum]).toEqual([[], 0]);
});
