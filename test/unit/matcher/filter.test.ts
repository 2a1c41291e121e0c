import { describe, expect, it } from 'vitest';
import { compileFilter, FilterError } from '../../../matcher/index.ts';

describe('compileFilter', () => {
  it.each([
    ['a', undefined, 'indexed'],
    ['#', undefined, 'indexed'],
    ['#', 'x = 1 AND y LIKE "a%"'.replaceAll('"', "'"), 'indexed'],
    ['#', 'x IN (1, 2)', 'indexed'],
    ['#', 'x > 1 OR y = 2', 'indexed'],
    ['#', 'armed', 'indexed'],
    ['#', 'x > 1 OR y <> 2', 'residual'],
    ['a/#', 'x > 1 OR y <> 2', 'partly'],
    ['+/+', 'x IS NULL', 'residual'],
    ['+/a', 'x + y > 1', 'partly'],
    ['#', 'x < 1 AND x > 2', 'indexed'],
    ['#', 'true', 'indexed'],
  ])('prices %s with %s: %s', (topic, when, cost) => {
    expect(compileFilter({ topic, when }).cost).toBe(cost);
  });

  it('gives one key to filters that say the same, and others to others', () => {
    const key = (topic: string, when?: string) => compileFilter({ topic, when }).key;
    expect(key('a', 'x BETWEEN 1 AND 2')).toBe(key('a', '2 >= x && x >= 1'));
    expect(key('a', 'x = 1')).not.toBe(key('a', "x = '1'"));
    expect(key('a', 'x = 1')).not.toBe(key('b', 'x = 1'));
    expect(key('a')).not.toBe(key('a', 'x = 1'));
  });

  it('names the text at fault', () => {
    const text = (topic: string, when: string) => {
      try {
        compileFilter({ topic, when });
      } catch (error) {
        return error instanceof FilterError ? error.text : error;
      }
      return undefined;
    };
    expect(text('a/#/b', 'x = 1')).toBe('a/#/b');
    expect(text('a', 'x =')).toBe('x =');
  });
});
