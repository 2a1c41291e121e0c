import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { UsageError } from '../../usage-error.ts';

type Scalar = string | number | boolean | null;

/** The properties of a quake as the USGS writes them, and the three coordinates beside them. */
export interface QuakeData {
  readonly mag: number | null;
  readonly magType: string | null;
  readonly net: string | null;
  readonly place: string | null;
  readonly depth: number | null;
  readonly sig: number | null;
  readonly felt: number | null;
  readonly [property: string]: Scalar;
}

export interface Quake {
  readonly id: string;
  /** `earthquakes/<net>/<magType>` */
  readonly topic: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly data: QuakeData;
}

interface Feature {
  readonly id: string;
  readonly properties: { readonly time: number; readonly [property: string]: Scalar };
  readonly geometry: { readonly coordinates: readonly (number | null)[] } | null;
}

const DATASET = 'vega-datasets';
const FROM_ITS_ENTRY = '../data/earthquakes.json';

/**
 * The quakes of a GeoJSON feed of the USGS, by time. Without a path: a week of them, out of the package
 * `vega-datasets`. Rejects with UsageError when there is none, or it is something else.
 */
export async function loadQuakes(path: string | undefined): Promise<readonly Quake[]> {
  const file = path ?? datasetPath();
  const features = featuresOf(await readFeed(file), file);
  return features.map(quakeOf).sort((a, b) => a.time - b.time);
}

function datasetPath(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve(DATASET)), FROM_ITS_ENTRY);
  } catch {
    throw new UsageError(
      'the earthquakes are in the package vega-datasets, which is not installed: npm install vega-datasets.\n' +
        'Or give a feed of https://earthquake.usgs.gov/earthquakes/feed/ : --file all_week.geojson',
    );
  }
}

async function readFeed(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${file} is not JSON`);
  }
}

function featuresOf(feed: unknown, file: string): readonly Feature[] {
  const features = typeof feed === 'object' && feed !== null && 'features' in feed ? feed.features : undefined;
  if (Array.isArray(features) && features.length > 0 && features.every(isFeature)) return features;
  throw new UsageError(`${file} is not a GeoJSON feed of earthquakes, as the USGS writes them, with any in it`);
}

function isFeature(value: Partial<Feature> | null): value is Feature {
  return typeof value?.id === 'string' && Number.isFinite(value.properties?.time) && typeof value.geometry === 'object';
}

function quakeOf({ id, properties, geometry }: Feature): Quake {
  const [lon = null, lat = null, depth = null] = geometry?.coordinates ?? [];
  const { mag = null, magType = null, net = null, place = null, sig = null, felt = null } = properties;
  const known = { mag, magType, net, place, sig, felt, lon, lat, depth } as QuakeData;
  const topic = `earthquakes/${level(known.net)}/${level(known.magType)}`;
  return { id, topic, time: properties.time, data: { ...properties, ...known } };
}

/** A topic level out of what somebody else wrote: no separators, no wildcards, never empty. */
function level(text: string | null): string {
  return text?.replace(/[^\w-]+/g, '_') || 'unknown';
}
