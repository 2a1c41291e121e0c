/** A client process of the bench: subscribes, checks all that it is told, reports. Started by one-to-one.ts. */
import { build } from 'hdr-histogram-js';
import { connect } from '../../client/index.ts';
import { eventOf, type SubscriberOrder, type SubscriberReport, TOPIC } from './messages.ts';

process.once('message', (order: SubscriberOrder) => void subscribe(order));

async function subscribe({ url, load, events }: SubscriberOrder): Promise<void> {
  const client = await connect(url, { name: 'bench subscriber' });
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60_000_000,
    numberOfSignificantValueDigits: 3,
  });
  const progress = { told: 0, wrong: 0, last: -1, startNs: 0n, endNs: 0n };
  let startCpu = process.cpuUsage();
  let report: () => void = () => {};
  const done = new Promise<void>((resolve) => {
    report = resolve;
  });
  const subscription = await client.subscribe(
    {
      topic: TOPIC,
      ...(load === 'filtered' && { when: 'temperature >= 0' }),
      creditEvents: 4096,
      creditBytes: 8 << 20,
      queueEvents: 100_000,
      queueBytes: 64 << 20,
    },
    (event) => {
      const nowNs = process.hrtime.bigint();
      const data = event.json() as { n: number; dueNs: number; temperature: number };
      if (progress.told === 0) {
        progress.startNs = nowNs;
        startCpu = process.cpuUsage();
      }
      const expected = eventOf(data.n, data.dueNs) as { temperature: number };
      if (data.n <= progress.last || data.temperature !== expected.temperature) progress.wrong += 1;
      progress.last = data.n;
      progress.told += 1;
      progress.endNs = nowNs;
      if (data.dueNs > 0) histogram.recordValue(Math.max(1, (Number(nowNs) - data.dueNs) / 1000));
      if (progress.told + dropped() >= events) report();
    },
  );
  const dropped = (): number => Object.values(subscription.dropped).reduce((sum, count) => sum + count, 0);
  subscription.onGap(() => {
    if (progress.told + dropped() >= events) report();
  });
  process.send?.('ready');
  await done;
  const { user, system } = process.cpuUsage(startCpu);
  const answer: SubscriberReport = {
    told: progress.told,
    dropped: dropped(),
    wrong: progress.wrong,
    seconds: Number(progress.endNs - progress.startNs) / 1e9,
    cpuSeconds: (user + system) / 1e6,
    latencyUs: {
      p50: histogram.getValueAtPercentile(50),
      p99: histogram.getValueAtPercentile(99),
      max: histogram.maxValue,
    },
  };
  process.send?.(answer);
  await client.close();
  process.disconnect();
}
