import type { BrokerControl, ControlOf } from '../protocol/index.ts';
import type { Space } from './space.ts';
import type { CompiledTemplate } from './template/compiled-template.ts';
import type { Tuple } from './tuple.ts';

/** Tuples that one question looks at: some milliseconds of them. */
const COUNTED_TUPLES = 10_000;
const EXPLAINED_TUPLES = 1_000;

/** Of one tuple, and of what it fails. */
const SHOWN_CHARACTERS = 2_000;

type Status = Omit<ControlOf<BrokerControl, 'spaceInspected'>, 'kind' | 'ref'>;
type Explained = Omit<ControlOf<BrokerControl, 'templateExplained'>, 'kind' | 'ref'>;

export function statusOf(space: Space): Status {
  const { name, durable, tuples, bytes, taken, waiting, outs, takes, expired, limits } = space;
  return {
    space: name,
    durable,
    tuples: tuples.size,
    bytes,
    taken,
    waiting,
    outs,
    takes,
    expired,
    limits: { tuples: limits.tuplesMax, bytes: limits.bytesMax },
  };
}

/** How many of the tuples after a number fit that can be found; `next`: where to go on, if that were not all. */
export function countTuples(
  space: Space,
  template: CompiledTemplate,
  after: number,
): { readonly count: number; readonly next?: number } {
  let count = 0;
  const next = space.index.list(template, after, COUNTED_TUPLES, (tuple) => {
    if (template.fits(tuple)) count += 1;
    return false;
  });
  return next === 0 ? { count } : { count, next };
}

/** Why nothing fits: of the first tuples those that fail the least, and what. */
export function explainTemplate(space: Space, template: CompiledTemplate, limit: number): Explained {
  const nearest: { readonly tuple: Tuple; readonly faults: readonly string[] }[] = [];
  let looked = 0;
  let held = 0;
  for (const tuple of space.tuples.values()) {
    if (looked === EXPLAINED_TUPLES) break;
    // Of its transaction alone: nobody else is told of it.
    if (tuple.state === 'private') continue;
    looked += 1;
    const faults = template.explain(tuple);
    if (faults.length === 0 && tuple.state !== 'visible') held += 1;
    nearest.push({ tuple, faults: faults.length > 0 ? faults : [`it fits, and is ${tuple.state}`] });
  }
  nearest.sort((one, other) => one.faults.length - other.faults.length || one.tuple.number - other.tuple.number);
  return {
    looked,
    held,
    nearest: nearest.slice(0, limit).map(({ tuple, faults }) => ({
      tuple: tuple.number,
      tupleText: cut(tuple.text),
      text: cut(faults.join('\n')),
    })),
  };
}

function cut(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`;
}
