import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadQuakes } from '../../../../../../client/cli/commands/demo/quakes.ts';
import { UsageError } from '../../../../../../client/cli/usage-error.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quakes-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

async function load(feed: unknown) {
  const path = join(directory, 'feed.json');
  await writeFile(path, typeof feed === 'string' ? feed : JSON.stringify(feed));
  return loadQuakes(path);
}

const quake = (id: string, properties: object, geometry: unknown = { coordinates: [1, 2, 3] }) => ({
  id,
  properties,
  geometry,
});

describe('loadQuakes', () => {
  it('has the week of the dataset, by time', async () => {
    const quakes = await loadQuakes(undefined);
    expect(quakes).toHaveLength(1707);
    expect(quakes.map(({ time }) => time)).toEqual(quakes.map(({ time }) => time).toSorted((a, b) => a - b));
    expect(new Set(quakes.map(({ id }) => id)).size).toBe(1707);
  });

  it('makes topics of network and kind, whatever these are called', async () => {
    const features = [
      quake('a', { time: 1, net: 'ci', magType: 'ml' }),
      quake('b', { time: 2, net: 'x/+#', magType: null }),
      quake('c', { time: 3 }),
    ];
    expect((await load({ features })).map(({ topic }) => topic)).toEqual([
      'earthquakes/ci/ml',
      'earthquakes/x_/unknown',
      'earthquakes/unknown/unknown',
    ]);
  });

  it('keeps every property, adds the place, and says null where something is missing', async () => {
    const [full, bare] = await load({
      features: [quake('a', { time: 1, mag: 2, tz: -480 }), quake('b', { time: 2 }, null)],
    });
    expect(full?.data).toMatchObject({ time: 1, mag: 2, tz: -480, lon: 1, lat: 2, depth: 3 });
    expect(bare?.data).toMatchObject({ mag: null, place: null, lon: null, lat: null, depth: null });
  });

  it.each([['no JSON'], [null], [[]], [{ features: [] }], [{ features: [null] }], [{ features: [quake('a', {})] }]])(
    'refuses %j',
    async (feed) => {
      await expect(load(feed)).rejects.toThrow(UsageError);
    },
  );

  it('refuses a file that is not there', async () => {
    await expect(loadQuakes(join(directory, 'none'))).rejects.toThrow(UsageError);
  });
});
