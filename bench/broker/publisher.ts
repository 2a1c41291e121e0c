/** A client process of the bench: publishes, at a rate or as fast as it goes, and reports. Started by one-to-one.ts. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Client, connect } from '../../client/index.ts';
import { eventOf, type PublisherOrder, type PublisherReport, TOPIC } from './messages.ts';

/** Events of one call, and calls without a receipt yet. */
const BATCH = 200;
const WINDOW = 20;

process.once('message', (order: PublisherOrder) => void publish(order));

async function publish({ url, events, rate }: PublisherOrder): Promise<void> {
  const client = await connect(url, { name: 'bench publisher' });
  const startNs = process.hrtime.bigint();
  const startCpu = process.cpuUsage();
  const wrong = rate === 0 ? await flood(client, events) : await keepRate(client, events, rate);
  const { user, system } = process.cpuUsage(startCpu);
  const report: PublisherReport = {
    seconds: Number(process.hrtime.bigint() - startNs) / 1e9,
    cpuSeconds: (user + system) / 1e6,
    wrong,
  };
  process.send?.(report);
  await client.close();
  process.disconnect();
}

async function flood(client: Client, events: number): Promise<number> {
  let wrong = 0;
  const waiting: Promise<void>[] = [];
  for (let from = 0; from < events; from += BATCH) {
    const numbers = Array.from({ length: Math.min(BATCH, events - from) }, (_, i) => from + i);
    const batch = client.publishBatch(numbers.map((n) => ({ topic: TOPIC, data: eventOf(n, 0) })));
    waiting.push(
      batch.then((receipts) => {
        wrong += receipts.filter((receipt) => !('matched' in receipt) || receipt.matched !== 1).length;
      }),
    );
    if (waiting.length >= WINDOW) await waiting.shift();
  }
  await Promise.all(waiting);
  return wrong;
}

/** An event is stamped with when it was due, not with when it left: a publisher that falls behind must not hide it. */
async function keepRate(client: Client, events: number, rate: number): Promise<number> {
  const startNs = Number(process.hrtime.bigint());
  const waiting: Promise<number>[] = [];
  for (let n = 0; n < events; ) {
    const nowNs = Number(process.hrtime.bigint());
    for (; n < events; n += 1) {
      const dueNs = startNs + (n / rate) * 1e9;
      if (dueNs > nowNs) break;
      waiting.push(client.publish(TOPIC, eventOf(n, Math.round(dueNs))).then(({ matched }) => (matched === 1 ? 0 : 1)));
    }
    await nextTurn();
  }
  return (await Promise.all(waiting)).reduce((sum, one) => sum + one, 0);
}
