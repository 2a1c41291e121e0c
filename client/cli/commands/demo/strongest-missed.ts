import type { Client } from '../../../index.ts';
import type { Quake } from './quakes.ts';
import type { DemoSubscriber } from './subscribers.ts';

/** Why somebody was not told. */
export interface Missed {
  readonly place: string;
  readonly mag: number;
  readonly reason: string;
}

/** The strongest quake that a subscriber was rightly not told of, and the broker's reason. `undefined`: told of all. */
export async function strongestMissed(
  client: Client,
  quakes: readonly Quake[],
  { topic, when, expects }: DemoSubscriber,
): Promise<Missed | undefined> {
  const missed = quakes.filter(({ data }) => !expects(data));
  const [strongest] = missed.sort((a, b) => (b.data.mag ?? 0) - (a.data.mag ?? 0));
  if (strongest === undefined) return undefined;
  const { place, mag } = strongest.data;
  const { explanation } = await client.explain({
    event: { topic: strongest.topic, data: strongest.data },
    filter: { topic, when },
  });
  const reason = explanation.predicate?.reason ?? explanation.topic.reason;
  return { place: place ?? 'somewhere', mag: mag ?? 0, reason };
}
