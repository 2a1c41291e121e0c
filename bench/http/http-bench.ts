import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, ServerProcess } from '../peers/server-process.ts';
import { describeMachine, thisMachine } from '../report/machine.ts';
import { toText } from '../report/table.ts';
import { HttpSocket } from './http-socket.ts';

export interface HttpBenchOptions {
  readonly rounds: number;
  /** Events published one request each. */
  readonly events: number;
  /** Connections that publish, each with one request under way. */
  readonly connections: number;
  /** Event streams that are each given every event of the second part. */
  readonly streams: number;
  readonly print: (line: string) => void;
}

/** Of what the streams are given: so many events for each stream, all together. */
const FAN_OUT_DELIVERIES = 200_000;
const TRANSPORTS = ['uws', 'node'] as const;
const CLI = fileURLToPath(new URL('../../client/cli/main.js', import.meta.url));

/**
 * How many events a second come in over HTTP, one request each, and how many go out over event streams. Client and broker are
 * processes of their own; every answer is counted, and the last ones are read.
 */
export async function benchHttp(options: HttpBenchOptions): Promise<void> {
  const { rounds, print } = options;
  print(describeMachine(thisMachine()));
  const figures = new Map<string, { published: number[]; delivered: number[] }>();
  for (let round = 0; round < rounds; round++) {
    for (const transport of TRANSPORTS) {
      const figure = figures.get(transport) ?? { published: [], delivered: [] };
      figures.set(transport, figure);
      await withBroker(transport, async (port) => {
        figure.published.push(await publish(port, options));
        figure.delivered.push(await fanOut(port, options));
      });
    }
  }
  print(
    toText({
      title: `events a second, medians of ${rounds} rounds`,
      corner: 'transport',
      columns: [`published, ${options.connections} connections`, `delivered to ${options.streams} streams`],
      lines: [...figures].map(([label, { published, delivered }]) => ({
        label,
        cells: [median(published), median(delivered)].map((figure) => Math.round(figure).toLocaleString('en-US')),
      })),
    }),
  );
}

async function withBroker(transport: string, use: (port: number) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tellwhen-http-'));
  const port = await freePort();
  const args = [CLI, 'serve', '--memory', '--port', String(port), '--mqtt-port', '0', '--transport', transport];
  const server = await ServerProcess.start({ command: process.execPath, args, folder, port });
  try {
    await use(port);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true });
  }
}

async function publish(port: number, { events, connections }: HttpBenchOptions): Promise<number> {
  const request = requestOf('bench/publish', '{"temperature":31,"humidity":40,"site":"north","name":"pump 7"}');
  const sockets = await Promise.all(Array.from({ length: connections }, () => HttpSocket.open(port, 'HTTP/1.1 200')));
  let sent = 0;
  let answered = 0;
  const startMs = performance.now();
  await new Promise<void>((resolve) => {
    for (const socket of sockets) {
      socket.onCount = (more) => {
        answered += more;
        if (answered === events) resolve();
        else if (sent < events) {
          sent += 1;
          socket.send(request);
        }
      };
      sent += 1;
      socket.send(request);
    }
  });
  const seconds = (performance.now() - startMs) / 1000;
  const seqs = sockets.map(({ last }) => Number(/"seq":(\d+)/.exec(last)?.[1] ?? 0));
  for (const socket of sockets) socket.close();
  if (Math.max(...seqs) !== events) throw new Error(`the last of ${events} events has seq ${Math.max(...seqs)}`);
  return events / seconds;
}

async function fanOut(port: number, { streams, connections }: HttpBenchOptions): Promise<number> {
  const each = Math.ceil(FAN_OUT_DELIVERIES / streams);
  const readers = await Promise.all(
    Array.from({ length: streams }, async () => {
      const reader = await HttpSocket.open(port, '\ndata: ');
      reader.send('GET /v1/events?filter=bench/fan-out HTTP/1.1\r\nHost: bench\r\n\r\n');
      return reader;
    }),
  );
  while (readers.some(({ bytes }) => bytes === 0)) await new Promise((resolve) => setImmediate(resolve));
  const publisher = await HttpSocket.open(port, 'HTTP/1.1 200');
  const request = requestOf('bench/fan-out', '{"temperature":31,"humidity":40,"site":"north","name":"pump 7"}');
  let delivered = 0;
  let sent = 0;
  const startMs = performance.now();
  await new Promise<void>((resolve) => {
    const more = (): void => {
      // Not further ahead of the streams than their queues reach.
      while (sent < each && sent * streams - delivered < connections * streams) {
        sent += 1;
        publisher.send(request);
      }
    };
    for (const reader of readers) {
      reader.onCount = (count) => {
        delivered += count;
        if (delivered === each * streams) resolve();
        else more();
      };
    }
    more();
  });
  const seconds = (performance.now() - startMs) / 1000;
  for (const reader of readers) {
    if (reader.count !== each) throw new Error(`a stream had ${reader.count} of ${each} events`);
    reader.close();
  }
  publisher.close();
  return (each * streams) / seconds;
}

function requestOf(topic: string, body: string): Buffer {
  const head = `POST /v1/topics/${topic} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n`;
  return Buffer.from(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
