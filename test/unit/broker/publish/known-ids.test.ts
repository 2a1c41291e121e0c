import { expect, it } from 'vitest';
import { SimulatedTime } from '../../../../broker/kernel/simulated-time.ts';
import { KnownIds } from '../../../../broker/publish/known-ids.ts';
import { Journal } from '../../../../broker/store/journal.ts';
import { rangeOf } from '../../../../broker/store/keys.ts';
import { MemoryStore } from '../../../../broker/store/memory.ts';

const receipt = { seq: 1, matched: 0, durable: true, unreadable: false, repeated: false, delayed: false };
const WINDOW_MS = 10_000;

function knowing(idsMax: number) {
  const time = new SimulatedTime();
  const store = new MemoryStore(time);
  const journal = new Journal({ store, time, failed: () => {}, committed: () => {} });
  const make = () => new KnownIds({ journal, wallMs: () => time.wallMs(), windowMs: WINDOW_MS, idsMax });
  const known = make();
  let added = 0;
  /** So many ids in one commit. */
  const add = (count: number): void => {
    for (let i = 0; i < count; i++) known.add('s', `${added++}`, receipt);
    time.advance(5);
  };
  const stored = () => store.range({ ...rangeOf('i', []), limit: 100 }).length;
  return { time, known, make, add, stored, knows: (id: number) => known.find('s', `${id}`) !== undefined };
}

it('knows an id for the window, and no more ids than it may', () => {
  const { time, known, add, knows, stored } = knowing(10);
  add(4);
  time.advance(4_000);
  add(4);
  expect([knows(0), knows(7), known.reachMs]).toEqual([true, true, WINDOW_MS]);
  time.advance(6_000);
  add(1);
  expect([knows(3), knows(4), known.forgotten]).toEqual([false, true, 0]);
  expect(stored()).toBe(2);
});

it('says how far back it knows every id, when too many have come', () => {
  const { time, known, add, knows } = knowing(10);
  add(5);
  time.advance(2_000);
  add(5);
  time.advance(1_000);
  expect(known.reachMs).toBe(WINDOW_MS);
  add(1);
  expect([knows(0), knows(1), known.forgotten]).toEqual([false, true, 1]);
  expect(known.reachMs).toBeGreaterThan(3_000);
  expect(known.reachMs).toBeLessThan(3_100);
  time.advance(20_000);
  expect(known.reachMs).toBe(WINDOW_MS);
});

it('keeps nothing of what had to go early, in memory or stored, and comes back the same', () => {
  const { known, make, add, stored } = knowing(10);
  for (let i = 0; i < 50; i++) add(3);
  expect(known.count).toBe(10);
  expect(stored()).toBeLessThanOrEqual(5);
  const again = make();
  again.restore();
  expect(again.count).toBe(10);
  for (let id = 0; id < 150; id++) expect(again.find('s', `${id}`) !== undefined).toBe(id >= 140);
});
