import { DEFAULT_PORT } from '../../broker/protocol/index.ts';
import { type Client, connect, TellwhenError } from '../index.ts';
import { type Form, type FormGiven, formOf, formOptions, remark } from './form.ts';
import { text } from './option-kinds.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

const DEFAULT_URL = `ws://127.0.0.1:${DEFAULT_PORT}`;

/** What every command that talks to a broker understands. */
export const clientOptions = {
  url: text('url', `the broker's address (default: $TELLWHEN_URL, or ${DEFAULT_URL})`),
  ...formOptions,
};

/**
 * Connects, and hands the client to `work`, with the form that the options ask for; afterwards drains it, or closes it when `work` failed. Ctrl-C gives up the
 * connecting; after that, `work` has to watch `terminal.stop` itself.
 */
export async function withClient(
  options: { readonly url: string | undefined } & FormGiven,
  terminal: Terminal,
  work: (client: Client, form: Form) => Promise<number>,
): Promise<number> {
  const form = formOf(options, terminal);
  const address = addressOf(options.url ?? terminal.env['TELLWHEN_URL'] ?? DEFAULT_URL);
  const client = await connect(address, { name: 'tellwhen cli', signal: terminal.stop });
  client.onState(({ state, error }) => {
    if (state === 'reconnecting')
      remark(`${error?.message ?? 'the connection is lost'}; connecting again`, terminal, form);
    else if (state === 'open') remark('connected again', terminal, form);
  });
  try {
    const exitCode = await work(client, form);
    await client.drain();
    return exitCode;
  } finally {
    await client.close();
  }
}

function addressOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === 'ws:' || parsed?.protocol === 'wss:') return url;
  throw new UsageError(`the address of a broker begins with ws:// or wss://, as ${DEFAULT_URL}; not "${url}"`);
}

/** Whether an error only says that the caller stopped waiting. */
export function isAborted(error: unknown): boolean {
  return error instanceof TellwhenError && error.code === 'aborted';
}
