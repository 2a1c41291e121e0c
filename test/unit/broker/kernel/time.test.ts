import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { realTime } from '../../../../broker/kernel/time.ts';

test('realTime.afterReads runs once, after the timers that are due', async () => {
  const order: string[] = [];
  await new Promise<void>((resolve) => {
    setTimeout(() => {
      realTime.afterReads(() => {
        order.push('after reads');
        resolve();
      });
      order.push('timer');
    }, 1);
  });
  expect(order).toEqual(['timer', 'after reads']);
});

test('realTime.every ticks until it is stopped', async () => {
  let ticks = 0;
  await new Promise<void>((resolve) => {
    const stop = realTime.every(1, () => {
      ticks++;
      if (ticks === 3) {
        stop();
        resolve();
      }
    });
    // The tick alone does not keep a process alive; this test has to.
    void delay(5_000, undefined, { ref: false });
  });
  await delay(20);
  expect(ticks).toBe(3);
});

test('realTime.monotonicMs does not run backwards', () => {
  const readings = Array.from({ length: 1_000 }, () => realTime.monotonicMs());
  expect(readings).toEqual(readings.toSorted((a, b) => a - b));
});
