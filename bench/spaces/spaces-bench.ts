import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from '../peers/peer.ts';
import { startBroker } from '../peers/tellwhen/broker-process.ts';
import { describeMachine, thisMachine } from '../report/machine.ts';
import { toText } from '../report/table.ts';
import { measureLookups } from './lookups.ts';
import { type PairsPeer, pairsPeers } from './pairs-peers.ts';
import { measureWaking } from './waking.ts';

export interface SpacesBenchOptions {
  /** Of pairs, lookups, waking. */
  readonly parts: readonly string[];
  readonly rounds: number;
  /** Pairs of `out` and `in` of one round. */
  readonly pairs: number;
  /** Pairs under way at the same time. */
  readonly inFlight: number;
  /** Tuples to look among. */
  readonly tuples: number;
  /** Who wait at the same time. */
  readonly waiters: number;
  readonly print: (line: string) => void;
}

/** What shared data spaces bring: see the help of `npm run bench`. Every answer is checked. */
export async function benchSpaces(options: SpacesBenchOptions): Promise<void> {
  options.print(describeMachine(thisMachine()));
  if (options.parts.includes('pairs')) await benchPairs(options);
  if (options.parts.includes('lookups')) await benchLookups(options);
  if (options.parts.includes('waking')) await benchWaking(options);
}

async function benchPairs({ rounds, pairs, inFlight, print }: SpacesBenchOptions): Promise<void> {
  const rates = new Map<PairsPeer, number[]>();
  for (const peer of pairsPeers) {
    const availability = await peer.availability();
    if ('leftOut' in availability) print(`without ${peer.name}: ${availability.leftOut}`);
    else rates.set(peer, []);
  }
  for (let round = 0; round < rounds; round++) {
    for (const [peer, figures] of rates) {
      await inFolder(async (folder) => {
        const server = await peer.start(folder);
        try {
          // Code is compiled as it is used: the first tenth is not counted.
          await peer.run(server.address, { pairs: Math.ceil(pairs / 10), inFlight });
          const startMs = performance.now();
          await peer.run(server.address, { pairs, inFlight });
          figures.push(pairs / ((performance.now() - startMs) / 1000));
        } finally {
          await server.stop();
        }
      });
    }
  }
  print(
    toText({
      title: `out and in of the same tuple, ${inFlight} pairs under way, one client; medians of ${rounds} rounds`,
      corner: '',
      columns: ['pairs a second'],
      lines: [...rates].map(([{ name }, figures]) => ({
        label: name,
        cells: [Math.round(median(figures)).toLocaleString('en-US')],
      })),
    }),
  );
}

async function benchLookups({ tuples, print }: SpacesBenchOptions): Promise<void> {
  const lines = await withBroker([], (server) => measureLookups(server, tuples));
  print(
    toText({
      title: `taking one of many tuples; µs, all of the way from the call to the answer`,
      corner: 'what is asked',
      columns: ['tuples', 'one at a time, p50', 'pipelined, each', "of that the broker's processor"],
      lines: lines.map(({ what, tuples: among, aloneUs, pipelinedUs, brokerUs }) => ({
        label: what,
        cells: [among.toLocaleString('en-US'), ...[aloneUs, pipelinedUs, brokerUs].map((us) => us.toFixed(1))],
      })),
    }),
  );
}

async function benchWaking({ waiters, print }: SpacesBenchOptions): Promise<void> {
  const flags = [
    '--space-waiters-per-connection-max',
    String(waiters + 1),
    '--space-waiters-max',
    String(Math.max(10_000, waiters + 1)),
  ];
  const lines = await withBroker(flags, (server) => measureWaking(server, waiters));
  print(
    toText({
      title:
        'one out, until the one of those who wait has it; µs, from the call of one client to the answer of another',
      corner: 'who wait',
      columns: ['p50', 'p99'],
      lines: lines.map(({ waiters: among, p50Us, p99Us }) => ({
        label: among.toLocaleString('en-US'),
        cells: [p50Us.toFixed(0), p99Us.toFixed(0)],
      })),
    }),
  );
}

function withBroker<R>(flags: readonly string[], use: (server: Server) => Promise<R>): Promise<R> {
  return inFolder(async (folder) => {
    const server = await startBroker(folder, ['--memory', ...flags]);
    try {
      return await use(server);
    } finally {
      await server.stop();
    }
  });
}

async function inFolder<R>(use: (folder: string) => Promise<R>): Promise<R> {
  const folder = await mkdtemp(join(tmpdir(), 'tellwhen-spaces-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
