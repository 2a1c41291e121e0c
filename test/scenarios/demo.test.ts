import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CliProcess, jsonLines, runCli, startBrokerProcess } from '../support/processes.ts';

interface Feature {
  readonly id: string;
  readonly properties: {
    readonly mag: number | null;
    readonly magType: string;
    readonly net: string;
    readonly place: string;
    readonly felt: number | null;
    readonly sig: number;
  };
  readonly geometry: { readonly coordinates: readonly [number, number, number] };
}

const feed = new URL('../../node_modules/vega-datasets/data/earthquakes.json', import.meta.url);
const { features } = JSON.parse(readFileSync(feed, 'utf8')) as { readonly features: readonly Feature[] };

/** Counted here once more, from the file, so that the demonstration is not its own witness. */
function count(wanted: (properties: Feature['properties'], depth: number) => boolean): number {
  let n = 0;
  for (const { properties, geometry } of features) if (wanted(properties, geometry.coordinates[2])) n += 1;
  return n;
}

const EXPECTED = {
  strong: count(({ mag }) => mag !== null && mag >= 5),
  alaska: count(({ place, mag }) => /Alaska/.test(place) && mag !== null && mag > 2.5),
  shallow: count(({ magType }, depth) => magType === 'ml' && !(depth < 0) && !(depth > 10)),
  hawaii: count(({ net }) => net === 'hv'),
  felt: count(({ felt }) => felt !== null),
  worker: count(({ sig }) => sig >= 300),
  slow: features.length,
};

function check(stdout: string): void {
  const rows = jsonLines(stdout);
  const verdicts = rows.filter((row) => 'subscriber' in row);
  expect(Object.fromEntries(verdicts.map(({ subscriber, expected }) => [subscriber, expected]))).toEqual(EXPECTED);
  for (const { subscriber, expected, told, dropped, ok } of verdicts) {
    expect(ok, `${subscriber}`).toBe(true);
    expect(Number(told) + Number(dropped), `${subscriber}`).toBe(expected);
    if (subscriber === 'slow') expect(dropped).toBeGreaterThan(0);
    else expect(dropped, `${subscriber}`).toBe(0);
  }
  expect(rows.at(-1)).toMatchObject({
    explained: { reason: expect.stringMatching(/^mag is 4\.9, which is not >= 5/) },
  });
}

describe('tellwhen demo', () => {
  it('tells every subscriber of exactly its earthquakes, in a broker of its own', async () => {
    const { code, stdout, stderr } = await runCli(['demo', '--speed', 'max']);
    expect(stderr).toBe('');
    check(stdout);
    expect(code).toBe(0);
  });

  it('does so through a broker that runs, and leaves nothing behind', async () => {
    await using broker = await startBrokerProcess();
    const { code, stdout } = await runCli(['demo', '--speed', 'max', '--json', '--url', broker.url]);
    check(stdout);
    expect(code).toBe(0);
    const { stdout: receipt } = await runCli(['pub', 'earthquakes/us/mww', '{"mag": 9}', '--url', broker.url]);
    expect(jsonLines(receipt)).toMatchObject([{ matched: 0 }]);
  });

  it('has nothing to compare when it is ended before', async () => {
    await using cli = new CliProcess(['demo', '--speed', '1x', '--text']);
    await cli.says(/earthquakes, /);
    cli.signal('SIGINT');
    const { code, stdout } = await cli.exit();
    expect(code).toBe(130);
    expect(stdout).not.toContain('verdict');
  });

  it('shows a table to people', async () => {
    const { stdout } = await runCli(['demo', '--speed', 'max', '--text']);
    for (const [name, expected] of Object.entries(EXPECTED)) {
      expect(stdout).toMatch(new RegExp(`^${name} .* ${expected} .* ✓$`, 'm'));
    }
    expect(stdout).toContain('Why was "strong" not told of M 4.9');
  });
});
