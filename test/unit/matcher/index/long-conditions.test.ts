import { describe, expect, it } from 'vitest';
import { evaluate, Matcher, parsePredicate } from '../../../../matcher/index.ts';

/** Alternatives of two tests each. */
function alternatives(count: number): string {
  return Array.from({ length: count }, (_, i) => `n>${i}&&t=${i}`).join('||');
}

describe('a condition with more tests than an entry holds', () => {
  it.each([
    [60, 0],
    [100, 0],
    [900, 1],
  ])('of %i alternatives is answered as by the oracle, with %i tests that no structure holds', (count, opaque) => {
    const matcher = new Matcher({ limits: { atomsMax: 2000, literalsMax: 2000, charactersMax: 16_384 } });
    const when = `k <> 'z' AND (${alternatives(count)})`;
    matcher.add(1, { topic: 'a', when });
    matcher.add(2, { topic: 'a', when: `k = 'y' AND (${alternatives(count)})` });
    expect(matcher.stats.opaqueAtoms).toBeLessThanOrEqual(opaque * 2);
    expect(matcher.stats.opaqueAtoms > 0).toBe(opaque > 0);
    const condition = parsePredicate(when, { atomsMax: 2000, literalsMax: 2000, charactersMax: 16_384 });
    for (let i = 0; i < count; i += 7) {
      for (const n of [i, i + 1]) {
        const data = { k: 'y', n, t: i };
        const { ids, count: found } = matcher.match({ topic: 'a', data });
        const expected = evaluate(condition, { topic: 'a', data }) === true ? [1, 2] : [];
        expect([...ids.subarray(0, found)].sort()).toEqual(expected);
      }
    }
    matcher.retune(2);
    matcher.replace(1, { topic: 'a', when: 'n = 1' });
    matcher.remove(2);
    matcher.remove(1);
    expect(matcher.stats).toMatchObject({ symbols: 0, slots: 0, opaqueAtoms: 0 });
    expect(matcher.stats.bytes).toEqual(new Matcher().stats.bytes);
  });

  it('may be as long as an entry with its key, or a word longer or shorter', () => {
    for (let count = 20; count < 130; count += 1) {
      const matcher = new Matcher();
      const tests = Array.from({ length: count }, (_, i) => `f${i} <> 'x'`).join(' AND ');
      for (const [id, key] of ['k = 1', 'k > 1', 'k BETWEEN 1 AND 3', 'k > 1 AND n > 3'].entries()) {
        matcher.add(id, { topic: 't', when: `${key} AND ${tests}` });
      }
      const data = { ...Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, 1])), k: 2, n: 5 };
      const { ids, count: found } = matcher.match({ topic: 't', data });
      expect([...ids.subarray(0, found)].sort(), `${count} tests`).toEqual([1, 2, 3]);
    }
  });
});
