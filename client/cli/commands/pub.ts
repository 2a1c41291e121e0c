import type { Receipt } from '../../index.ts';
import { command, type Example } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { remark } from '../form.ts';
import { flag } from '../option-kinds.ts';
import {
  contentTypeOf,
  deliveryOptions,
  deliveryOptionsOf,
  EVENT_BYTES_MAX,
  eventOptions,
  publishOptionsOf,
} from '../publication-of.ts';
import { type Output, publishLines } from '../publish-lines.ts';
import type { Terminal } from '../terminal.ts';
import { Until } from '../until.ts';
import { UsageError } from '../usage-error.ts';
import { clientOptions, withClient } from '../with-client.ts';

const encoder = new TextEncoder();
const utf8 = new TextDecoder('utf-8', { fatal: true });

const examples: readonly Example[] = [
  { does: 'one event', line: `pub sensors/1 '{"temperature": 31, "humidity": 40}'` },
  {
    does: 'with attributes, which predicates read as $attr.room',
    line: 'pub doors/front open --attr room=hall --attr floor=2',
  },
  { does: 'a file as one event', line: 'pub photos/1 --content-type image/jpeg < photo.jpg' },
  {
    does: 'on disk before it is answered, and once, whatever happens',
    line: `pub orders/1 '{"n": 1}' --durable --retry`,
  },
  { does: 'each line of a file as one event', line: 'pub sensors/1 --lines < readings.ndjson' },
];

/** `tellwhen pub`. */
export const pub = command({
  name: 'pub',
  summary: 'publish an event',
  details:
    'Prints the receipt: the position of the event, and how many subscriptions it matched. With --lines the input is ' +
    'read no faster than the broker takes it, and the counts are printed at the end.',
  arguments: [
    { name: 'topic', required: true, meaning: 'as sensors/1' },
    { name: 'data', required: false, meaning: 'JSON or text; absent or "-": all of the standard input' },
  ],
  options: {
    lines: flag('each line of the standard input is one event, in JSON'),
    ...eventOptions,
    ...deliveryOptions,
    quiet: flag('print nothing but errors'),
    ...clientOptions,
  },
  examples,
  async run({ args: [topic = '', data], options }, terminal) {
    const { lines, quiet } = options;
    if (options.mandatory && options.delay !== undefined) {
      throw new UsageError('--mandatory and --delay: nobody knows yet who will want it');
    }
    const publishOptions = { ...publishOptionsOf(options), ...deliveryOptionsOf(options) };
    if (lines) {
      if (data !== undefined && data !== '-')
        throw new UsageError('--lines reads the standard input: leave the data out');
      if (options.id !== undefined) throw new UsageError('--lines publishes many events: they cannot share one --id');
      return withClient(options, terminal, (client, form) =>
        publishLines(client, topic, publishOptions, { terminal, quiet, form }),
      );
    }
    const bytes = data === undefined || data === '-' ? await readAll(terminal) : encoder.encode(data);
    const contentType = options.contentType ?? typeOfBytes(bytes);
    return withClient(options, terminal, async (client, form) => {
      const receipt = await client.publish(topic, bytes, { ...publishOptions, contentType, signal: terminal.stop });
      await tell(topic, receipt, { terminal, quiet, form });
      return EXIT.ok;
    });
  },
});

async function tell(topic: string, receipt: Receipt, { terminal, quiet, form }: Output): Promise<void> {
  const { matched, unreadable, delayed } = receipt;
  if (!quiet) {
    await terminal.print(form.json ? JSON.stringify(receipt) : receiptText(topic, receipt, terminal));
    if (matched === 0 && !delayed)
      remark('nobody was told: no subscription matches (tellwhen explain shows why one does not)', terminal, form);
  }
  if (unreadable)
    remark('the data says it is JSON and is not, or is too deep or wide: its fields count as missing', terminal, form);
}

function receiptText(
  topic: string,
  { seq, matched, durable, repeated, delayed }: Receipt,
  { paint }: Terminal,
): string {
  const kept = durable ? ', on disk' : '';
  if (delayed) return `${topic}: delayed${kept}`;
  const told = matched === 1 ? '1 subscription matched' : `${matched} subscriptions matched`;
  return `${paint.bold(`#${seq}`)} ${topic}: ${told}${kept}${repeated ? ', published before' : ''}`;
}

function typeOfBytes(bytes: Uint8Array): string {
  let data: string;
  try {
    data = utf8.decode(bytes);
  } catch {
    return 'application/octet-stream';
  }
  return contentTypeOf(data);
}

async function readAll(terminal: Terminal): Promise<Uint8Array> {
  if (terminal.typed) terminal.note('type the event; Ctrl-D ends it');
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const until = new Until({ stop: terminal.stop });
  try {
    for await (const chunk of until.take(terminal.stdin)) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > EVENT_BYTES_MAX) throw new UsageError(`an event of more than ${EVENT_BYTES_MAX} bytes`);
    }
  } finally {
    until.dispose();
    terminal.closeInput();
  }
  // What was read may be a part.
  terminal.throwIfStopped();
  return Buffer.concat(chunks);
}
