import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type Broker, startBroker } from './broker.ts';
import {
  CLIENT_VARIABLES,
  type Config,
  ConfigError,
  ENV_PREFIX,
  type LoadedConfig,
  loadConfig,
} from './config/index.ts';
import { watchHost } from './observe/host.ts';
import { createLog, type Log } from './observe/log.ts';
import { StoreError } from './store/store.ts';
import { TransportError } from './transports/transport.ts';

/** Where the process finds its configuration. */
export interface ProcessInputs {
  /** Of a JSON file. Default: `TELLWHEN_CONFIG` in the environment. */
  readonly configPath?: string | undefined;
  /** As on the command line: `--port`, `80`. */
  readonly flags: readonly string[];
}

export interface ServeOptions extends ProcessInputs {
  /** Called once clients can connect. */
  readonly listening: (broker: Broker) => void;
  /** Fires when the process is asked to end, with the name of the signal as its reason. */
  readonly stop: AbortSignal;
}

const CONFIG_VARIABLE = `${ENV_PREFIX}CONFIG`;

/** Why a broker did not start: the whole message for people, what to do included. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** Flags over environment over file over defaults. Rejects with ConfigError. */
export async function loadProcessConfig({ configPath, flags }: ProcessInputs): Promise<LoadedConfig> {
  const { [CONFIG_VARIABLE]: pathByEnv, ...env } = process.env;
  for (const variable of CLIENT_VARIABLES) delete env[variable];
  const path = configPath ?? pathByEnv;
  return loadConfig({ flags, env, file: path === undefined ? undefined : { path, text: await readConfig(path) } });
}

/**
 * Runs a broker as a process, until `stop` fires; then its clients may finish. Resolves when it has stopped. Rejects
 * with ConfigError or StartError when it does not come up. A fault that nobody caught is logged and ends the process
 * with 1: after it, nothing the broker says could be trusted.
 */
export async function serve({ listening, stop, ...inputs }: ServeOptions): Promise<void> {
  const { config } = await loadProcessConfig(inputs);
  // Nobody reading the log is no reason to end.
  process.stderr.on('error', () => {});
  const log = createLog({
    level: config.logLevel,
    format: config.logFormat,
    write: (line) => process.stderr.write(line),
  });
  endAtFaults(log);
  const full = new AbortController();
  const broker = await startBroker({
    config,
    log,
    host: watchHost(process),
    process,
    failed: (fault) => (fault === undefined ? full.abort(DISK_FULL) : endBecause(fault, log)),
  }).catch((error: unknown) => {
    throw startErrorOf(error, config);
  });
  listening(broker);
  const ending = AbortSignal.any([stop, full.signal]);
  if (!ending.aborted) await once(ending, 'abort');
  log.info('stopping; a second signal ends it at once', { signal: ending.reason });
  await broker.stop();
  if (full.signal.aborted)
    throw new StartError('the disk is full: make room, or set diskFreeBytesMin, and start again');
}

const DISK_FULL = 'disk full';

/**
 * What was acknowledged is on disk; what was not, nobody may rely on. The next start goes on from there. Ends at once and
 * by a signal: an orderly exit waits for a thread that is stuck in a flush, and where a write has failed the library of the store
 * aborts in it.
 */
function endBecause(fault: StoreError, log: Log): void {
  log.error('the store failed; the process ends', { code: fault.code, error: fault });
  process.kill(process.pid, 'SIGKILL');
}

async function readConfig(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new ConfigError([`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

function startErrorOf(error: unknown, { port, mqttPort }: Config): unknown {
  if (error instanceof StoreError) return new StartError(`${error.code}: ${error.message}`, { cause: error });
  if (!(error instanceof TransportError)) return error;
  const advice =
    error.code === 'address_in_use'
      ? adviceOnPort(
          error.service === 'mqtt'
            ? { flag: '--mqtt-port', port: mqttPort, zero: 'none' }
            : { flag: '--port', port, zero: 'any free one' },
        )
      : 'choose an address of this machine: --host 127.0.0.1, or --host 0.0.0.0 for all of them';
  return new StartError(`${error.message}\n${advice}`, { cause: error });
}

function adviceOnPort(at: { readonly flag: string; readonly port: number; readonly zero: string }): string {
  const { flag, port, zero } = at;
  return `is a broker running there already? choose another port: ${flag} ${port + 1}, or ${flag} 0 for ${zero}`;
}

function endAtFaults(log: Log): void {
  const fatal = (error: unknown): void => {
    log.error('a fault that nobody caught; the process ends', { error });
    process.exit(1);
  };
  process.on('uncaughtException', fatal);
  process.on('unhandledRejection', fatal);
}
