import { command, type Example } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { formOf, formOptions } from '../form.ts';
import { count, duration, flag, number, text } from '../option-kinds.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

const examples: readonly Example[] = [
  { does: 'does everything work here? half a minute', line: 'bench --quick' },
  { does: 'two scenarios, beside two other brokers', line: 'bench --scenarios s1,s3 --peers tellwhen,nats,redis' },
  { does: 'everything, with a report to look at', line: 'bench --out bench-results' },
  { does: 'a broker that runs', line: 'bench --url ws://127.0.0.1:8355 --scenarios s1,s4' },
];

/** `tellwhen bench`. */
export const bench = command({
  name: 'bench',
  summary: 'put this broker, and others, under load',
  details: `Starts each broker afresh, with its clients in processes of their own, on this machine; checks every event that comes; and shows medians of rounds in which every broker had its turn. Brokers that are not installed are left out, and said to be. Exit code 1 if ours lost an event or handed over a wrong one.

Scenarios: s1 one publisher to one subscriber, s1f the same with a content filter, s2 fan-out, s3 many different predicates, s4 latency at a fixed rate, s5 idle connections, s6 durable publishing, s7 filters loaded while events flow, s8 pull with leases, s9 slow and dead consumers among good ones, cost: more and more subscriptions.`,
  arguments: [],
  options: {
    scenarios: text('key,…', 'these only (default: all)'),
    peers: text('key,…', 'these brokers only (default: all that are installed)'),
    url: text('url', 'a Tellwhen broker that runs, which nobody else uses meanwhile, instead of any that is started'),
    quick: flag('a small load for a second each: whether it works, not how fast it is'),
    rounds: count('n', 'turns of each broker (default: 3)'),
    time: duration('duration', 'of what is measured in one turn (default: 5s)'),
    warmUp: duration('duration', 'before it (default: 2s)'),
    rate: count('n', 'events a second where latency is measured (default: 5000)'),
    fanOut: count('n', 'subscribers of s2 and s9 (default: 100)'),
    subscriptions: count('n', 'of s3 (default: 1000)'),
    connections: count('n', 'idle ones of s5 (default: 10000)'),
    filters: count('n', 'of s7 (default: 1000000)'),
    events: count('n', 'stored in s6 (default: 100000)'),
    seed: number('n', 'of the events; the same seed makes the same (default: any)'),
    out: text('folder', 'write load.json, load.md and load.html there'),
    ...formOptions,
  },
  examples,
  async run({ options }, terminal) {
    const { json } = formOf(options, terminal);
    const { url, quick, rounds, time, warmUp, seed, out } = options;
    // Here and not above: no other command needs the load test to start.
    const load = await import('../../../bench/load/index.ts');
    const scenarios = known('--scenarios', options.scenarios, load.SCENARIO_KEYS);
    const peers = known('--peers', options.peers, load.PEER_KEYS);
    const results = await unlessStopped(terminal, () =>
      load.benchLoad({
        scenarios,
        peers,
        url,
        quick,
        rounds,
        seed,
        seconds: time === undefined ? undefined : time / 1e3,
        warmUpSeconds: warmUp === undefined ? undefined : warmUp / 1e3,
        sizes: {
          rate: options.rate,
          fanOut: options.fanOut,
          subscriptions: options.subscriptions,
          idleConnections: options.connections,
          filters: options.filters,
          storedEvents: options.events,
        },
        signal: terminal.stop,
        progress: (line) => terminal.progress(line),
        note: (line) => terminal.note(line),
        measured: async (soFar, scenario) => {
          if (!json) await terminal.print(load.scenarioText(soFar, scenario));
          // After each, so that a long run that is ended has left something.
          if (out !== undefined) await load.saveLoadResults(out, soFar);
        },
      }),
    );
    if (json) await terminal.print(JSON.stringify(results));
    return load.isOursRight(results) ? EXIT.ok : EXIT.error;
  },
});

function known(option: string, given: string | undefined, keys: readonly string[]): readonly string[] {
  const asked = (given ?? '').split(',').filter((key) => key !== '');
  const unknown = asked.find((key) => !keys.includes(key));
  if (unknown === undefined) return asked;
  throw new UsageError(`${option} takes any of ${keys.join(', ')}, not "${unknown}"`);
}

/** A process that ended because the user said stop is not what went wrong. */
async function unlessStopped<T>(terminal: Terminal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    terminal.progress('');
    terminal.throwIfStopped();
    throw error;
  }
}
