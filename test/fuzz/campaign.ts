import { SeededRandom } from '../../bench/workloads/random.ts';
import { Matcher } from '../../matcher/index.ts';
import { arbitrarySource, type Source, shapedSource } from './shapes.ts';
import { shrink } from './shrink.ts';
import { type Fuzzed, type Step, World } from './world.ts';

export interface Campaign {
  /** Decides everything: the same seed and steps are the same campaign. */
  readonly seed: number;
  readonly steps: number;
  /** Filters at most. Default 3,000: enough for every structure to split, merge and be left again. */
  readonly filtersMax?: number;
  /** Default: a new Matcher. */
  readonly create?: () => Fuzzed;
}

export interface Failure {
  readonly seed: number;
  /** The step, counted from 0, after which something was wrong. */
  readonly step: number;
  readonly fault: string;
  /** As few steps as were found that end in a fault too. */
  readonly shrunk: readonly Step[];
  readonly shrunkFault: string;
}

/** Steps towards one size, before another is chosen. */
const STRETCH = 700;
/** The share of steps that match, check every held filter, and let the index learn what events are like. */
const MATCHES = 0.04;
const RETUNES = 0.01;

/**
 * Adds, replaces, removes, matches and retunes at random, up and down in size, and removes all in the end.
 *
 * @returns the first fault, if there is one.
 * @throws RangeError when there are no more steps than it takes to remove all.
 */
export function runCampaign({
  seed,
  steps,
  filtersMax = 3_000,
  create = () => new Matcher(),
}: Campaign): Failure | undefined {
  if (steps <= filtersMax) throw new RangeError(`a campaign has more than ${filtersMax} steps`);
  const random = new SeededRandom(seed);
  const source = random.next() < 0.25 ? arbitrarySource(seed) : shapedSource(random);
  const world = new World(create);
  const done: Step[] = [];
  let wanted = 0;
  for (let step = 0; step < steps; step += 1) {
    if (step % STRETCH === 0) wanted = random.integer(random.next() < 0.3 ? 40 : filtersMax);
    const next =
      step < steps - filtersMax
        ? nextSteps(random, source, { size: world.size, wanted, filtersMax })
        : // The last steps take away what is left, so that every campaign ends with an empty matcher.
          [removal(steps - step - 1)];
    for (const one of next) {
      const fault = world.apply(one);
      if (fault !== undefined) return { seed, step, fault, ...shrunkOf({ before: done, last: one, create }) };
      done.push(one);
    }
  }
  return undefined;
}

interface Population {
  readonly size: number;
  readonly wanted: number;
  readonly filtersMax: number;
}

/** One step, or one that is likely to hit what has just changed. */
function nextSteps(random: SeededRandom, source: Source, { size, wanted, filtersMax }: Population): Step[] {
  const luck = random.next();
  if (luck < MATCHES) return [{ kind: 'match', event: source.event(random) }];
  if (luck < MATCHES + RETUNES) return [{ kind: 'retune', filters: 1 + random.integer(64) }];
  // Numbers are few, so that taking one at random replaces or misses often enough.
  const id = random.integer(filtersMax);
  const isAdding = random.next() < (size < wanted ? 0.9 : 0.1);
  if (isAdding && wanted > 0) return [{ kind: 'set', id, filter: source.filter(random) }];
  // Many numbers are free when few are held: several are tried.
  const tries = Math.min(50, Math.ceil(filtersMax / (size + 1)));
  return Array.from({ length: tries }, () => removal(random.integer(filtersMax)));
}

function removal(id: number): Step {
  return { kind: 'remove', id };
}

interface Fall {
  readonly before: readonly Step[];
  readonly last: Step;
  readonly create: () => Fuzzed;
}

function shrunkOf({ before, last, create }: Fall): Pick<Failure, 'shrunk' | 'shrunkFault'> {
  const faultAfter = (steps: readonly Step[]): string | undefined => {
    const world = new World(create);
    for (const step of steps) {
      // Only what is thrown: the oracle is asked about the last step alone, which saves most of the time.
      const fault = world.apply(step, 'unchecked');
      if (fault !== undefined) return fault;
    }
    return world.apply(last);
  };
  const shrunk = shrink(before, (steps) => faultAfter(steps) !== undefined);
  return { shrunk: [...shrunk, last], shrunkFault: faultAfter(shrunk) ?? '' };
}
