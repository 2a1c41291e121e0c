import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../peers/server-process.ts';
import { startBroker } from '../peers/tellwhen/broker-process.ts';
import { describeMachine, thisMachine } from '../report/machine.ts';
import { toText } from '../report/table.ts';
import { ATTACKS } from './attacks.ts';
import type { Answer, Order, PairFigures } from './messages.ts';

export interface HostileBenchOptions {
  /** Of each attack, and of the quiet before it. */
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
}

const WARM_UP_MS = 1_500;
/** After an attack, until it is quiet again. */
const CALM_MS = 500;

/**
 * What clients that do nothing wrong have of those who do: a pair through each door, at an even rate, while nothing else
 * happens and while one attack after the other runs, each phase beside the quiet one before it. Fails when the broker is not
 * the same process at the end.
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
      const before = broker.usage().cpuSeconds;
      order(bystanders, { kind: 'begin' });
      await delay(1000 * seconds);
      const cores = (broker.usage().cpuSeconds - before) / seconds;
      order(bystanders, { kind: 'end' });
      const [figures] = (await once(bystanders, 'message')) as [Exclude<Answer, 'ready'>];
      return { figures, cores };
    };
    const lines: { readonly label: string; readonly cells: readonly string[] }[] = [];
    for (const name of names) {
      const quiet = await phase();
      const attacker = fork(fileURLToPath(new URL('attacker.js', import.meta.url)));
      attacker.send({ attack: name, target });
      const attacked = await phase();
      attacker.send('count');
      const [tried] = (await once(attacker, 'message')) as [number];
      attacker.kill('SIGKILL');
      await once(attacker, 'exit');
      if (tried === 0) throw new Error(`the attack ${name} did nothing`);
      lines.push({
        label: name,
        cells: [...cellsOf(quiet, attacked), Math.round(tried / seconds).toLocaleString('en-US')],
      });
      print(`${name}: ${ATTACKS[name]?.what}`);
      await delay(CALM_MS);
    }
    // It is nobody's to start again: who has used no time is not there.
    if (broker.usage().cpuSeconds === 0) throw new Error('the broker has ended');
    const version = await (await fetch(`http://127.0.0.1:${target.port}/version`)).text();
    print(`the broker is the same process: ${version.trim()}`);
    const doors = ['native', 'MQTT', 'HTTP'].flatMap((door) => [`${door}: p50`, 'p99', 'max']);
    print(
      toText({
        title: `µs from due to there, ${perSecond.toLocaleString('en-US')} events/s a pair: quiet → attacked`,
        corner: 'attack',
        columns: [...doors, 'missing', 'broker cores', 'tries/s'],
        lines,
      }),
    );
  } finally {
    bystanders.kill('SIGKILL');
    await broker.stop();
    await rm(folder, { recursive: true });
  }
}

function cellsOf(quiet: Phase, attacked: Phase): readonly string[] {
  const cells = quiet.figures.flatMap((before, i) => {
    const after = attacked.figures[i];
    return (['p50', 'p99', 'max'] as const).map((key) => `${before[key]} → ${after?.[key] ?? '-'}`);
  });
  const missing = attacked.figures.reduce((sum, { missing }) => sum + missing, 0);
  return [...cells, String(missing), `${quiet.cores.toFixed(2)} → ${attacked.cores.toFixed(2)}`];
}

function order(bystanders: ChildProcess, order: Order): void {
  bystanders.send(order);
}
