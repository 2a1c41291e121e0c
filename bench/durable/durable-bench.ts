import { loadavg } from 'node:os';
import { PEER_KEYS, peerOf } from '../peers/catalogue.ts';
import { presentOf } from '../peers/present.ts';
import { thisMachine } from '../report/machine.ts';
import { Progress } from '../report/progress.ts';
import { toText } from '../report/table.ts';
import { measureChurn } from './churn-bench.ts';
import { isInMemory } from './data-folder.ts';
import { measurePeers, type PeersOrder } from './peers-bench.ts';
import { measureRestarts } from './restart-bench.ts';
import { type DurableResults, type Measured, partsOf, saveDurableResults } from './results.ts';
import { measureStorms } from './storm-bench.ts';

export const DURABLE_PARTS = ['peers', 'restarts', 'storms', 'churn'] as const;
export type DurablePart = (typeof DURABLE_PARTS)[number];

export interface DurableBenchOptions {
  readonly parts: readonly string[];
  /** Keys of the catalogue of peers. Empty: all. */
  readonly peers: readonly string[];
  readonly rounds: number;
  /** Events of one round of one peer. */
  readonly events: number;
  /** At most so many of them without an ack. */
  readonly inFlight: number;
  /** Events published one at a time. */
  readonly alone: number;
  /** Numbers of stored events to start with. */
  readonly stored: readonly number[];
  /** And for us alone. */
  readonly storedOurs: readonly number[];
  readonly churnMinutes: number;
  readonly churnRate: number;
  /** Servers have their files in folders of their own in here, which are gone afterwards. */
  readonly parent: string;
  /** A folder for the results and their tables; undefined: they are printed only. */
  readonly out: string | undefined;
  readonly print: (text: string) => void;
}

/**
 * What durability costs, beside other brokers. Every part prints what it has found before the next begins.
 *
 * @throws Error when an event was lost, came twice, out of order or changed; RangeError for a part or peer that is not there.
 */
export async function benchDurable(options: DurableBenchOptions): Promise<void> {
  const { parts, print, parent, out } = options;
  const unknown = parts.find((part) => !DURABLE_PARTS.some((one) => one === part));
  if (unknown !== undefined) throw new RangeError(`there is no part ${unknown}; there are ${DURABLE_PARTS.join(', ')}`);
  const { present, leftOut } = await presentOf(options.peers.length === 0 ? PEER_KEYS : options.peers, peerOf);
  const beside = parts.includes('peers') || parts.includes('restarts');
  for (const { name, why } of beside ? leftOut : []) print(`LEFT OUT: ${name}: ${why}`);
  // By way of `exit`, at which servers and folders go too.
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  const place = { machine: thisMachine(), folderIsInMemory: await isInMemory(parent) };
  for (const part of DURABLE_PARTS.filter((one) => parts.includes(one))) {
    const progress = new Progress(part);
    const here = { ...place, loadBefore: loadavg()[0] ?? 0 };
    const results = await measurePart(part, { ...options, present, leftOut }, here, (step) => progress.show(step));
    progress.done();
    for (const { line, tables } of partsOf(results)) print([line, ...tables.map(toText)].join('\n\n'));
    if (out !== undefined) print(`written: ${(await saveDurableResults(out, results)).join(', ')}`);
  }
}

type Place = Omit<Measured<unknown>, 'result'>;
type Means = Omit<DurableBenchOptions, 'peers'> & Pick<PeersOrder, 'present' | 'leftOut'>;

async function measurePart(
  part: DurablePart,
  means: Means,
  place: Place,
  progress: (step: string) => void,
): Promise<DurableResults> {
  switch (part) {
    case 'peers':
      return { peers: { ...place, result: await measurePeers(means, progress) } };
    case 'restarts': {
      const peers = means.present.map(({ peer }) => peer);
      return { restarts: { ...place, result: await measureRestarts({ ...means, peers }, progress) } };
    }
    case 'storms':
      return { storms: { ...place, result: await measureStorms(means, progress) } };
    case 'churn':
      return {
        churn: {
          ...place,
          result: await measureChurn(
            { parent: means.parent, minutes: means.churnMinutes, rate: means.churnRate },
            progress,
          ),
        },
      };
  }
}
