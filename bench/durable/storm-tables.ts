import type { Table } from '../report/table.ts';
import type { Latency, WindowReport } from './neighbour-messages.ts';
import { median, whole } from './numbers.ts';
import type { StormResult, StormRound } from './storm-bench.ts';

type Window = Exclude<keyof StormRound, 'overdue'>;

const WINDOWS: Readonly<Record<Window, string>> = {
  rest: 'at rest',
  purge: 'while others’ mailboxes are purged',
  expiry: 'while all in others’ mailboxes expires',
};

export function stormTables({ mailboxes, entriesEach, seconds, rounds }: StormResult): Table[] {
  const overdue = whole(median(rounds.map((round) => round.overdue)));
  const storm = `${mailboxes} mailboxes with ${whole(entriesEach)} events each, in ${seconds} s or a little more; too old and still there at the end: ${overdue}`;
  return [
    table(
      `What an untouched client notices: publish to delivery, not stored (${storm})`,
      rounds,
      ({ roundTrip }) => roundTrip,
    ),
    table('… publish to durable receipt', rounds, ({ durableReceipt }) => durableReceipt),
    table('… how late the client itself was to send', rounds, ({ late }) => late),
  ];
}

/** The ratio is the median of the ratios of each round. */
function table(title: string, rounds: readonly StormRound[], of: (report: WindowReport) => Latency): Table {
  const ratio = (window: Window): string =>
    `${median(rounds.map((round) => of(round[window]).p99 / of(round.rest).p99)).toFixed(2)} ×`;
  const middle = (window: Window, what: keyof Latency): string =>
    whole(median(rounds.map((round) => of(round[window])[what])));
  return {
    title,
    corner: '',
    columns: ['events', 'p50 µs', 'p99', 'max', 'p99 ÷ at rest'],
    lines: (Object.keys(WINDOWS) as Window[]).map((window) => ({
      label: WINDOWS[window],
      cells: [
        middle(window, 'count'),
        middle(window, 'p50'),
        middle(window, 'p99'),
        middle(window, 'max'),
        ratio(window),
      ],
    })),
  };
}
