import { describe, expect, it } from 'vitest';
import { measureChurn } from '../../../../bench/matcher/churn.ts';
import { toCostCurve } from '../../../../bench/matcher/cost-curve.ts';
import { EventSource } from '../../../../bench/matcher/event-source.ts';
import { grow } from '../../../../bench/matcher/grow.ts';
import { measureRow } from '../../../../bench/matcher/row.ts';
import { tablesOf } from '../../../../bench/matcher/tables.ts';
import { oracleAnswers, verifyMatcher } from '../../../../bench/matcher/verify.ts';
import { toMarkdown, toText } from '../../../../bench/report/table.ts';
import { WORKLOADS } from '../../../../bench/workloads/catalogue.ts';
import { deviceAlerts } from '../../../../bench/workloads/device-alerts.ts';
import { mixedTopics } from '../../../../bench/workloads/mixed-topics.ts';
import { drawFilters } from '../../../../bench/workloads/workload.ts';
import { Matcher } from '../../../../matcher/index.ts';

const FILTERS = 300;
/** A life is lived in each, which takes a second on an idle machine. */
const TIMEOUT_MS = 60_000;
const quiet = (): void => {};

/** A matcher that grew, events, and what the oracle says to them. */
function grown() {
  const workload = mixedTopics(5, FILTERS);
  const events = new EventSource(workload);
  const checked = events.take(30);
  const matcher = new Matcher();
  grow(matcher, { workload, count: FILTERS, events, progress: quiet });
  return { matcher, checked, answers: oracleAnswers(drawFilters(mixedTopics(5, FILTERS), FILTERS), checked) };
}

describe('a round of the bench', { timeout: TIMEOUT_MS }, () => {
  it('accepts a matcher that answers as the oracle', () => {
    const { matcher, checked, answers } = grown();
    expect(matcher.stats.subscriptions).toBe(FILTERS);
    expect(answers.flat().length).toBeGreaterThan(0);
    expect(() => verifyMatcher(matcher, checked, answers)).not.toThrow();
  });

  it('refuses one that misses a filter, or reports one too many', () => {
    const { matcher, checked, answers } = grown();
    const missed = answers.flat()[0] as number;
    const filter = matcher.filterOf(missed);
    matcher.remove(missed);
    expect(() => verifyMatcher(matcher, checked, answers)).toThrow(/the oracle finds/);
    matcher.add(missed, filter ?? { topic: '#' });
    expect(() => verifyMatcher(matcher, checked, answers)).not.toThrow();
    matcher.add(FILTERS, { topic: '#' });
    expect(() => verifyMatcher(matcher, checked, answers)).toThrow(/the oracle finds/);
  });

  it('measures a workload, and leaves nothing of it', async () => {
    const order = { workload: 'W1-10', filters: FILTERS, seed: 3, events: 100, withRivals: false, withAnatomy: true };
    const row = await measureRow(deviceAlerts(10), order, quiet);
    expect(row.matches).toBeGreaterThan(3);
    expect(row.candidates).toBeGreaterThanOrEqual(row.matches);
    expect(row.bytes.all).toBeGreaterThan(row.bytes.index);
    expect(row.removal.ownBytesLeft).toBe(0);
    expect(row.rivals).toEqual([]);
    const results = { rows: [row], churn: [], hostile: [] };
    const texts = tablesOf(results).flatMap((table) => [toText(table), toMarkdown(table)]);
    expect([...texts, toCostCurve(results)].join('\n')).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('replaces a tenth of the filters in a second of the events’ time', async () => {
    const order = { filters: 500, seed: 3, events: 1_000, eventRate: 100 };
    const row = await measureChurn(order, quiet);
    // 1,000 events are ten seconds.
    expect(row.replaceRate).toBe(50);
    expect(row.replaces).toBe(500);
    expect(row.checked).toBeGreaterThan(0);
    expect(toCostCurve({ rows: [], churn: [row] })).toContain('during churn');
  });

  it('is asked for by the key of its workload’s name', () => {
    for (const [key, create] of Object.entries(WORKLOADS)) expect(create(1, 1).name).toContain(key.split('-')[0]);
  });
});
