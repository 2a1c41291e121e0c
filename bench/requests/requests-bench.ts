import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Present, presentOf } from '../peers/present.ts';
import { describeMachine, thisMachine } from '../report/machine.ts';
import { toText } from '../report/table.ts';
import { REQUEST_PEERS, requestPeerOf } from './catalogue.ts';
import type { RequestClient, RequestPeer } from './request-peer.ts';

export interface RequestsBenchOptions {
  /** Keys; none: all. */
  readonly peers: readonly string[];
  readonly rounds: number;
  /** Asked one after another. */
  readonly alone: number;
  /** Asked with `inFlight` of them unanswered. */
  readonly requests: number;
  readonly inFlight: number;
  readonly print: (line: string) => void;
}

interface Figures {
  readonly p50: number[];
  readonly p99: number[];
  readonly perSecond: number[];
}

const ECHO = fileURLToPath(new URL('./echo-process.js', import.meta.url));
const BODY_BYTES = 64;
const WARM_UP = 2_000;

/**
 * What a question and its answer take: one at a time, and many under way. Broker, asker and server are processes of their
 * own; every reply is compared with what was asked. The asker is the process of the bench.
 */
export async function benchRequests(options: RequestsBenchOptions): Promise<void> {
  const { rounds, print, inFlight } = options;
  const keys = options.peers.length > 0 ? options.peers : REQUEST_PEERS;
  const { present, leftOut } = await presentOf(keys, requestPeerOf);
  print(describeMachine(thisMachine()));
  for (const { name, why } of leftOut) print(`left out: ${name}: ${why}`);
  const figures = new Map<Present<RequestPeer>, Figures>();
  for (let round = 0; round < rounds; round++) {
    for (const one of present) {
      const figure = figures.get(one) ?? { p50: [], p99: [], perSecond: [] };
      figures.set(one, figure);
      await measure(one.peer, options, figure);
    }
  }
  print(
    toText({
      title: `requests of ${BODY_BYTES} bytes, medians of ${rounds} rounds`,
      corner: 'over',
      columns: ['one at a time: p50 µs', 'p99 µs', `${inFlight} under way: a second`],
      lines: [...figures].map(([{ peer, version }, { p50, p99, perSecond }]) => ({
        label: `${peer.name} ${version}`.trim(),
        cells: [p50, p99, perSecond].map((values) => Math.round(median(values)).toLocaleString('en-US')),
      })),
    }),
  );
}

async function measure(peer: RequestPeer, options: RequestsBenchOptions, figures: Figures): Promise<void> {
  const { alone, requests, inFlight } = options;
  const folder = await mkdtemp(join(tmpdir(), 'tellwhen-requests-'));
  const server = await peer.start(folder);
  let echo: ChildProcess | undefined;
  try {
    echo = fork(ECHO, [peer.key, server.address, String(inFlight)]);
    await once(echo, 'message');
    const client = await peer.connect(server.address, inFlight);
    await pipelined(client, WARM_UP, inFlight);
    const times = await oneByOne(client, alone);
    figures.p50.push(times[Math.floor(times.length / 2)] ?? 0);
    figures.p99.push(times[Math.floor(times.length * 0.99)] ?? 0);
    figures.perSecond.push(await pipelined(client, requests, inFlight));
    await client.close();
  } finally {
    echo?.kill('SIGKILL');
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Microseconds of each, in rising order. */
async function oneByOne(client: RequestClient, count: number): Promise<Float64Array> {
  const times = new Float64Array(count);
  for (let n = 0; n < count; n++) {
    const fromMs = performance.now();
    await askedAndChecked(client, n);
    times[n] = (performance.now() - fromMs) * 1000;
  }
  return times.sort();
}

/** How many a second. */
async function pipelined(client: RequestClient, count: number, inFlight: number): Promise<number> {
  let next = 0;
  const fromMs = performance.now();
  const asker = async (): Promise<void> => {
    while (next < count) await askedAndChecked(client, next++);
  };
  await Promise.all(Array.from({ length: inFlight }, asker));
  return count / ((performance.now() - fromMs) / 1000);
}

/** Bodies differ in their first bytes. */
async function askedAndChecked(client: RequestClient, n: number): Promise<void> {
  const body = new Uint8Array(BODY_BYTES);
  new DataView(body.buffer).setUint32(0, n);
  const reply = await client.ask(body);
  const said = new DataView(reply.buffer, reply.byteOffset, reply.byteLength).getUint32(0);
  if (reply.length !== BODY_BYTES || said !== n) throw new Error(`request ${n} was answered ${said}`);
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}
