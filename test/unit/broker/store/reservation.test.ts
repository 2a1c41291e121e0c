import { describe, expect, it } from 'vitest';
import { SimulatedTime } from '../../../../broker/kernel/simulated-time.ts';
import { Journal } from '../../../../broker/store/journal.ts';
import { MemoryStore } from '../../../../broker/store/memory.ts';
import { Reservation } from '../../../../broker/store/reservation.ts';
import { HeldStore } from '../../../support/held-store.ts';

function machine() {
  const time = new SimulatedTime();
  const disk = new MemoryStore(time);
  /** A process over what is flushed. */
  const start = (chunk = 100) => {
    const store = new HeldStore(disk);
    const journal = new Journal({ store, time, failed: () => {}, committed: () => {} });
    return { store, reservation: new Reservation(journal, 'seq', chunk) };
  };
  return { time, start };
}

describe('Reservation', () => {
  it('begins at 1, and lets nothing be used before that is flushed', () => {
    const { time, start } = machine();
    const { reservation } = start();
    expect(reservation.first).toBe(1);
    expect(reservation.use(1)).toBe(false);
    time.settle();
    expect(reservation.use(1)).toBe(true);
  });

  it('reserves more long before it is needed', () => {
    const { time, start } = machine();
    const { reservation } = start();
    time.settle();
    for (let n = 1; n <= 1_000; n++) {
      expect(reservation.use(n), `${n}`).toBe(true);
      time.settle();
    }
  });

  it('does not let be used what is not flushed', () => {
    const { time, start } = machine();
    const { reservation, store } = start();
    time.settle();
    store.hold();
    const usable = Array.from({ length: 200 }, (_, i) => reservation.use(1 + i));
    time.settle();
    expect(usable.lastIndexOf(true)).toBe(99);
    store.letGo();
    time.settle();
    expect(reservation.use(201)).toBe(true);
  });

  it('begins above all that was used by a run before, however that ended', () => {
    const { time, start } = machine();
    let usedMax = 0;
    for (let run = 0; run < 20; run++) {
      const { reservation, store } = start(10 + run);
      expect(reservation.first).toBeGreaterThan(usedMax);
      time.settle();
      for (let n = reservation.first; n < reservation.first + 7 * run; n++) {
        if (n % 11 === 0) store.hold();
        if (!reservation.use(n)) break;
        usedMax = n;
        if (n % 3 === 0) time.settle();
      }
    }
    expect(usedMax).toBeGreaterThan(100);
  });
});
