import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, TellwhenError } from '../../../index.ts';
import { UsageError } from '../../usage-error.ts';
import type { Quake } from './quakes.ts';

/** Times real time; infinite: as fast as the broker takes them. */
export type Speed = number;

export interface ReplayOptions {
  readonly speed: Speed;
  readonly signal: AbortSignal;
  readonly published: (count: number, last: Quake) => void;
}

const BATCH_MAX = 100;
/** What falls due within so long goes out together. */
const TICK_MS = 20;

/** `60000x` or `max`. Throws UsageError. */
export function parseSpeed(text: string): Speed {
  if (text === 'max') return Number.POSITIVE_INFINITY;
  const [, number] = /^(\d+(?:\.\d+)?)x?$/.exec(text) ?? [];
  if (Number(number) > 0) return Number(number);
  throw new UsageError(`--speed wants a factor such as 60000x, or max; not "${text}"`);
}

/**
 * Publishes the quakes, sorted by time, with the pauses there were between them, shortened. Resolves when the broker has
 * receipted the last, or `signal` fires. Rejects with the first refusal.
 */
export async function replay(client: Client, quakes: readonly Quake[], options: ReplayOptions): Promise<void> {
  const { speed, signal, published } = options;
  const startMs = performance.now();
  const firstTime = quakes[0]?.time ?? 0;
  for (let next = 0; next < quakes.length && !signal.aborted; ) {
    const dueTime = firstTime + (performance.now() - startMs) * speed;
    const batch = quakes
      .slice(next, next + BATCH_MAX)
      .filter(({ time }) => speed === Number.POSITIVE_INFINITY || time <= dueTime);
    const last = batch.at(-1);
    if (last === undefined) {
      await sleep(TICK_MS);
      continue;
    }
    await publish(client, batch);
    next += batch.length;
    published(next, last);
  }
}

async function publish(client: Client, quakes: readonly Quake[]): Promise<void> {
  const results = await client.publishBatch(
    quakes.map(({ id, topic, time, data }) => ({ id, topic, time, data, source: 'earthquake.usgs.gov' })),
  );
  for (const result of results) if (result instanceof TellwhenError) throw result;
}
