import type { Column } from './columns.ts';
import type { Figures } from './figures.ts';

/** The middle of what a column has in these rounds, the higher of two; undefined if none has it. */
export function medianOf(rounds: readonly Figures[], { of }: Pick<Column, 'of'>): number | undefined {
  const values = valuesOf(rounds, { of }).sort((a, b) => a - b);
  return values[values.length >> 1];
}

export function valuesOf(rounds: readonly Figures[], { of }: Pick<Column, 'of'>): number[] {
  return rounds.map(of).filter((value) => value !== undefined);
}
