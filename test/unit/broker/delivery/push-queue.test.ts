import { describe, expect, it } from 'vitest';
import { HeldEvents } from '../../../../broker/delivery/held-events.ts';
import { PushQueue } from '../../../../broker/delivery/push-queue.ts';
import { runOf } from '../../../support/runs.ts';

const texts = (count: number) => Array.from({ length: count }, (_, i) => ({ data: `{"x":${i}}` }));

function queued(count: number, from: number, to: number) {
  const held = new HeldEvents(1_000_000);
  const queue = new PushQueue(held, 100);
  const run = runOf(texts(count));
  for (let i = from; i < to; i++) queue.addOf(run, i);
  return { held, queue, run };
}

describe('PushQueue', () => {
  it('keeps a run as one, however many of it wait', () => {
    const { held, queue, run } = queued(50, 10, 40);
    expect(queue.length).toBe(30);
    expect(queue.bytes).toBe(run.bodies.slice(10, 30).length);
    expect(queue.peek()).toMatchObject({ run, from: 10, count: 30 });
    expect(held.events).toBe(50);
  });

  it('gives the memory of a run back with the last of its events', () => {
    const { held, queue } = queued(5, 0, 5);
    queue.drop(3);
    expect(held.bytes).toBeGreaterThan(0);
    expect(queue.dropOldest()).toBe(10);
    expect(queue.dropOldest()).toBe(11);
    expect(queue.dropOldest()).toBeUndefined();
    expect([queue.length, queue.bytes, held.bytes, held.events]).toEqual([0, 0, 0, 0]);
  });

  it('has what waits, and nothing else', () => {
    const { queue } = queued(10, 2, 5);
    queue.drop(1);
    expect([8, 9, 10, 11, 12].map((seq) => queue.has(seq))).toEqual([false, false, true, true, false]);
  });

  it('copies a run once for all queues, and lets it go with the last of them', () => {
    const held = new HeldEvents(1_000_000);
    const queues = [new PushQueue(held, 10), new PushQueue(held, 10)];
    const run = runOf(texts(4));
    const before = run.bytes;
    for (const queue of queues) for (let i = 0; i < 4; i++) queue.addOf(run, i);
    const kept = run.bytes;
    expect(kept).toEqual(before);
    expect(kept.buffer).not.toBe(before.buffer);
    queues[0]?.drop(4);
    expect(held.bytes).toBeGreaterThan(run.bytes.length);
    queues[1]?.drop(4);
    expect(held.bytes).toBe(0);
  });

  it('is granted memory for where the events of a run begin as well', () => {
    const { held, run } = queued(1_000, 0, 1);
    expect(held.bytes).toBeGreaterThanOrEqual(run.bytes.length + run.bodies.starts.byteLength - 8);
  });

  it('adds nothing where no memory is granted', () => {
    const queue = new PushQueue(new HeldEvents(100), 10);
    expect(queue.addOf(runOf(texts(4)), 0)).toBe(false);
    expect([queue.length, queue.bytes]).toEqual([0, 0]);
  });
});
