/** A client of one peer, in a process of its own: publishes, or consumes and checks, and reports. */
import { build } from 'hdr-histogram-js';
import { numberOf } from '../peers/body.ts';
import { peerOf } from '../peers/catalogue.ts';
import type { PeerClient, PublishRange } from '../peers/peer.ts';
import type { Answer, ConsumeOrder, ConsumeReport, Order, PublishOrder, PublishReport } from './messages.ts';

const MICROSECONDS_MAX = 60_000_000;

// Nobody is left to answer when the bench was ended.
process.once('disconnect', () => process.exit());

process.once('message', async (order: Order) => {
  try {
    const client = await (await peerOf(order.peer)).connect(order.address, order.queue);
    if (order.kind === 'publish') answer({ kind: 'published', report: await publish(client, order) });
    else answer({ kind: 'consumed', report: await consume(client, order) });
    await client.close();
  } catch (error) {
    answer({ kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
  process.disconnect();
});

async function publish(client: PeerClient, { range, warmUp }: PublishOrder): Promise<PublishReport> {
  const { first, count, inFlight } = range;
  if (warmUp > 0) await client.publish({ first, count: warmUp, inFlight });
  const timed = { first: first + warmUp, count: count - warmUp, inFlight };
  const startNs = nowNs();
  const startCpu = process.cpuUsage();
  const latencyUs = inFlight === 1 ? await oneAtATime(client, timed) : { p50: 0, p99: 0 };
  if (inFlight > 1) await client.publish(timed);
  return { startNs, endNs: nowNs(), cpuSeconds: cpuSince(startCpu), latencyUs };
}

async function oneAtATime(client: PeerClient, { first, count }: PublishRange): Promise<PublishReport['latencyUs']> {
  const histogram = build({ highestTrackableValue: MICROSECONDS_MAX, numberOfSignificantValueDigits: 3 });
  for (let n = first; n < first + count; n += 1) {
    const startMs = performance.now();
    await client.publish({ first: n, count: 1, inFlight: 1 });
    histogram.recordValue((performance.now() - startMs) * 1e3);
  }
  return { p50: histogram.getValueAtPercentile(50), p99: histogram.getValueAtPercentile(99) };
}

async function consume(client: PeerClient, { count, warmUp }: ConsumeOrder): Promise<ConsumeReport> {
  const seen = { taken: 0, wrong: 0, startNs: 0 };
  let startCpu = process.cpuUsage();
  let onLast: () => void = () => {};
  const all = new Promise<void>((resolve) => {
    onLast = resolve;
  });
  await client.consume((body) => {
    if (seen.taken === warmUp) {
      seen.startNs = nowNs();
      startCpu = process.cpuUsage();
    }
    if (numberOf(body) !== seen.taken) seen.wrong += 1;
    seen.taken += 1;
    if (seen.taken === count) onLast();
  });
  answer({ kind: 'ready' });
  await all;
  return { ...seen, endNs: nowNs(), cpuSeconds: cpuSince(startCpu) };
}

function nowNs(): number {
  return Number(process.hrtime.bigint());
}

function cpuSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

function answer(message: Answer): void {
  process.send?.(message);
}
