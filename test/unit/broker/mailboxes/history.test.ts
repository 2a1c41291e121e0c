import { expect, it } from 'vitest';
import { History } from '../../../../broker/mailboxes/history.ts';

const NEW_YEAR = Date.UTC(2026, 0, 1);

it('tells how attempts ended, in words', () => {
  const history = new History();
  expect(history.text).toBe('');
  history.add(1, 'expired', NEW_YEAR);
  history.add(2, 'released', NEW_YEAR + 1_500);
  expect(history.text).toBe('1 expired 2026-01-01T00:00:00.000Z, 2 released 2026-01-01T00:00:01.500Z');
});

it('tells the last ten', () => {
  const history = new History();
  for (let attempt = 1; attempt <= 100; attempt++) history.add(attempt, 'expired', NEW_YEAR);
  const ends = history.text.split(', ');
  expect(ends.map((end) => Number(end.split(' ')[0]))).toEqual([91, 92, 93, 94, 95, 96, 97, 98, 99, 100]);
});
