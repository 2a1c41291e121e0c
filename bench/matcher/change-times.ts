import { compileFilter, type Matcher } from '../../matcher/index.ts';
import { SeededRandom } from '../workloads/random.ts';
import type { Workload } from '../workloads/workload.ts';
import { Collections } from './collections.ts';
import type { EventSource } from './event-source.ts';
import { ProcessorSwitches, Samples, type Timings } from './timings.ts';

const KINDS = ['remove', 'addText', 'replaceText', 'replaceCompiled', 'addCompiled'] as const;
type Kind = (typeof KINDS)[number];

export interface ChangeTimings extends Timings {
  /** The longest into which no garbage collection fell, nor a wait for the processor, where the system tells of it. */
  readonly maxUndisturbed: number;
}

/** Each call timed alone, with an event matched before it. "Text" includes compiling, "Compiled" does not. */
export type ChangeTimes = Readonly<Record<Kind, ChangeTimings>>;

export interface Changes {
  /** Filters that the matcher holds, numbered from 0. */
  readonly count: number;
  /** Draws the filters that come. */
  readonly workload: Workload;
  readonly events: EventSource;
  /** Of each kind of change. */
  readonly rounds: number;
  readonly seed: number;
}

/** Changes random subscriptions while matching goes on. As many filters are held at the end, of the same kinds, but others. */
export async function timeChanges(matcher: Matcher, changes: Changes): Promise<ChangeTimes> {
  const { count, workload, events, rounds, seed } = changes;
  const chosen = new SeededRandom(seed);
  const samples = Object.fromEntries(KINDS.map((kind) => [kind, new Samples(rounds)])) as Record<Kind, Samples>;
  const collections = new Collections();
  const switches = new ProcessorSwitches();
  const time = (kind: Kind, change: () => void): void => {
    matcher.match(events.next());
    switches.happened();
    const startMs = performance.now();
    change();
    samples[kind].record(startMs, switches);
  };
  for (let i = 0; i < rounds; i += 1) {
    const id = chosen.integer(count);
    const [first, second, third, fourth] = Array.from({ length: 4 }, () => workload.filter());
    if (!first || !second || !third || !fourth) throw new Error('a workload has no last filter');
    const compiledThird = compileFilter(third);
    const compiledFourth = compileFilter(fourth);
    time('remove', () => matcher.remove(id));
    time('addText', () => matcher.add(id, first));
    time('replaceText', () => matcher.replace(id, second));
    time('replaceCompiled', () => matcher.replace(id, compiledThird));
    matcher.remove(id);
    time('addCompiled', () => matcher.add(id, compiledFourth));
  }
  const pauses = await collections.take();
  collections.stop();
  const timings = KINDS.map((kind): [Kind, ChangeTimings] => [
    kind,
    { ...samples[kind].timings(), maxUndisturbed: samples[kind].maxUndisturbed(pauses) },
  ]);
  return Object.fromEntries(timings) as Record<Kind, ChangeTimings>;
}
