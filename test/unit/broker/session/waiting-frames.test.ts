import { expect, test } from 'vitest';
import { Slices } from '../../../../broker/kernel/slices.ts';
import { decodeControls } from '../../../../broker/protocol/index.ts';
import { WaitingFrameBytes, WaitingFrames } from '../../../../broker/session/waiting-frames.ts';
import { TurningTime } from '../../../support/turning-time.ts';

const list = (...refs: number[]): string => JSON.stringify(refs.map((ref) => ({ kind: 'ping', ref })));

/** Frames that wait behind pings 1 to 3, each piece of work taking 0.4 ms. */
function waiting(max = 8_000) {
  const time = new TurningTime();
  const slices = new Slices(time);
  const bytes = new WaitingFrameBytes(max);
  const order: string[] = [];
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
    { controls: decodeControls(list(1, 2, 3)), from: 1 },
    () => order.push('caught up'),
  );
  // Somebody has spent the slice of this turn.
  expect(slices.spent).toBe(false);
  time.nowMs += 1;
  return { time, bytes, frames, order };
}

test('are done in order, data frames in their place, a slice a turn', () => {
  const { time, bytes, frames, order } = waiting();
  const frame = Uint8Array.of(7);
  frames.text(list(4), 20);
  frames.data(frame);
  frame[0] = 8;
  frames.text(list(5, 6), 30);
  expect(bytes.sum).toBe(51);
  time.turn();
  expect(order).toEqual(['ping 2', 'ping 3', 'ping 4']);
  time.turn();
  expect(order.slice(3)).toEqual(['data 7', 'ping 5', 'ping 6', 'caught up']);
  expect(bytes.sum).toBe(0);
});

test('are refused where one connection has an eighth of all, or all have as much as may wait', () => {
  const { bytes, frames } = waiting(800);
  expect([frames.text(list(4), 60), frames.text(list(5), 41), frames.data(new Uint8Array(41))]).toEqual([
    true,
    false,
    false,
  ]);
  expect(frames.data(new Uint8Array(40))).toBe(true);
  expect(bytes.sum).toBe(100);
  bytes.sum = 800;
  expect(frames.text(list(6), 1)).toBe(false);
});

test('are forgotten with their connection, and their bytes given back', () => {
  const { time, bytes, frames, order } = waiting();
  frames.text(list(4), 20);
  frames.end();
  time.turn();
  time.turn();
  expect([order, bytes.sum]).toEqual([[], 0]);
});
