import { spawnSync } from 'node:child_process';
import { describe, expect, it, test } from 'vitest';
import { zeroLeaseCounts } from '../../../../broker/leases/lease-counts.ts';
import { Counters } from '../../../../broker/observe/counters.ts';
import { DurationHistogram } from '../../../../broker/observe/histogram.ts';
import type { Host } from '../../../../broker/observe/host.ts';
import { createMetrics } from '../../../../broker/observe/metrics.ts';
import { CODES, DROP_REASONS } from '../../../../broker/protocol/index.ts';
import { Matcher } from '../../../../matcher/index.ts';

const host: Host = {
  node: 'v20.0.0',
  read: () => ({
    residentBytes: 5_000,
    heapUsedBytes: 3_000,
    cpuSeconds: 1.5,
    lag: { p50Seconds: 0.001, p99Seconds: 0.02, maxSeconds: 0.5 },
  }),
  stop: () => {},
};

function world() {
  const counters = new Counters();
  const leases = zeroLeaseCounts();
  const matchSeconds = new DurationHistogram();
  const held = { events: 0, bytes: 0 };
  const base = { counters, matcher: new Matcher(), leases: { counts: () => leases }, held, matchSeconds };
  const metrics = createMetrics({ ...base, version: '1.2.3', oldestHeldMs: () => 2_500, host });
  return { base, counters, leases, matchSeconds, held, metrics };
}

/** Each line that is not a comment, as name (with labels) and value. */
function samples(body: string): ReadonlyMap<string, number> {
  return new Map(
    body
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const space = line.lastIndexOf(' ');
        return [line.slice(0, space), Number(line.slice(space + 1))] as const;
      }),
  );
}

describe('metrics', () => {
  it('copy what was counted, at the moment they are read', async () => {
    const { counters, leases, held, metrics } = world();
    counters.published += 3;
    counters.drops.overflow_oldest += 2;
    counters.subscriptionsPull += 4;
    leases.granted = 7;
    leases.ended['owner-closed'] = 5;
    held.bytes = 1_024;
    const first = samples((await metrics.render()).body);
    expect(first.get('tellwhen_events_published_total')).toBe(3);
    expect(first.get('tellwhen_drops_total{reason="overflow_oldest"}')).toBe(2);
    expect(first.get('tellwhen_subscriptions{mode="pull"}')).toBe(4);
    expect(first.get('tellwhen_leases_granted_total')).toBe(7);
    expect(first.get('tellwhen_leases_ended_total{cause="owner-closed"}')).toBe(5);
    expect(first.get('tellwhen_held_bytes')).toBe(1_024);

    counters.published += 1;
    counters.subscriptionsPull -= 3;
    const second = samples((await metrics.render()).body);
    expect(second.get('tellwhen_events_published_total')).toBe(4);
    expect(second.get('tellwhen_subscriptions{mode="pull"}')).toBe(1);
  });

  it('show every drop reason and every code from the start, at 0', async () => {
    const shown = samples((await world().metrics.render()).body);
    for (const reason of DROP_REASONS) expect(shown.get(`tellwhen_drops_total{reason="${reason}"}`)).toBe(0);
    for (const code of Object.keys(CODES)) {
      expect(shown.get(`tellwhen_events_refused_total{code="${code}"}`)).toBe(0);
      expect(shown.get(`tellwhen_requests_refused_total{code="${code}"}`)).toBe(0);
    }
  });

  it('use base units', async () => {
    const shown = samples((await world().metrics.render()).body);
    expect(shown.get('tellwhen_oldest_held_seconds')).toBe(2.5);
    expect(shown.get('tellwhen_process_cpu_seconds_total')).toBe(1.5);
    expect(shown.get('tellwhen_event_loop_lag_seconds{stat="p99"}')).toBe(0.02);
    expect(shown.get('tellwhen_build_info{version="1.2.3"}')).toBe(1);
  });

  it('render the time of matching as a cumulative histogram', async () => {
    const { matchSeconds, metrics } = world();
    for (const ms of [0.0005, 0.003, 0.003, 5_000]) matchSeconds.record(ms);
    const shown = samples((await metrics.render()).body);
    expect(shown.get('tellwhen_match_duration_seconds_bucket{le="0.000001"}')).toBe(1);
    expect(shown.get('tellwhen_match_duration_seconds_bucket{le="0.000002"}')).toBe(1);
    expect(shown.get('tellwhen_match_duration_seconds_bucket{le="0.000004"}')).toBe(3);
    expect(shown.get('tellwhen_match_duration_seconds_bucket{le="1.048576"}')).toBe(3);
    expect(shown.get('tellwhen_match_duration_seconds_bucket{le="+Inf"}')).toBe(4);
    expect(shown.get('tellwhen_match_duration_seconds_count')).toBe(4);
    expect(shown.get('tellwhen_match_duration_seconds_sum')).toBeCloseTo(5.0000065, 9);
  });

  it('leave out what an embedding does not supply', async () => {
    const { base } = world();
    const shown = [...samples((await createMetrics(base).render()).body).keys()];
    expect(shown.filter((name) => /process|lag|build_info|oldest_held/.test(name))).toEqual([]);
    expect(shown).toContain('tellwhen_events_published_total');
  });

  it('of two brokers in one process do not meet', async () => {
    const [first, second] = [world(), world()];
    first.counters.published = 1;
    const shown = samples((await second.metrics.render()).body);
    expect(shown.get('tellwhen_events_published_total')).toBe(0);
  });

  it('stay few, whatever clients do: under 300 series', async () => {
    expect(samples((await world().metrics.render()).body).size).toBeLessThan(300);
  });
});

const promtool = spawnSync('promtool', ['--version']);
const installed = promtool.error === undefined;
if (!installed) {
  console.warn('SKIPPED: `promtool check metrics`, because promtool is not installed (Debian package prometheus)');
}

test.skipIf(!installed)('promtool finds nothing to criticise in the metrics', async () => {
  const { matchSeconds, metrics } = world();
  matchSeconds.record(0.01);
  const { body, contentType } = await metrics.render();
  expect(contentType).toContain('text/plain; version=0.0.4');
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: body, encoding: 'utf8' });
  expect(`${stdout}${stderr}`).toBe('');
  expect(status).toBe(0);
});
