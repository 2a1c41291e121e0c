import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENTS_MAX, type EventsSpec, LoadEvents } from '../../../../bench/load/events.ts';

const spec: EventsSpec = { topic: 'bench/x', seed: 42, sites: 50, bySite: true, stamped: true };
const numbers = fc.integer({ min: 0, max: EVENTS_MAX - 1 });

function bytesOf(events: LoadEvents, n: number): Uint8Array {
  const bytes = new Uint8Array(events.bytes);
  events.write(n, bytes, 0);
  return bytes;
}

const parse = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes)) as Record<string, number>;

describe('the events of a load', () => {
  it('are JSON that says what the event is said to be', () => {
    const events = new LoadEvents(spec);
    events.pace(1_000, 200);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000_000 }), (n) => {
        const { n: number = 0, due = 0, site, temperature } = parse(bytesOf(events, n));
        expect({ site, temperature }).toEqual({ site: events.siteOf(n), temperature: events.temperatureOf(n) });
        expect(number - 1e9).toBe(n);
        expect(due - 1e9).toBe(1_000 + n * 200);
      }),
    );
  });

  it('are read as they were written, wherever they stand, and over another event', () => {
    const events = new LoadEvents(spec);
    fc.assert(
      fc.property(numbers, numbers, fc.nat(50), (before, n, at) => {
        const bytes = new Uint8Array(at + events.bytes);
        events.write(before, bytes, at);
        events.rewrite(n, bytes, at);
        expect(bytes.subarray(at)).toEqual(bytesOf(events, n));
        expect(events.numberIn(bytes, at)).toBe(n);
        expect(events.isRight(n, bytes, at, bytes.length)).toBe(true);
      }),
    );
  });

  it('are told from others: another number, another seed, fewer bytes, and of some any other byte', () => {
    const events = new LoadEvents(spec);
    const right = bytesOf(events, 1_024);
    expect(events.isRight(1_024, right, 0, right.length)).toBe(true);
    expect(events.isRight(1_025, right, 0, right.length)).toBe(false);
    expect(events.isRight(1_024, right, 0, right.length - 1)).toBe(false);
    expect(new LoadEvents({ ...spec, seed: 43 }).isRight(1_024, right, 0, right.length)).toBe(false);
    right[right.length - 3] = 0;
    expect(events.isRight(1_024, right, 0, right.length)).toBe(false);
  });

  it('have temperatures and sites all over', () => {
    const events = new LoadEvents(spec);
    const all = Array.from({ length: 10_000 }, (_, n) => n);
    expect(new Set(all.map((n) => events.siteOf(n))).size).toBe(50);
    const warm = all.filter((n) => events.temperatureOf(n) > 55).length;
    expect(warm).toBeGreaterThan(4_700);
    expect(warm).toBeLessThan(5_300);
    // Of one site as of all.
    const ofOne = all.filter((n) => events.siteOf(n) === 10_007);
    const warmOfOne = ofOne.filter((n) => events.temperatureOf(n) > 55).length;
    expect(warmOfOne / ofOne.length).toBeGreaterThan(0.3);
    expect(warmOfOne / ofOne.length).toBeLessThan(0.7);
  });
});
