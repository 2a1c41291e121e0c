import { type ChildProcess, fork, spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Load, PublisherOrder, PublisherReport, SubscriberOrder, SubscriberReport } from './messages.ts';

export interface BrokerBenchOptions {
  /** Events of one throughput run. Default 300,000. */
  readonly events?: number;
  /** Events a second of the latency run. Default 5,000. */
  readonly rate?: number;
  /** Runs of each kind; the median is shown. Default 3. */
  readonly runs?: number;
  readonly print?: (line: string) => void;
}

const LATENCY_SECONDS = 4;
/** A client process that is silent for so long will not answer. */
const ANSWER_MS = 120_000;

/**
 * One publisher, one broker, one subscriber, each a process of its own, over WebSocket on the loopback. Every event is
 * checked; throws when one was wrong, twice, or missing without having been told as dropped.
 */
export async function benchOneToOne(options: BrokerBenchOptions = {}): Promise<void> {
  const { events = 300_000, rate = 5_000, runs = 3, print = console.log } = options;
  print('one publisher to one subscriber, each in its own process; about 100 bytes an event, with a receipt each');
  print(row(['load', 'events', 'events/s', 'lost', 'p50 µs', 'p99 µs', 'max µs', 'cpu pub', 'cpu sub', 'cpu broker']));
  for (const load of ['plain', 'filtered'] as const) {
    const results: Result[] = [];
    for (let i = 0; i < runs; i++) results.push(await run({ load, events, rate: 0 }));
    const { told, seconds, dropped, cpu } = median(results, ({ seconds }) => seconds);
    print(
      row([`${load}, flat out`, told, Math.round(told / seconds), dropped, '', '', '', ...cpu.map(percent(seconds))]),
    );
  }
  for (const load of ['plain', 'filtered'] as const) {
    const results: Result[] = [];
    for (let i = 0; i < runs; i++) results.push(await run({ load, events: rate * LATENCY_SECONDS, rate }));
    const { told, seconds, dropped, latencyUs, cpu } = median(results, (result) => result.latencyUs.p99);
    const { p50, p99, max } = latencyUs;
    print(
      row([
        `${load}, ${rate}/s`,
        told,
        Math.round(told / seconds),
        dropped,
        p50,
        p99,
        max,
        ...cpu.map(percent(seconds)),
      ]),
    );
  }
}

interface Result extends SubscriberReport {
  /** Of publisher, subscriber and broker, in seconds. */
  readonly cpu: readonly number[];
}

async function run({ load, events, rate }: { load: Load; events: number; rate: number }): Promise<Result> {
  const broker = await startBroker();
  try {
    const subscriber = fork(beside('subscriber.js'));
    const told = answers<SubscriberReport | 'ready'>(subscriber);
    subscriber.send({ url: broker.url, load, events } satisfies SubscriberOrder);
    await told.next();
    const publisher = fork(beside('publisher.js'));
    const published = answers<PublisherReport>(publisher);
    const cpuBefore = await broker.cpuSeconds();
    publisher.send({ url: broker.url, events, rate } satisfies PublisherOrder);
    const sent = await published.next();
    if (sent.wrong > 0) throw new Error(`${sent.wrong} of ${events} receipts were wrong`);
    const got = await told.next();
    if (got === 'ready') throw new Error('the subscriber answered twice that it is ready');
    if (got.wrong > 0 || got.told + got.dropped !== events) throw new Error(`wrong events: ${JSON.stringify(got)}`);
    return { ...got, cpu: [sent.cpuSeconds, got.cpuSeconds, (await broker.cpuSeconds()) - cpuBefore] };
  } finally {
    broker.child.kill('SIGTERM');
    await once(broker.child, 'exit');
  }
}

/** A broker as anyone would start it, on a free port. */
async function startBroker() {
  const cli = fileURLToPath(new URL('../../client/cli/main.js', import.meta.url));
  const child = spawn(process.execPath, [cli, 'serve', '--port', '0', '--mqtt-port', '0', '--log-format', 'json'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  for await (const line of createInterface({ input: child.stderr })) {
    const { message, host, port } = JSON.parse(line) as { message: string; host: string; port: number };
    if (message !== 'listening') continue;
    child.stderr.resume();
    const page = `http://${host}:${port}/metrics`;
    return {
      child,
      url: `ws://${host}:${port}`,
      cpuSeconds: () => readMetric(page, 'tellwhen_process_cpu_seconds_total'),
    };
  }
  throw new Error('the broker ended before it listened');
}

async function readMetric(page: string, series: string): Promise<number> {
  const text = await (await fetch(page)).text();
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.slice(series.length),
  );
}

/** What a client process says, in order, kept until it is asked for. Fails when it ends or is silent too long. */
function answers<T>(child: ChildProcess): { next(): Promise<T> } {
  const said = on(child, 'message', { close: ['exit'], signal: AbortSignal.timeout(ANSWER_MS) });
  return {
    async next() {
      const { done, value } = await said.next();
      if (done === true) throw new Error('a client process of the bench ended early');
      return (value as [T])[0];
    },
  };
}

function beside(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

function median<T>(results: readonly T[], by: (result: T) => number): T {
  return results.toSorted((a, b) => by(a) - by(b))[results.length >> 1] as T;
}

const percent =
  (seconds: number) =>
  (cpuSeconds: number): string =>
    `${Math.round((100 * cpuSeconds) / seconds)} %`;

function row(cells: readonly (string | number)[]): string {
  return cells.map((cell, i) => (i === 0 ? String(cell).padEnd(20) : String(cell).padStart(11))).join('');
}
