import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Exit, Program, type RunOptions } from './program.ts';

/** As built: scenarios run what is shipped. */
const CLI = fileURLToPath(new URL('../../dist/client/cli/main.js', import.meta.url));

/** A `tellwhen` process. */
export class CliProcess extends Program {
  constructor(args: readonly string[], options: RunOptions = {}) {
    super(process.execPath, [CLI, ...args], options);
  }
}

/** Runs one command to its end. */
export async function runCli(args: readonly string[], options: RunOptions = {}): Promise<Exit> {
  await using cli = new CliProcess(args, options);
  return await cli.exit();
}

export interface BrokerProcess extends AsyncDisposable {
  readonly process: CliProcess;
  readonly url: string;
}

/**
 * A broker, on a free port unless it is given one, in memory unless it is told where to store, ready for clients. Dispose
 * of it to kill it.
 */
export async function startBrokerProcess(
  args: readonly string[] = [],
  { port }: { readonly port?: string } = {},
): Promise<BrokerProcess> {
  const kept = args.some((arg) => arg === '--memory' || arg.startsWith('--data-dir'));
  const where = kept ? [] : ['--memory'];
  // Unless a test wants it: the port that is MQTT's may be somebody's.
  const mqtt = args.includes('--mqtt-port') ? [] : ['--mqtt-port', '0'];
  const process = new CliProcess(['serve', '--port', port ?? (await freePort()), ...mqtt, ...where, ...args]);
  const [, host, bound] = await process.says(/ listening host=(\S+) port=(\d+)/);
  return { process, url: `ws://${host}:${bound}`, [Symbol.asyncDispose]: () => process[Symbol.asyncDispose]() };
}

/**
 * A port to ask for by its number. Of one that the system chose for a listener, the connections that linger after its
 * end keep the next broker out; of one that was asked for, they do not.
 */
export async function freePort(): Promise<string> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return String(port);
}

/** The lines of an output, each a JSON object. */
export function jsonLines(output: string): { readonly [name: string]: unknown }[] {
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
