import { randomInt } from 'node:crypto';
import { loadavg, tmpdir } from 'node:os';
import { VERSION } from '../../broker/version.ts';
import { PEER_KEYS as STORING_KEYS } from '../peers/catalogue.ts';
import { PUBSUB_KEYS } from '../peers/pubsub-catalogue.ts';
import { thisMachine } from '../report/machine.ts';
import type { Contest } from './contender.ts';
import { runRounds } from './contest-rounds.ts';
import { contestsOf } from './contests.ts';
import type { LoadResults, ScenarioResult } from './results.ts';
import { ALL_SCENARIOS } from './scenario-list.ts';
import { FULL, QUICK, type Sizes } from './sizes.ts';

export interface LoadBenchOptions {
  /** Keys of scenarios. Empty: all. */
  readonly scenarios: readonly string[];
  /** Keys of brokers. Empty: all that are there. */
  readonly peers: readonly string[];
  /** A Tellwhen broker that runs. Absent: brokers are started. */
  readonly url?: string | undefined;
  readonly quick: boolean;
  readonly rounds?: number | undefined;
  readonly seconds?: number | undefined;
  readonly warmUpSeconds?: number | undefined;
  readonly sizes: { readonly [K in keyof Sizes]?: Sizes[K] | undefined };
  readonly seed?: number | undefined;
  readonly signal: AbortSignal;
  /** A line for whoever waits, written over by the next. */
  readonly progress: (text: string) => void;
  /** A line that stays. */
  readonly note: (line: string) => void;
  /** Told of the results so far, after each scenario. */
  readonly measured?: (results: LoadResults, scenario: ScenarioResult) => Promise<void>;
}

export const SCENARIO_KEYS: readonly string[] = ALL_SCENARIOS.map(({ key }) => key);
export const PEER_KEYS: readonly string[] = [...new Set([...PUBSUB_KEYS, ...STORING_KEYS])];

const SECONDS = {
  full: { rounds: 3, warmUpSeconds: 2, seconds: 5 },
  quick: { rounds: 1, warmUpSeconds: 0.3, seconds: 1 },
};

/**
 * Puts brokers under the same load, scenario by scenario. Resolves with what was found out, failures included.
 *
 * @throws RangeError for a scenario or broker that is not there; the reason of `signal` when it fires.
 */
export async function benchLoad(options: LoadBenchOptions): Promise<LoadResults> {
  const sizes = { ...(options.quick ? QUICK : FULL), ...given(options.sizes) };
  const times = { ...(options.quick ? SECONDS.quick : SECONDS.full), ...given(timesOf(options)) };
  const seed = options.seed ?? randomInt(2 ** 31);
  const keys = knownOf('scenario', options.scenarios, SCENARIO_KEYS);
  const peers = knownOf('peer', options.peers, PEER_KEYS);
  const { url, signal } = options;
  const { contests, leftOut } = await contestsOf({
    scenarios: keys,
    peers,
    sizes,
    seed,
    url,
    parent: tmpdir(),
    ...times,
  });
  for (const { name, why } of leftOut) options.note(`LEFT OUT: ${name}: ${why}`);
  let results: LoadResults = {
    tellwhen: VERSION,
    machine: thisMachine(),
    loadBefore: loadavg()[0] ?? 0,
    seed,
    ...times,
    sizes,
    scenarios: [],
    leftOut,
  };
  for (const contest of contests) {
    const measured = await measureScenario(contest, sizes, times.rounds, options);
    signal.throwIfAborted();
    results = { ...results, scenarios: [...results.scenarios, measured] };
    await options.measured?.(results, measured);
  }
  return results;
}

async function measureScenario(
  contest: Contest,
  sizes: Sizes,
  rounds: number,
  { progress, note, signal }: LoadBenchOptions,
): Promise<ScenarioResult> {
  const { key, title, what } = contest.scenario;
  const brokers = await runRounds(contest, {
    rounds,
    signal,
    progress: (step) => progress(`${title}; ${step}`),
    over: (broker, round, outcome) => {
      if (outcome instanceof Error) note(`${key}, round ${round + 1}, ${broker}: FAILED: ${outcome.message}`);
    },
  });
  progress('');
  return { key, title, what: what(sizes), brokers };
}

function timesOf({ rounds, seconds, warmUpSeconds }: LoadBenchOptions) {
  return { rounds, seconds, warmUpSeconds };
}

/** Without what is not said. */
function given<T extends object>(values: T): { [K in keyof T]: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: NonNullable<T[K]>;
  };
}

function knownOf(what: string, asked: readonly string[], known: readonly string[]): readonly string[] {
  const unknown = asked.find((key) => !known.includes(key));
  if (unknown !== undefined) throw new RangeError(`there is no ${what} ${unknown}; there are ${known.join(', ')}`);
  return asked.length === 0 ? known : known.filter((key) => asked.includes(key));
}
