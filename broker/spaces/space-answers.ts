import type { BrokerControl, ControlOf } from '../protocol/index.ts';
import type { Space } from './space.ts';
import type { CompiledTemplate } from './template/compiled-template.ts';
import type { Tuple } from './tuple.ts';

/** To count takes less than to find: so many turns' worth of tuples in one. */
const COUNTED_TURNS = 4;
/** To say what a template's faults are in so many tuples at most. */
const EXPLAINED_TUPLES = 1_000;

/** To put into words what one tuple fails takes as long as to look at so many. */
const WORDED_TUPLES = 100;

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
  const next = space.index.list(template, after, COUNTED_TURNS * template.turnTuples, (tuple) => {
    if (template.fits(tuple)) count += 1;
    return false;
  });
  return next === 0 ? { count } : { count, next };
}

/** Why nothing fits: of the first tuples those that fail the least, and what. */
export function explainTemplate(space: Space, template: CompiledTemplate, limit: number): Explained {
  const near: { readonly tuple: Tuple; readonly faults: number }[] = [];
  const most = Math.min(EXPLAINED_TUPLES, template.turnTuples);
  let looked = 0;
  let held = 0;
  for (const tuple of space.tuples.values()) {
    if (looked === most) break;
    // Of its transaction alone: nobody else is told of it.
    if (tuple.state === 'private') continue;
    looked += 1;
    const faults = template.faults(tuple);
    if (faults === 0 && tuple.state !== 'visible') held += 1;
    near.push({ tuple, faults });
  }
  // Only those that are shown are put into words, which costs a hundred times as much.
  near.sort((one, other) => one.faults - other.faults || one.tuple.number - other.tuple.number);
  return {
    looked,
    held,
    nearest: near
      .slice(0, Math.min(limit, Math.ceil(template.turnTuples / WORDED_TUPLES)))
      .map(({ tuple, faults }) => ({
        tuple: tuple.number,
        tupleText: cut(tuple.text),
        text: cut(faults === 0 ? `it fits, and is ${tuple.state}` : template.explain(tuple).join('\n')),
      })),
  };
}

function cut(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`;
}
