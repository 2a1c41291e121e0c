import { type Client, connect, TellwhenError } from '../../index.ts';
import { type CommandGroup, command } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { type Form, formOf, formOptions } from '../form.ts';
import { count, text } from '../option-kinds.ts';
import type { Terminal } from '../terminal.ts';
import { withBroker } from './demo/with-broker.ts';
import { bagOfTasks } from './examples/bag-of-tasks.ts';
import { microblog as runMicroblog } from './examples/microblog.ts';

const options = {
  url: text('url', 'use a broker that runs (default: one in memory, for as long as this takes)'),
  ...formOptions,
};

const TASKS = 30;
const WORKERS = 3;
const KILLS = 2;

const microblog = command({
  name: 'microblog',
  summary: 'Alice, Bob and Chuck blog in a shared data space',
  details: 'What it does is in client/cli/commands/examples/microblog.ts, some thirty lines.',
  arguments: [],
  options,
  examples: [{ does: 'the classic exercise of Linda', line: 'examples microblog' }],
  run({ options: { url, ...form } }, terminal) {
    return withClients(
      ['alice', 'bob', 'chuck'],
      { url, form: formOf(form, terminal), terminal },
      async (clients, show) => {
        const [alice, bob, chuck] = clients as [Client, Client, Client];
        await inOwnSpace(alice, 'blog', (name) => runMicroblog({ alice, bob, chuck }, name, show.say));
        return EXIT.ok;
      },
    );
  },
});

const tasks = command({
  name: 'tasks',
  summary: 'a bag of tasks, and workers that are killed at their work',
  details: `The workers are processes, and take tasks from a space. Some are killed (kill -9) while they
have one: it comes back, and another worker does it. Exit code 1 if the sum is wrong, or anything was done twice.`,
  arguments: [],
  options: {
    tasks: count('n', `how many there are to do (default: ${TASKS})`),
    workers: count('n', `how many are at work at the same time (default: ${WORKERS})`),
    kills: count('n', `how many are killed (default: ${KILLS})`),
    ...options,
  },
  examples: [
    { does: 'thirty tasks, three workers, two of them killed', line: 'examples tasks' },
    { does: 'more of everything', line: 'examples tasks --tasks 200 --workers 8 --kills 20' },
  ],
  run({ options: { url, tasks: wanted = TASKS, workers = WORKERS, kills = KILLS, ...form } }, terminal) {
    return withClients(
      ['master'],
      { url, form: formOf(form, terminal), terminal },
      async ([master], { say, address }) => {
        const common = { tasks: wanted, workers, kills, say, url: address, signal: terminal.stop };
        const right = await inOwnSpace(master as Client, 'bag', (name) =>
          bagOfTasks(master as Client, { ...common, name }),
        );
        terminal.throwIfStopped();
        return right ? EXIT.ok : EXIT.error;
      },
    );
  },
});

interface Stage {
  readonly url: string | undefined;
  readonly form: Form;
  readonly terminal: Terminal;
}

interface Show {
  readonly say: (line: string) => Promise<void>;
  readonly address: string;
}

/** Connects one client for each name, to the broker at the address or one that is started for this. */
function withClients(
  names: readonly string[],
  { url, form, terminal }: Stage,
  run: (clients: readonly Client[], show: Show) => Promise<number>,
): Promise<number> {
  return withBroker(url, async (address) => {
    const clients: Client[] = [];
    const say = (line: string): Promise<void> => terminal.print(form.json ? JSON.stringify({ said: line }) : line);
    try {
      for (const name of names) {
        clients.push(await connect(address, { name: `tellwhen example: ${name}`, signal: terminal.stop }));
      }
      return await run(clients, { say, address });
    } finally {
      await Promise.all(clients.map((client) => client.close()));
    }
  });
}

/** A space of this run alone, which is gone afterwards. */
async function inOwnSpace<R>(client: Client, what: string, run: (name: string) => Promise<R>): Promise<R> {
  const name = `example ${what} ${process.pid}`;
  try {
    return await run(name);
  } finally {
    await client.spaces.remove(name).catch((error: unknown) => {
      if (!(error instanceof TellwhenError)) throw error;
    });
  }
}

/** `tellwhen examples …`. */
export const examples: CommandGroup = {
  name: 'examples',
  summary: 'small programs around shared data spaces, to run and to read',
  commands: [microblog, tasks],
  examples: [...microblog.examples, ...tasks.examples],
};
