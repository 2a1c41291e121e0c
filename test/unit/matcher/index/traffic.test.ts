import { describe, expect, it } from 'vitest';
import type { SlotReference } from '../../../../matcher/index/slot-reference.ts';
import { SlotTable } from '../../../../matcher/index/slot-table.ts';
import { SYMBOL_SEEN, SYMBOL_SHIFT, SymbolTable } from '../../../../matcher/index/symbol-table.ts';
import { Traffic } from '../../../../matcher/index/traffic.ts';

const x: SlotReference = { kind: 'data', path: ['x'], span: { start: 0, end: 1 } };

/** Slot and symbol tables that read `x`, and events with it. */
function traffic() {
  const symbols = new SymbolTable();
  const slots = new SlotTable(symbols);
  const seen = new Traffic();
  const slot = slots.hold(x);
  seen.slotCreated(slot);
  const send = (value: number | string | undefined, times = 1): void => {
    for (let i = 0; i < times; i += 1) {
      const data = value === undefined ? {} : { x: value };
      seen.event([], 0);
      slots.read({ topic: 't' });
      slots.readData(data);
      seen.values(slots);
      const symbol = slots.symbols[slot] as number;
      saw(symbols, symbol, 1);
    }
  };
  return { seen, symbols, slot, send };
}

/** So many more events had the symbol. */
function saw({ rows }: SymbolTable, symbol: number, more: number): void {
  const at = (symbol << SYMBOL_SHIFT) + SYMBOL_SEEN;
  if (at < rows.length) rows[at] = (rows[at] as number) + more;
}

describe('Traffic', () => {
  it('expects numbers where thresholds are, until it has seen some', () => {
    const { seen, slot, send } = traffic();
    for (let i = 0; i < 200; i += 1) seen.threshold(slot, 100 + (i % 10));
    expect([...seen.sampleOf(slot)]).toEqual([...seen.sampleOf(slot)].sort((a, b) => a - b));
    expect(seen.sampleOf(slot).length).toBe(64);
    expect(seen.rangeShare(slot, 100, 109)).toBeGreaterThan(0.9);
    send(5, 1000);
    expect([...seen.sampleOf(slot)]).toEqual(Array.from({ length: 64 }, () => 5));
    expect(seen.rangeShare(slot, 100, 109)).toBeLessThan(0.05);
    expect(seen.rangeShare(slot, 5, 5)).toBeGreaterThan(0.9);
    expect(seen.rangeShare(slot, 6, 4)).toBeLessThan(0.05);
  });

  it('counts both ends of a range, and how often there is a number at all', () => {
    const { seen, slot, send } = traffic();
    for (let i = 0; i < 4000; i += 1) send(i % 4 < 2 ? undefined : i % 4);
    expect(seen.rangeShare(slot, 2, 3)).toBeCloseTo(0.5, 1);
    expect(seen.rangeShare(slot, 3, Number.POSITIVE_INFINITY)).toBeCloseTo(0.25, 1);
  });

  it('follows numbers that change', () => {
    const { seen, slot, send } = traffic();
    send(1, 2000);
    send(2, 64 * 64 * 8);
    expect(seen.rangeShare(slot, 2, 2)).toBeGreaterThan(0.9);
  });

  it('forgets what was long ago, of symbols and topics', () => {
    const { seen, symbols, slot, send } = traffic();
    const symbol = symbols.hold(slot, 'hot', 0);
    seen.topicCreated(0);
    send('hot', 100);
    expect(seen.symbolShare(symbols, symbol, 0)).toBeGreaterThan(0.9);
    seen.events += 2 ** 21;
    expect(seen.symbolShare(symbols, symbol, 0)).toBeLessThan(0.001);
    for (let i = 0; i < 2 ** 20; i += 1) {
      seen.event([0], 1);
      saw(symbols, symbol, 1);
    }
    expect(seen.symbolShare(symbols, symbol, 0)).toBeCloseTo(2 / 3, 1);
    expect(seen.topicShare(0, 0)).toBeCloseTo(0.33, 1);
  });

  it('takes counts past 2^31', () => {
    const { seen, symbols, slot } = traffic();
    const symbol = symbols.hold(slot, 'hot', 0);
    seen.events = 2 ** 31 + 2 ** 30;
    saw(symbols, symbol, 2 ** 31 + 2 ** 29);
    expect(seen.symbolShare(symbols, symbol, 0)).toBeCloseTo(5 / 6, 3);
    expect(seen.symbolShare(symbols, symbol, 0)).toBeCloseTo(5 / 6, 3);
  });
});
