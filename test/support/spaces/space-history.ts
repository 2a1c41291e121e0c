import { type Answer, SpaceModel, type Step } from './space-model.ts';

/** What was done, and what was answered until nothing more happened. */
export interface HistoryEntry {
  readonly step: Step;
  readonly answers: readonly Answer[];
}

/** The first entry in which something else was answered than should have been; `undefined` when all is right. */
export function faultOf(history: readonly HistoryEntry[]): string | undefined {
  const model = new SpaceModel();
  for (const [i, { step, answers }] of history.entries()) {
    const expected = sorted(model.apply(step));
    const given = sorted(answers);
    if (given !== expected) return `step ${i}, ${JSON.stringify(step)}: answered ${given}, not ${expected}`;
  }
  return undefined;
}

/** Different connections are told in no order. */
function sorted(answers: readonly Answer[]): string {
  const inOrder = [...answers].sort((one, other) => one.id - other.id);
  return JSON.stringify(inOrder.map(({ id, pair, said }) => [id, pair ?? said]));
}
