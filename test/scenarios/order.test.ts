import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { seededChance } from '../../broker/kernel/chance.ts';
import { type Client, connect, type ReceivedEvent } from '../../client/index.ts';
import { orderFaults } from '../support/order/checkers.ts';
import type { OrderFact, Receiver } from '../support/order/history.ts';
import { type BrokerProcess, freePort, startBrokerProcess } from '../support/processes.ts';
import { Program } from '../support/program.ts';

const ROUNDS = 8;
const PUBLISHERS = ['ann', 'ben', 'cleo'];
const KILLED = 'killed';
/** Until what was in the hands of consumers when the broker died is worked on. */
const SETTLING_MS = 300;
const LIBRARY = new URL('../../dist/client/index.js', import.meta.url).href;

/** Works on events by writing them down, one at a time of each publisher, as the mailbox gives them. */
const CONSUMER = `
import { appendFileSync } from 'node:fs';
const [, url, file] = process.argv;
const { connect } = await import('${LIBRARY}');
const client = await connect(url, { reconnect: { minMs: 50, maxMs: 200 } });
const wish = { mailbox: 'work', topic: 'o/#', order: 'fifo', ordered: true, attemptsMax: 100, leaseMs: 600_000 };
const work = await client.pull({ ...wish, deliveryLeaseMs: 20_000 });
console.log('working');
await work.run(async (event) => {
  const { p, n } = event.json();
  appendFileSync(file, p + '#' + n + '\\n');
}, { concurrency: 8, onError() {} });
`;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tellwhen-order-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Publishes, in order and until it is answered, what is counted from 1. */
class Publisher {
  readonly #name: string;
  readonly #client: Client;
  #number = 0;
  #over = false;
  readonly #running: Promise<void>;

  constructor(name: string, client: Client) {
    this.#name = name;
    this.#client = client;
    this.#running = this.#run();
  }

  /** How many it has published. */
  async stop(): Promise<number> {
    this.#over = true;
    await this.#running;
    return this.#number;
  }

  async #run(): Promise<void> {
    const answers: Promise<unknown>[] = [];
    while (!this.#over) {
      this.#number += 1;
      answers.push(this.#client.publish(`o/${this.#number % 3}`, { p: this.#name, n: this.#number }, { retry: true }));
      if (this.#number % 5 === 0) await pause(5);
    }
    await Promise.all(answers);
  }
}

/** Writes down what a subscription gets, another one each time that the broker has forgotten it. */
async function watch(client: Client, facts: OrderFact[], name: string, acknowledged: boolean): Promise<void> {
  const receiverOf = (epoch: number): Receiver => ({ name: `${name}.${epoch}`, order: 'total', ordered: acknowledged });
  let receiver = receiverOf(1);
  const terms = acknowledged ? ({ ack: 'explicit', ordered: true } as const) : {};
  const wish = { topic: 'o/#', order: 'total', ...terms } as const;
  const see = (event: ReceivedEvent): void => {
    const { p, n } = event.json<{ readonly p: string; readonly n: number }>();
    const seen = { receiver, event: { publisher: p, number: n } };
    facts.push({ kind: 'delivered', client: name, ...seen });
    if (!acknowledged) return;
    facts.push({ kind: 'acknowledged', ...seen });
    event.ack().catch(() => {});
  };
  const subscription = await client.subscribe({ ...wish, queueEvents: 100_000 }, see);
  let epoch = 1;
  subscription.onReset(() => {
    epoch += 1;
    receiver = receiverOf(epoch);
  });
}

it('orders are kept while the broker and consumers are killed, and nothing is lost', async () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  const chance = seededChance(seed);
  const port = await freePort();
  const file = join(directory, 'worked-on');
  await appendFile(file, '');
  const start = (): Promise<BrokerProcess> => startBrokerProcess(['--data-dir', directory], { port });
  let broker = await start();
  const consume = async (): Promise<Program> => {
    const consumer = new Program(process.execPath, ['--input-type=module', '-e', CONSUMER, broker.url, file]);
    await consumer.says(/working/);
    return consumer;
  };
  const consumers = [await consume(), await consume()];
  const settings = { reconnect: { minMs: 50, maxMs: 200 }, countPublishes: true, retryMs: 100_000 };
  const clients = await Promise.all(PUBLISHERS.map(() => connect(broker.url, settings)));
  const facts: OrderFact[] = [];
  await watch(clients[0] as Client, facts, 'push', false);
  await watch(clients[1] as Client, facts, 'acknowledged', true);
  const publishers = PUBLISHERS.map((name, i) => new Publisher(name, clients[i] as Client));
  try {
    for (let round = 0; round < ROUNDS; round++) {
      await pause(100 + chance.fraction() * 400);
      if (round % 2 === 0) {
        const victim = consumers.shift() as Program;
        victim.signal('SIGKILL');
        await victim.exit();
        consumers.push(await consume());
        continue;
      }
      broker.process.signal('SIGKILL');
      await broker.process.exit();
      await pause(SETTLING_MS);
      await appendFile(file, `${KILLED}\n`);
      facts.push({ kind: 'killed' });
      broker = await start();
    }
    const counts = await Promise.all(publishers.map((publisher) => publisher.stop()));
    const all = counts.reduce((sum, count) => sum + count, 0);
    const worked = async (): Promise<readonly string[]> => (await readFile(file, 'utf8')).split('\n').slice(0, -1);
    await expect.poll(async () => new Set(await worked()).size, { timeout: 60_000, interval: 200 }).toBe(all + 1);

    const mailbox: Receiver = { name: 'work', order: 'fifo', ordered: true };
    const history = (await worked()).flatMap((line): readonly OrderFact[] => {
      if (line === KILLED) return [{ kind: 'killed' }];
      const [publisher = '', number] = line.split('#');
      const seen = { receiver: mailbox, event: { publisher, number: Number(number) } };
      return [
        { kind: 'delivered', client: 'worker', ...seen },
        { kind: 'acknowledged', ...seen },
      ];
    });
    expect(orderFaults(history), `SEED=${seed}`).toEqual([]);
    expect(orderFaults(facts), `SEED=${seed}`).toEqual([]);
    expect(new Set(facts.map((fact) => ('receiver' in fact ? fact.receiver.name : ''))).size).toBeGreaterThan(2);
    console.info(`${all} events of ${PUBLISHERS.length} publishers, ${history.length / 2} worked on (SEED=${seed})`);
  } finally {
    for (const consumer of consumers) consumer.signal('SIGKILL');
    for (const consumer of consumers) await consumer.exit();
    for (const client of clients) await client.close();
    await broker[Symbol.asyncDispose]();
  }
}, 180_000);
