import type { Table } from '../report/table.ts';
import type { Floor } from './flush-floor.ts';
import { median, megabytes, oneDigit, whole } from './numbers.ts';
import type { PeerRound } from './peer-round.ts';
import type { PeersResult } from './peers-bench.ts';

const OURS = 'tellwhen';
const FLOOR = 'a bare file, flushed, in one process';
const RATES = ['events/s', 'lowest to highest', 'ours ÷ it'];

/** A line of a table: the rounds of one peer, or of the bare file. */
interface Line<R> {
  readonly name: string;
  readonly rounds: readonly R[];
}

export function peerTables(result: PeersResult): Table[] {
  return [meaningTable(result), batchedTable(result), aloneTable(result), drainedTable(result), passedTable(result)];
}

/** Rates mean little beside each other before this is read. */
function meaningTable({ peers, leftOut }: PeersResult): Table {
  return {
    title: 'What is promised for it',
    corner: 'peer',
    columns: ['version', 'when a publish is acknowledged, its event is', 'when a consumer acknowledges, the event is'],
    lines: [
      ...peers.map(({ name, version, ack, settled }) => ({ label: name, cells: [version, ack, settled] })),
      ...leftOut.map(({ name, why }) => ({ label: name, cells: ['', `LEFT OUT: ${why}`, ''] })),
    ],
  };
}

function batchedTable({ peers, floor, events, inFlight }: PeersResult): Table {
  const rateIn = (round: Floor): number => round.batched.rate;
  const cpuOf = (rounds: readonly Floor[]): string[] => [
    oneDigit(median(rounds.map(({ batched }) => batched.clientCpuUs))),
    oneDigit(median(rounds.map(({ batched }) => batched.serverCpuUs))),
  ];
  return {
    title: `Published by one client, ${whole(inFlight)} unacknowledged at most (${whole(events)} events a round)`,
    corner: 'peer',
    columns: [...RATES, 'client’s processor µs an event', 'server’s'],
    lines: [...peers, { name: FLOOR, rounds: floor }].map((line) => ({
      label: line.name,
      cells: [...rateCells(line, peers, rateIn), ...cpuOf(line.rounds)],
    })),
  };
}

function aloneTable({ peers, floor, alone }: PeersResult): Table {
  return {
    title: `Published one at a time, each when the one before is acknowledged (${whole(alone)} a round)`,
    corner: 'peer',
    columns: [...RATES, 'p50 µs', 'p99'],
    lines: [...peers, { name: FLOOR, rounds: floor }].map((line) => ({
      label: line.name,
      cells: [
        ...rateCells<Floor>(line, peers, (round) => round.alone.rate),
        oneDigit(median(line.rounds.map((round) => round.alone.p50Us))),
        oneDigit(median(line.rounds.map((round) => round.alone.p99Us))),
      ],
    })),
  };
}

function drainedTable({ peers }: PeersResult): Table {
  return {
    title: 'Stored events, taken and acknowledged by one client, each once and in order',
    corner: 'peer',
    columns: [...RATES, 'client’s processor µs an event', 'server’s'],
    lines: peers.map((line) => ({
      label: line.name,
      cells: [
        ...rateCells<PeerRound>(line, peers, (round) => round.drained.rate),
        oneDigit(median(line.rounds.map((round) => round.drained.clientCpuUs))),
        oneDigit(median(line.rounds.map((round) => round.drained.serverCpuUs))),
      ],
    })),
  };
}

function passedTable({ peers, events, inFlight }: PeersResult): Table {
  return {
    title: `Published by one client, ${whole(inFlight)} unacknowledged at most, while another takes and acknowledges each (${whole(events)} events a round)`,
    corner: 'peer',
    columns: [...RATES, 'server’s processor µs an event', 'server’s memory at the end, MB', 'and mapped files'],
    lines: peers.map((line) => ({
      label: line.name,
      cells: [
        ...rateCells<PeerRound>(line, peers, (round) => round.passed.rate),
        oneDigit(median(line.rounds.map((round) => round.passed.serverCpuUs))),
        megabytes(median(line.rounds.map((round) => round.ownBytes))),
        megabytes(median(line.rounds.map((round) => round.mappedBytes))),
      ],
    })),
  };
}

/** The ratio is the median of the ratios of each round, in which both met the same weather. */
function rateCells<R>(
  line: Line<R>,
  peers: readonly (Line<R> & { readonly key: string })[],
  rateIn: (round: R) => number,
): string[] {
  const rates = line.rounds.map(rateIn);
  const ours = peers.find(({ key }) => key === OURS)?.rounds.map(rateIn) ?? [];
  const ratio = median(rates.flatMap((rate, round) => (ours[round] === undefined ? [] : [ours[round] / rate])));
  return [
    whole(median(rates)),
    `${whole(Math.min(...rates))} to ${whole(Math.max(...rates))}`,
    Number.isNaN(ratio) ? '' : `${ratio.toFixed(2)} ×`,
  ];
}
