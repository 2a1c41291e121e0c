import type { Table } from '../report/table.ts';
import { median, megabytes, whole } from './numbers.ts';
import type { Restart } from './restart.ts';
import type { RestartsResult } from './restart-bench.ts';

export function restartTables({ rows }: RestartsResult): Table[] {
  const middle = (rounds: readonly Restart[], of: (one: Restart) => number): number => median(rounds.map(of));
  return [
    {
      title:
        'Started again with stored events, after SIGKILL (of our files 64 MB are ballast, to be given up when the disk is full)',
      corner: 'peer',
      columns: [
        'stored events',
        'lost',
        'ready after ms',
        'a consumer has the first after another ms',
        'memory when ready, MB',
        'and mapped files',
        'files, MB',
      ],
      lines: rows.map(({ name, stored, rounds }) => ({
        label: name,
        cells: [
          whole(stored),
          // A round in which one is has no result.
          '0',
          whole(middle(rounds, ({ readyMs }) => readyMs)),
          whole(middle(rounds, ({ firstEventMs }) => firstEventMs)),
          megabytes(middle(rounds, ({ ownBytes }) => ownBytes)),
          megabytes(middle(rounds, ({ mappedBytes }) => mappedBytes)),
          megabytes(middle(rounds, ({ fileBytes }) => fileBytes)),
        ],
      })),
    },
  ];
}
