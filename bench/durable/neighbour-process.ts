/** A client that does little, at a low and fixed rate, and says how long it waits. Started by storm-bench.ts. */

import { setTimeout as delay } from 'node:timers/promises';
import { build, type Histogram } from 'hdr-histogram-js';
import { connect } from '../../client/index.ts';
import type { Latency, WindowOrder, WindowReport } from './neighbour-messages.ts';

const TOPIC = 'neighbour/echo';
const MAILBOX = 'neighbour';
const STORED_TOPIC = 'neighbour/stored';
/** Events a second; of these every tenth goes to the mailbox. */
const RATE = 500;
const STORED_EVERY = 10;
/** After the last was sent, for the last to come. */
const LAST_MS = 5_000;
const ASK_AGAIN_MS = 10;

const url = process.argv[2] ?? '';

process.once('disconnect', () => process.exit());

const client = await connect(url, { name: 'neighbour' });
const roundTrips = new Map<number, number>();
let histograms = newHistograms();
let wrong = 0;
let sent = 0;
let unanswered = 0;

await client.subscribe({ topic: TOPIC }, (event) => {
  const { n } = event.json() as { n: number };
  const sentMs = roundTrips.get(n);
  if (sentMs === undefined) wrong += 1;
  else record(histograms.roundTrip, performance.now() - sentMs);
  roundTrips.delete(n);
});
const own = await client.subscribe({ mailbox: MAILBOX, topic: STORED_TOPIC }, (event) => event.ack());
own.onGap(() => {
  wrong += 1;
});

process.on('message', async ({ seconds }: WindowOrder) => {
  histograms = newHistograms();
  wrong = 0;
  await keepRate(seconds);
  const endMs = performance.now() + LAST_MS;
  while ((roundTrips.size > 0 || unanswered > 0) && performance.now() < endMs) await delay(ASK_AGAIN_MS);
  const report: WindowReport = {
    roundTrip: latencyOf(histograms.roundTrip),
    durableReceipt: latencyOf(histograms.durableReceipt),
    late: latencyOf(histograms.late),
    wrong: wrong + roundTrips.size + unanswered,
  };
  roundTrips.clear();
  process.send?.(report);
});
process.send?.('ready');

/** Does not wait for answers, so that what comes late does not keep later ones from being late too. */
async function keepRate(seconds: number): Promise<void> {
  const startMs = performance.now();
  for (let i = 0; i < seconds * RATE; ) {
    const nowMs = performance.now();
    for (; i < seconds * RATE; i += 1) {
      const dueMs = startMs + (i / RATE) * 1e3;
      if (dueMs > nowMs) break;
      record(histograms.late, nowMs - dueMs);
      send(i % STORED_EVERY === 0);
    }
    await delay(1);
  }
}

function send(stored: boolean): void {
  const n = sent;
  sent += 1;
  const sentMs = performance.now();
  if (!stored) {
    roundTrips.set(n, sentMs);
    client.publish(TOPIC, { n }).catch(fail);
    return;
  }
  unanswered += 1;
  client.publish(STORED_TOPIC, { n }, { durable: true }).then(({ durable, matched }) => {
    unanswered -= 1;
    record(histograms.durableReceipt, performance.now() - sentMs);
    if (!durable || matched !== 1) wrong += 1;
  }, fail);
}

function fail(error: unknown): void {
  console.error(error);
  wrong += 1;
}

function newHistograms() {
  return { roundTrip: newHistogram(), durableReceipt: newHistogram(), late: newHistogram() };
}

function newHistogram(): Histogram {
  return build({ highestTrackableValue: 60_000_000, numberOfSignificantValueDigits: 3 });
}

function record(histogram: Histogram, ms: number): void {
  histogram.recordValue(Math.max(1, ms * 1e3));
}

function latencyOf(histogram: Histogram): Latency {
  const at = (percentile: number): number => histogram.getValueAtPercentile(percentile);
  return { count: histogram.totalCount, p50: at(50), p99: at(99), max: histogram.maxValue };
}
