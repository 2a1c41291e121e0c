import { type ErrorCode, ServiceError, TellwhenError } from '../index.ts';
import { CommandError } from './command-error.ts';
import { EXIT, signalExit } from './exit-codes.ts';
import { Interrupted } from './interrupted.ts';
import { invocation } from './invocation.ts';
import { OutputError } from './output-error.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

const CONNECTION_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'connection_failed',
  'connection_lost',
  'client_closed',
]);

/** What to do next, where there is something better than to read the message. */
function adviceFor(code: ErrorCode): string | undefined {
  switch (code) {
    case 'connection_failed':
      return `is the broker running? start it with: ${invocation()} serve (in a clone also: npm start); another address: --url`;
    case 'connection_lost':
    case 'timeout':
      return 'is the broker still running? what was on its way may have been done or not';
    case 'mailbox_unknown':
      return `which there are: ${invocation()} mailboxes ls; one is made by: ${invocation()} sub 'topic/#' --mailbox name`;
    case 'mailbox_differs':
      return `how it is: ${invocation()} mailboxes show; leave out what need not be said`;
    case 'no_responders':
      return `somebody has to serve it, as: ${invocation()} reply 'topic/#' --echo`;
    case 'space_unknown':
      return `which there are: ${invocation()} space ls; one is made by: ${invocation()} out name '["a", 1]'`;
    case 'space_differs':
      return `how it is: ${invocation()} space show`;
    case 'not_durable':
      return 'start the broker without --memory, or publish without --durable';
    case 'event_gone':
      return 'describe the event instead: --topic and --data';
    case 'subscription_unknown':
      return 'it may have ended with its connection; describe the filter instead: --filter and --when';
    default:
      return code.startsWith('predicate_') ? `the language in short: ${invocation()} sub --help` : undefined;
  }
}

/** Writes what went wrong and what to do about it, if anything is wrong. Returns the exit code. */
export function reportFailure(error: unknown, terminal: Terminal, { json }: { readonly json: boolean }): number {
  if (error instanceof Interrupted) return signalExit(error.signal);
  if (error instanceof OutputError && error.readerGone) return EXIT.ok;
  if (json) terminal.note(JSON.stringify({ error: plainError(error) }));
  else for (const line of failureLines(error)) terminal.note(line);
  return exitCodeOf(error);
}

/** An error as people read it: its code and message, the fault under a caret, and what to do next. */
export function failureLines(error: unknown): string[] {
  if (error instanceof UsageError) return [`error: ${error.message}`, '(--help shows how it is used)'];
  if (error instanceof OutputError || error instanceof CommandError) return [`error: ${error.message}`];
  if (error instanceof ServiceError) return [`the server failed: ${error.message} (${error.code})`];
  if (!(error instanceof TellwhenError))
    return [`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`];
  const cause = causeOf(error);
  const lines = [`error: ${error.message}${cause === undefined ? '' : `: ${cause}`} (${error.code})`];
  if (error.caret !== undefined) lines.push(...error.caret.split('\n').map((line) => `  ${line}`));
  const advice = adviceFor(error.code);
  return advice === undefined ? lines : [...lines, advice];
}

/** An error as programs read it. */
export function plainError(error: unknown): { readonly code: string; readonly message: string } {
  const message = error instanceof Error ? error.message : String(error);
  const cause = causeOf(error);
  if (error instanceof UsageError) return { code: 'usage', message };
  if (error instanceof OutputError) return { code: 'output_failed', message };
  if (error instanceof CommandError || error instanceof ServiceError) return { code: error.code, message };
  if (!(error instanceof TellwhenError)) return { code: 'internal', message, ...(cause && { cause }) };
  const { code, offset } = error;
  return { code, message, ...(cause && { cause }), ...(offset !== undefined && { offset }) };
}

function causeOf(error: unknown): string | undefined {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : '';
  return cause === '' ? undefined : cause;
}

function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof TellwhenError && error.code === 'deadline_exceeded') return EXIT.timeout;
  return error instanceof TellwhenError && CONNECTION_CODES.has(error.code) ? EXIT.connection : EXIT.error;
}
