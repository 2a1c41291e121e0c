import type { Series, Snapshot } from './series.ts';

type MakeSeries<T> = (
  name: string,
  help: string,
  read: (now: T) => number | Readonly<Record<string, number>>,
  /** What the numbers of `read` are told apart by, if they are several. */
  label?: string,
) => Series;

/** How series are made that show one part of a snapshot. Where an embedding does not supply it, they are absent. */
export function seriesOf<T>(partOf: (now: Snapshot) => T | undefined): {
  readonly counter: MakeSeries<T>;
  readonly gauge: MakeSeries<T>;
} {
  const make =
    (type: Series['type']): MakeSeries<T> =>
    (name, help, read, label) => ({
      type,
      name,
      help,
      read: (now) => {
        const part = partOf(now);
        return part === undefined ? undefined : read(part);
      },
      ...(label !== undefined && { label }),
    });
  return { counter: make('counter'), gauge: make('gauge') };
}
