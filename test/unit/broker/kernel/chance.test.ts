import { describe, expect, test } from 'vitest';
import { realChance, seededChance } from '../../../../broker/kernel/chance.ts';

describe('seededChance', () => {
  test('the same seed gives the same run, another seed another', () => {
    const run = (seed: number) => {
      const chance = seededChance(seed);
      return [chance.fraction(), chance.secret(), chance.fraction()];
    };
    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
  });

  test('fractions are in [0, 1) and even', () => {
    const chance = seededChance(1);
    const tenths = new Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) {
      const tenth = Math.floor(chance.fraction() * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    expect(tenths).toHaveLength(10);
    for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });
});

describe.each([
  ['realChance', realChance],
  ['seededChance', seededChance(3)],
])('%s', (_, chance) => {
  test('secrets are 22 URL-safe characters, each another', () => {
    const secrets = Array.from({ length: 100 }, () => chance.secret());
    for (const secret of secrets) expect(secret).toMatch(/^[\w-]{22}$/);
    expect(new Set(secrets).size).toBe(100);
  });
});
