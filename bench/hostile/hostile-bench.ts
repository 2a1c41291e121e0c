import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { seriesOf } from '../load/running-server.ts';
import { freePort } from '../peers/server-process.ts';
import { startBroker } from '../peers/tellwhen/broker-process.ts';
import { describeMachine, thisMachine } from '../report/machine.ts';
import { toText } from '../report/table.ts';
import { ATTACKS } from './attacks.ts';
import type { Answer, AttackerFigures, AttackerOrder, Order, PairFigures } from './messages.ts';

export interface HostileBenchOptions {
  /** Of each attack, of the quiet before it, and of the time beside somebody busy after it. */
  readonly seconds: number;
  /** Events a second of each pair. */
  readonly perSecond: number;
  /** Empty: all. */
  readonly attacks: readonly string[];
  readonly transport: string;
  readonly print: (line: string) => void;
}

interface Phase {
  readonly figures: readonly PairFigures[];
  /** Of a core, that the broker had. */
  readonly cores: number;
  /** By how much the broker's event loop was late at most. What others had of the processor is in it. */
  readonly lagMs: number;
}

const WARM_UP_MS = 1_500;
/** After an attack, until it is quiet again. */
const CALM_MS = 500;
const DOORS = ['native', 'MQTT', 'HTTP'];

/**
 * What clients that do nothing wrong have of those who do: a pair through each door, at an even rate, while nothing else
 * happens, while an attack runs, and while a process that has as much of the processor as the attack had does nothing to the
 * broker. What the attack costs beyond that is the broker's doing. Fails when the broker is not the same process at the end.
 */
export async function benchHostile({
  seconds,
  perSecond,
  attacks,
  transport,
  print,
}: HostileBenchOptions): Promise<void> {
  const names = attacks.length === 0 ? Object.keys(ATTACKS) : attacks;
  const unknown = names.find((name) => ATTACKS[name] === undefined);
  if (unknown !== undefined) throw new RangeError(`there is no attack ${unknown}: ${Object.keys(ATTACKS).join(', ')}`);
  print(describeMachine(thisMachine()));
  const folder = await mkdtemp(join(tmpdir(), 'tellwhen-hostile-'));
  const mqttPort = await freePort();
  // Whoever is kept waiting for a moment has to wait, and not to miss anything.
  const queues = ['--queue-events-default', '10000'];
  const flags = [...queues, '--data-dir', join(folder, 'data'), '--disk-free-bytes-min', '0', '--transport', transport];
  const broker = await startBroker(folder, flags, mqttPort);
  const target = { port: Number(new URL(broker.address).port), mqttPort };
  const bystanders = fork(fileURLToPath(new URL('bystanders.js', import.meta.url)));
  try {
    order(bystanders, { kind: 'open', target, perSecond });
    await once(bystanders, 'message');
    await delay(WARM_UP_MS);
    const phase = async (): Promise<Phase> => {
      await lagMsSince(target.port);
      const before = broker.usage().cpuSeconds;
      order(bystanders, { kind: 'begin' });
      await delay(1000 * seconds);
      const cores = (broker.usage().cpuSeconds - before) / seconds;
      order(bystanders, { kind: 'end' });
      const [figures] = (await once(bystanders, 'message')) as [Exclude<Answer, 'ready'>];
      return { figures, cores, lagMs: await lagMsSince(target.port) };
    };
    const beside = async (first: AttackerOrder): Promise<Phase & AttackerFigures> => {
      const attacker = fork(fileURLToPath(new URL('attacker.js', import.meta.url)));
      attacker.send(first);
      const had = await phase();
      attacker.send({ kind: 'count' } satisfies AttackerOrder);
      const [figures] = (await once(attacker, 'message')) as [AttackerFigures];
      attacker.kill('SIGKILL');
      await once(attacker, 'exit');
      await delay(CALM_MS);
      return { ...had, ...figures };
    };
    const lines: { readonly label: string; readonly cells: readonly string[] }[] = [];
    for (const name of names) {
      const quiet = await phase();
      const attacked = await beside({ kind: 'attack', attack: name, target });
      if (attacked.tried === 0) throw new Error(`the attack ${name} did nothing`);
      const busy = await beside({ kind: 'spin', cores: attacked.attackerCores });
      lines.push({
        label: name,
        cells: [
          ...cellsOf([quiet, busy, attacked]),
          attacked.attackerCores.toFixed(2),
          Math.round(attacked.tried / seconds).toLocaleString('en-US'),
        ],
      });
      print(`${name}: ${ATTACKS[name]?.what}`);
    }
    // It is nobody's to start again: who has used no time is not there.
    if (broker.usage().cpuSeconds === 0) throw new Error('the broker has ended');
    const version = await (await fetch(`http://127.0.0.1:${target.port}/version`)).text();
    print(`the broker is the same process: ${version.trim()}`);
    print(
      toText({
        title: `${perSecond.toLocaleString('en-US')} events/s a pair: in quiet | beside a process as busy as the attack | attacked`,
        corner: 'attack',
        columns: [
          ...DOORS.map((door) => `${door}: p99, ms`),
          'missing',
          'loop late at most, ms',
          'broker cores',
          "attack's cores",
          'tries/s',
        ],
        lines,
      }),
    );
  } finally {
    bystanders.kill('SIGKILL');
    await broker.stop();
    await rm(folder, { recursive: true });
  }
}

function cellsOf(phases: readonly Phase[]): readonly string[] {
  const each = (cell: (phase: Phase) => string): string => phases.map(cell).join(' | ');
  return [
    ...DOORS.map((_, i) => each(({ figures }) => ((figures[i]?.p99 ?? Number.NaN) / 1e3).toFixed(1))),
    each(({ figures }) => String(figures.reduce((sum, { missing }) => sum + missing, 0))),
    each(({ lagMs }) => lagMs.toFixed(0)),
    each(({ cores }) => cores.toFixed(2)),
  ];
}

/** Since this was last asked. */
async function lagMsSince(port: number): Promise<number> {
  const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return 1e3 * seriesOf(page, 'tellwhen_event_loop_lag_seconds{stat="max"}');
}

function order(bystanders: ChildProcess, order: Order): void {
  bystanders.send(order);
}
