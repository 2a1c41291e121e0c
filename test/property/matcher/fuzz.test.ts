import { expect, it } from 'vitest';
import { type MatchableEvent, Matcher, type Matches } from '../../../matcher/index.ts';
import { runCampaign } from '../../fuzz/campaign.ts';
import { reportOf } from '../../fuzz/report.ts';
import { shrink } from '../../fuzz/shrink.ts';

/** Campaigns of every suite; a seed that has found a fault is added. `npm run fuzz` makes longer ones. */
const SEEDS = [1, 2, 3, 4, 5, 6];

it.each(SEEDS)('campaign %i finds nothing wrong with the matcher', { timeout: 60_000 }, (seed) => {
  const failure = runCampaign({ seed, steps: 4_000, filtersMax: 1_000 });
  expect(failure && reportOf(failure)).toBeUndefined();
});

it('a campaign finds a matcher that forgets, and shrinks what it did to a few steps', () => {
  const failure = runCampaign({ seed: 5, steps: 4_000, filtersMax: 1_000, create: () => new Forgetful(7) });
  expect(failure?.fault).toMatch(/missed/);
  const kinds = failure?.shrunk.map(({ kind }) => kind);
  expect(kinds).toEqual(['set', 'match']);
  expect(reportOf(failure as NonNullable<typeof failure>)).toContain('set 7: {"topic"');
});

it('a campaign finds a matcher that throws', () => {
  const failure = runCampaign({ seed: 2, steps: 4_000, filtersMax: 1_000, create: () => new Fragile() });
  expect(failure?.fault).toMatch(/^retune threw/);
  expect(failure?.shrunk).toHaveLength(1);
});

it('the same seed is the same campaign', () => {
  const run = () => runCampaign({ seed: 5, steps: 4_000, filtersMax: 1_000, create: () => new Forgetful(30) });
  expect(run()).toEqual(run());
});

it('shrink leaves out what does not matter, and keeps the order', () => {
  const items = Array.from({ length: 500 }, (_, i) => i);
  const needed = [17, 18, 300, 499];
  expect(shrink(items, (left) => needed.every((item) => left.includes(item)))).toEqual(needed);
  expect(shrink(items, () => true)).toEqual([]);
});

/** Never finds one of its subscriptions. */
class Forgetful extends Matcher {
  readonly #forgotten: number;

  constructor(forgotten: number) {
    super();
    this.#forgotten = forgotten;
  }

  override match(event: MatchableEvent): Matches {
    const { ids, count } = super.match(event);
    const found = ids.subarray(0, count).filter((id) => id !== this.#forgotten);
    return { ids: found, count: found.length };
  }
}

class Fragile extends Matcher {
  override retune(): number {
    throw new Error('out of order');
  }
}
