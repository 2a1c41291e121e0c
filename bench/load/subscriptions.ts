import type { Wanted } from '../peers/pubsub-peer.ts';
import { type EventsSpec, FIRST_SITE, type LoadEvents } from './events.ts';

/**
 * What the subscriptions of a load want. `all`: every event. `tested`: every event, but by a predicate that all satisfy.
 * `alerts`: of one site, what is above a bound; half of the events of a site, on average. `rare`: the same with bounds that few
 * events pass.
 */
export type Shape = 'all' | 'tested' | 'alerts' | 'rare';

/** Subscriptions of one site: with as many sites as there are twenties of subscriptions, all are different. */
export const BOUNDS = 20;

/** How many sites so many subscriptions are spread over. */
export function sitesFor(subscriptions: number): number {
  return Math.max(1, Math.ceil(subscriptions / BOUNDS));
}

/** What subscription `i` of a load wants. */
export function wantedOf(shape: Shape, { topic, sites }: EventsSpec, i: number): Wanted {
  if (shape === 'all') return { topic };
  if (shape === 'tested') return { topic, where: { site: undefined, above: 0 } };
  const bound = Math.floor(i / sites) % BOUNDS;
  const tenths = shape === 'alerts' ? 100 + Math.round((900 * (bound + 0.5)) / BOUNDS) : 950 + 2 * bound;
  return { topic, where: { site: FIRST_SITE + (i % sites), above: tenths / 10 } };
}

/** How many of the events from `first` to before `end` each is to be told of. */
export function expectedCounts(
  wanted: readonly Wanted[],
  events: LoadEvents,
  { first, end }: { readonly first: number; readonly end: number },
): Float64Array {
  const counts = new Float64Array(wanted.length);
  const bySite = new Map<number, number[]>();
  for (const [i, { where }] of wanted.entries()) {
    if (where?.site === undefined) {
      for (let n = first; n < end; n += 1)
        if (events.isWanted(n, wanted[i] as Wanted)) counts[i] = (counts[i] ?? 0) + 1;
    } else {
      bySite.set(where.site, [...(bySite.get(where.site) ?? []), i]);
    }
  }
  if (bySite.size === 0) return counts;
  for (let n = first; n < end; n += 1) {
    for (const i of bySite.get(events.siteOf(n)) ?? []) {
      if (events.temperatureOf(n) > (wanted[i]?.where?.above ?? 0)) counts[i] = (counts[i] ?? 0) + 1;
    }
  }
  return counts;
}
