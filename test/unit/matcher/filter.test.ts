import { describe, expect, it } from 'vitest';
import { compileFilter, explainFilter, type Filter, FilterError, Matcher } from '../../../matcher/index.ts';

describe('compileFilter', () => {
  it.each([
    ['a', undefined, 'indexed'],
    ['#', undefined, 'indexed'],
    ['#', 'x = 1 AND y LIKE "a%"'.replaceAll('"', "'"), 'indexed'],
    ['#', 'x IN (1, 2)', 'indexed'],
    ['#', `x IN (${Array.from({ length: 64 }, (_, i) => i)})`, 'indexed'],
    ['#', `x IN (${Array.from({ length: 1024 }, (_, i) => i)})`, 'indexed'],
    ['#', `x IN (${Array.from({ length: 65 }, (_, i) => i)}) OR y = 1`, 'indexed'],
    ['#', `x NOT IN (${Array.from({ length: 65 }, (_, i) => i)})`, 'residual'],
    ['#', `x NOT IN (${Array.from({ length: 65 }, (_, i) => i)}) AND y = 1`, 'indexed'],
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

  it.each<[string, unknown, string]>([
    ['no filter', undefined, 'topic_filter_invalid'],
    ['null', null, 'topic_filter_invalid'],
    ['a string', '#', 'topic_filter_invalid'],
    ['no topic', { when: 'x = 1' }, 'topic_filter_invalid'],
    ['a number for a topic', { topic: 5 }, 'topic_filter_invalid'],
    ['a number for a topic, and a key', { topic: 5, key: 'x' }, 'topic_filter_invalid'],
    ['null for a predicate', { topic: '#', when: null }, 'predicate_type'],
    ['a number for a predicate', { topic: '#', when: 5 }, 'predicate_type'],
    ['an object for a predicate', { topic: '#', when: { x: 1 } }, 'predicate_type'],
  ])('refuses %s with a code, as do all that take a filter', (_name, junk, code) => {
    const filter = junk as Filter;
    const matcher = new Matcher();
    matcher.add(1, { topic: 'a' });
    const entries = [
      () => compileFilter(filter),
      () => matcher.add(0, filter),
      () => matcher.replace(1, filter),
      () => explainFilter({ topic: 'a' }, filter),
    ];
    for (const entry of entries) {
      expect(entry).toThrow(FilterError);
      expect(entry).toThrow(expect.objectContaining({ code, text: '', offset: 0 }));
    }
    expect(matcher.stats).toMatchObject({ subscriptions: 1, filters: 1 });
  });
});
