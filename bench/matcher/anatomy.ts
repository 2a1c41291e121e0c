import type { Matcher, MatcherStats } from '../../matcher/index.ts';
import type { BenchEvent, EventSource } from './event-source.ts';
import { type FarReads, measureFarReads } from './far-reads.ts';
import { type LineProfile, profileLines } from './line-profile.ts';
import { indexBytes } from './memory.ts';

/** Where the time of an event goes: what it reads that stands alone, what such reads cost here, and what the profiler saw. */
export interface Anatomy {
  /** Places that an event reads, on average; what stands back to back is one place. */
  readonly places: Places;
  readonly farReads: FarReads;
  /**
   * Microseconds: the places, if no wait for memory depended on another and nothing else took time. It is a floor as far as
   * caches hold no more of the index than of the memory that was read for `farReads`, which is of its size; of events whose
   * values are like those before, they do; and as far as nothing else kept the memory busy when `farReads` was measured.
   */
  readonly floor: number;
  readonly profile: LineProfile;
}

export interface Places {
  /** Two for each text: where its hash is, and the constant that it is compared with. */
  readonly texts: number;
  readonly cells: number;
  readonly runs: number;
  /** Entries that were read, because their signature left them open. */
  readonly entries: number;
  /** One for each filter found: its subscribers. */
  readonly subscribers: number;
}

const PLACES_OF_A_TEXT = 2;
/** How long the profiler looks. */
const PROFILED_MS = 3_000;

/** Costs some ten seconds. `count` events. */
export async function anatomyOf(matcher: Matcher, events: EventSource, count: number): Promise<Anatomy> {
  const before = matcher.stats;
  let texts = 0;
  const parsed = events.take(count);
  for (const event of parsed) {
    texts += textsOf(event);
    matcher.match(event);
  }
  const after = matcher.stats;
  const perEvent = (of: (stats: MatcherStats) => number): number => (of(after) - of(before)) / count;
  const places = {
    texts: (texts * PLACES_OF_A_TEXT) / count,
    cells: perEvent(({ cellsAsked }) => cellsAsked),
    runs: perEvent(({ runsScanned }) => runsScanned),
    entries: perEvent(({ entriesRead }) => entriesRead),
    subscribers: perEvent(hitsOf),
  };
  const farReads = measureFarReads(indexBytes(after));
  const profile = await profileLines(() => {
    const endMs = performance.now() + PROFILED_MS;
    while (performance.now() < endMs) for (const event of parsed) matcher.match(event);
  });
  const floor = (placesOf(places) * farReads.independentNs) / 1e3;
  return { places, farReads, floor, profile };
}

/** All of them. */
export function placesOf({ texts, cells, runs, entries, subscribers }: Places): number {
  return texts + cells + runs + entries + subscribers;
}

function hitsOf({ hitsByEquality, hitsByRange, hitsByPair, hitsByTopic }: MatcherStats): number {
  return hitsByEquality + hitsByRange + hitsByPair + hitsByTopic;
}

function textsOf({ data }: BenchEvent): number {
  return typeof data === 'object' && data !== null
    ? Object.values(data).filter((value) => typeof value === 'string').length
    : 0;
}
