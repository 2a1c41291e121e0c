import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Server, Usage } from './peer.ts';

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Its working folder, and where its output goes. */
  readonly folder: string;
  /** It is ready when it accepts connections there. */
  readonly port: number;
}

/** Long enough for ten million stored events, whoever has them. */
const READY_MS = 600_000;
const END_MS = 10_000;
const ASK_AGAIN_MS = 10;
const OUTPUT = 'server-output.txt';
/** Of /proc: Linux counts in hundredths of a second, wherever Node runs. */
const TICKS_A_SECOND = 100;

/** A server of a bench: a process that is told to end when the bench has what it wants, and does not outlive it. */
export class ServerProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
    const kill = (): void => {
      child.kill('SIGKILL');
    };
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
  }

  /** Resolves when it accepts connections. Rejects with its last words when it ends before, or takes ten minutes. */
  static async start({ command, args, env = {}, folder, port }: ServerCommand): Promise<ServerProcess> {
    const path = join(folder, OUTPUT);
    const output = openSync(path, 'a');
    const child = spawn(command, args, {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    const server = new ServerProcess(child);
    const failed = once(child, 'error').then(([error]) => error as Error);
    const endMs = performance.now() + READY_MS;
    while (!(await accepts(port))) {
      if (child.pid === undefined) throw await failed;
      if (server.#ended || performance.now() > endMs) {
        await server.stop();
        throw new Error(`${command} did not start: ${readFileSync(path, 'utf8').slice(-2_000)}`);
      }
      await delay(ASK_AGAIN_MS);
    }
    return server;
  }

  at(address: string): Server {
    return {
      address,
      usage: () => usageOf(this.#child.pid ?? 0),
      stop: () => this.#end('SIGTERM'),
      kill: () => this.#end('SIGKILL'),
    };
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#ended) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill(signal);
    const force = setTimeout(() => this.#child.kill('SIGKILL'), END_MS);
    await exit;
    clearTimeout(force);
  }

  get #ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}

/** A port that nobody had a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * What a program prints; undefined if there is none of that name or it fails.
 *
 * @param exitCode That of a run that did not fail.
 */
export async function outputOf(command: string, args: readonly string[], exitCode = 0): Promise<string | undefined> {
  try {
    return (await promisify(execFile)(command, args)).stdout;
  } catch (error) {
    const { code, stdout } = error as { readonly code?: unknown; readonly stdout?: string };
    return code === exitCode ? stdout : undefined;
  }
}

/** Zero where there is no /proc. */
function usageOf(pid: number): Usage {
  try {
    // The name of the program is in brackets and may hold blanks.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return {
      cpuSeconds: ticks / TICKS_A_SECOND,
      ownBytes: kilobytes(status, 'RssAnon') * 1024,
      mappedBytes: kilobytes(status, 'RssFile') * 1024,
    };
  } catch {
    return { cpuSeconds: 0, ownBytes: 0, mappedBytes: 0 };
  }
}

function kilobytes(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1] ?? 0);
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
