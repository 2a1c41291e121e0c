import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { tellwhen } from '../peers/tellwhen/mailbox.ts';
import { type ChurnCount, type ChurnRole, END } from './churn-messages.ts';
import { bytesIn, withFolder } from './data-folder.ts';
import { untilWaiting } from './waiting.ts';

export interface ChurnOrder {
  /** Where it makes its folder. */
  readonly parent: string;
  readonly minutes: number;
  /** Events a second. */
  readonly rate: number;
}

export interface ChurnSample {
  readonly seconds: number;
  readonly published: number;
  readonly consumed: number;
  readonly errors: number;
  readonly fileBytes: number;
  readonly ownBytes: number;
  readonly mappedBytes: number;
  /** Of one processor, since the sample before. */
  readonly processorShare: number;
}

export interface ChurnResult {
  readonly minutes: number;
  /** The highest of all samples of a second. */
  readonly fileBytesMax: number;
  readonly ownBytesMax: number;
  /** A few, evenly spread; the last one is after everything has been consumed. */
  readonly samples: readonly ChurnSample[];
}

const QUEUE = 'churn';
const SAMPLE_MS = 1_000;
const SHOWN = 12;
/** For what still waits when the publisher has ended. */
const DRAIN_MS = 60_000;

/**
 * A mailbox that is filled and emptied for a long time.
 *
 * @throws Error when not everything that was acknowledged to the publisher came to the consumer.
 */
export function measureChurn(
  { parent, minutes, rate }: ChurnOrder,
  progress: (step: string) => void,
): Promise<ChurnResult> {
  return withFolder(parent, async (folder) => {
    const server = await tellwhen.start(folder);
    // The mailbox is there before the first event is.
    const inspector = await tellwhen.connect(server.address, QUEUE);
    const publisher = new ChurnClient(server.address, 'publisher', rate);
    const consumer = new ChurnClient(server.address, 'consumer', rate);
    const startMs = performance.now();
    const samples: ChurnSample[] = [];
    let cpuBefore = 0;
    const sample = async (): Promise<void> => {
      const { cpuSeconds, ownBytes, mappedBytes } = server.usage();
      const seconds = (performance.now() - startMs) / 1e3;
      samples.push({
        seconds,
        published: publisher.count.done,
        consumed: consumer.count.done,
        errors: publisher.count.errors + consumer.count.errors,
        fileBytes: await bytesIn(folder),
        ownBytes,
        mappedBytes,
        processorShare: (cpuSeconds - cpuBefore) / (seconds - (samples.at(-1)?.seconds ?? 0)),
      });
      cpuBefore = cpuSeconds;
    };
    try {
      while (performance.now() - startMs < minutes * 60e3) {
        await delay(SAMPLE_MS);
        if (publisher.ended || consumer.ended) throw new Error('a client of the churn ended early');
        await sample();
        const last = samples.at(-1);
        if (last !== undefined)
          progress(
            `${last.published} published, ${last.consumed} consumed, ${last.errors} errors, ${Math.round(last.fileBytes / 2 ** 20)} MB`,
          );
      }
      await publisher.end();
      const endMs = performance.now() + DRAIN_MS;
      while (consumer.count.done < publisher.count.done && performance.now() < endMs) await delay(SAMPLE_MS);
      await consumer.end();
      await sample();
      const left = publisher.count.done - consumer.count.done;
      if (left !== 0) throw new Error(`${left} events that were acknowledged did not come`);
      await untilWaiting(tellwhen, inspector, 0);
      const most = (of: (one: ChurnSample) => number): number => Math.max(...samples.map(of));
      return {
        minutes,
        fileBytesMax: most(({ fileBytes }) => fileBytes),
        ownBytesMax: most(({ ownBytes }) => ownBytes),
        samples: spread(samples, SHOWN),
      };
    } finally {
      await inspector.close();
      await Promise.all([publisher.end(), consumer.end()]);
      await server.stop();
    }
  });
}

class ChurnClient {
  count: ChurnCount = { done: 0, errors: 0 };
  readonly #child: ChildProcess;

  constructor(address: string, role: ChurnRole, rate: number) {
    this.#child = fork(fileURLToPath(new URL('churn-process.js', import.meta.url)), [address, role, `${rate}`]);
    this.#child.on('message', (count: ChurnCount) => {
      this.count = count;
    });
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Resolves when it has said its last count, and ended. */
  async end(): Promise<void> {
    if (this.ended) return;
    const exit = once(this.#child, 'exit');
    this.#child.send(END);
    await exit;
  }
}

/** The first, the last, and what lies evenly between. */
function spread<T>(all: readonly T[], count: number): T[] {
  if (all.length <= count) return [...all];
  return Array.from({ length: count }, (_, i) => all[Math.round((i * (all.length - 1)) / (count - 1))] as T);
}
