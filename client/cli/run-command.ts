import { type ChildProcess, spawn } from 'node:child_process';
import type { CLIENT_VARIABLES } from '../../broker/config/index.ts';
import type { ReceivedEvent, ReceivedRequest } from '../index.ts';
import { CommandError } from './command-error.ts';
import { signalExit } from './exit-codes.ts';

/** Time to clean up, for a command that is asked to end, before it has to. */
const GRACE_MS = 2000;

/** Runs a shell command with the data of an event on its standard input and the rest in its environment: see `runWith`. */
export function runCommand(line: string, event: ReceivedEvent, signal: AbortSignal): Promise<void> {
  return runWith(line, { input: event.data, environment: environmentOf(event) }, signal);
}

/**
 * The same for a request; resolves with what the command writes to its output, which is the reply. Rejects also when that
 * is more than `REPLY_BYTES_MAX`.
 */
export function commandReply(line: string, request: ReceivedRequest): Promise<Uint8Array> {
  const { data, signal } = request;
  return run(line, { input: data, environment: requestEnvironmentOf(request) }, 'pipe', signal);
}

export interface CommandInput {
  /** For its standard input. */
  readonly input: Uint8Array | string;
  /** Besides our own. */
  readonly environment: { readonly [name: string]: string };
}

/**
 * Runs a shell command. Its output is ours. Resolves when it exits with 0; rejects when it does otherwise or cannot be started, and with the signal's reason
 * when `signal` fires, which ends it.
 *
 * The command is all that it starts: what it leaves running when it exits is ended, and so is everything when this
 * process ends, short of being killed itself. What shall stay has to make itself a session of its own (`setsid`).
 */
export async function runWith(line: string, input: CommandInput, signal: AbortSignal): Promise<void> {
  await run(line, input, 'inherit', signal);
}

/** As much as any broker can be told to accept. */
const REPLY_BYTES_MAX = 32 * 1_048_576;

/** @param output Ours, or what is resolved with. */
function run(
  line: string,
  { input, environment }: CommandInput,
  output: 'inherit' | 'pipe',
  signal: AbortSignal,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) throw signal.reason;
    const child = spawn(line, {
      shell: true,
      stdio: ['pipe', output, 'inherit'],
      env: { ...process.env, ...environment },
      // The leader of a process group, which can be ended as one.
      detached: GROUPS,
    });
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    let grace: NodeJS.Timeout | undefined;
    const abort = (): void => {
      signalGroup(child, 'SIGTERM');
      grace = setTimeout(() => signalGroup(child, 'SIGKILL'), GRACE_MS);
    };
    const over = (error: unknown): void => {
      clearTimeout(grace);
      signal.removeEventListener('abort', abort);
      running.delete(child);
      if (signal.aborted) reject(signal.reason);
      else if (error !== undefined) reject(error);
      else if (bytes > REPLY_BYTES_MAX) reject(new CommandError('command_failed', 'the command wrote too much'));
      else resolve(Buffer.concat(chunks));
    };
    signal.addEventListener('abort', abort);
    endWithUs(child);
    child.on('error', over);
    child.stdout?.on('data', (chunk: Uint8Array) => {
      bytes += chunk.length;
      if (bytes <= REPLY_BYTES_MAX) chunks.push(chunk);
    });
    child.on('exit', () => signalGroup(child, 'SIGKILL'));
    // What it has written may be read after its end.
    child.on(output === 'pipe' ? 'close' : 'exit', (code, killedBy) => {
      if (code === 0) over(undefined);
      else
        over(
          new CommandError(
            'command_failed',
            `the command ${code === null ? `was ended by ${killedBy}` : `exited with ${code}`}`,
          ),
        );
    });
    // A command may end without reading what it is given.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

const GROUPS = process.platform !== 'win32';

const running = new Set<ChildProcess>();
let watching = false;

/** Once for all of them: a listener each would be too many. */
function endWithUs(child: ChildProcess): void {
  running.add(child);
  if (watching) return;
  watching = true;
  process.on('exit', () => {
    for (const one of running) signalGroup(one, 'SIGKILL');
  });
  // A terminal that goes away tells us, but no longer the groups.
  process.on('SIGHUP', (signal) => process.exit(signalExit(signal)));
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (!GROUPS || child.pid === undefined) {
    child.kill(signal);
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Nobody of it is left.
  }
}

type EventVariable = Extract<(typeof CLIENT_VARIABLES)[number], `TELLWHEN_EVENT_${string}`>;

function environmentOf({ topic, seq, id, attempt, contentType }: ReceivedEvent): Record<EventVariable, string> {
  return {
    TELLWHEN_EVENT_TOPIC: topic,
    TELLWHEN_EVENT_SEQ: String(seq),
    TELLWHEN_EVENT_ID: id ?? '',
    TELLWHEN_EVENT_ATTEMPT: String(attempt),
    TELLWHEN_EVENT_CONTENT_TYPE: contentType,
  };
}

type RequestVariable = Extract<(typeof CLIENT_VARIABLES)[number], `TELLWHEN_REQUEST_${string}`>;

function requestEnvironmentOf(request: ReceivedRequest): Record<RequestVariable, string> {
  const { topic, id, attempt, contentType, remainingMs } = request;
  return {
    TELLWHEN_REQUEST_TOPIC: topic,
    TELLWHEN_REQUEST_ID: id ?? '',
    TELLWHEN_REQUEST_ATTEMPT: String(attempt),
    TELLWHEN_REQUEST_CONTENT_TYPE: contentType,
    TELLWHEN_REQUEST_REMAINING_MS: String(Math.floor(remainingMs)),
  };
}
