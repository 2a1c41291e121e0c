import { type ReceivedRequest, type RequestHandler, ServiceError } from '../../index.ts';
import { command, type Example } from '../command.ts';
import { remark } from '../form.ts';
import { count, duration, flag, text } from '../option-kinds.ts';
import { printable } from '../paint.ts';
import { contentTypeOf } from '../publication-of.ts';
import { commandReply } from '../run-command.ts';
import { exitAt, Until } from '../until.ts';
import { UsageError } from '../usage-error.ts';
import { clientOptions, withClient } from '../with-client.ts';

const examples: readonly Example[] = [
  { does: 'reply with what was asked', line: "reply 'echo/#' --echo" },
  { does: 'always the same', line: `reply prices/tea --value '{"price": 3}'` },
  { does: 'by a command: the data is its input, its output the reply', line: `reply 'sum' --exec 'jq "add"'` },
  {
    does: 'the newer requests only, four at a time',
    line: `reply 'rooms/+' --when '$attr.version >= 2' --concurrency 4 --echo`,
  },
];

/** `tellwhen reply`. Not `serve`: that runs the broker. */
export const reply = command({
  name: 'reply',
  summary: 'serve requests: with an echo, a value, or the output of a command',
  details: `Several who reply to the same topic share its requests. The command of --exec gets
$TELLWHEN_REQUEST_TOPIC, _ID, _ATTEMPT, _CONTENT_TYPE and _REMAINING_MS. Exit code 0
means that its output is the reply, any other that the request failed; it is ended
when nobody waits for the reply any more.`,
  arguments: [{ name: 'topic-filter', required: true, meaning: 'as prices/+, or rooms/#' }],
  options: {
    when: text('predicate', 'only requests for which it holds'),
    group: text('name', 'of those of one group, one replies to a request --many (default: the topic filter)'),
    concurrency: count('n', 'requests at a time (default: 128; with --exec 1)'),
    echo: flag('reply with the data of the request'),
    value: text('data', 'reply with this, JSON or text'),
    exec: text('command', 'reply with the output of a shell command'),
    count: count('n', 'end after so many replies'),
    timeout: duration('duration', 'end after so long'),
    ...clientOptions,
  },
  examples,
  run({ args: [topic = ''], options }, terminal) {
    const { when, group, exec } = options;
    const answer = answerOf(options);
    return withClient(options, terminal, async (client, form) => {
      const until = new Until({ stop: terminal.stop, timeoutMs: options.timeout, count: options.count });
      const server = await client.serve(
        topic,
        async (request) => {
          try {
            return await answer(request);
          } finally {
            if (form.json) await terminal.print(JSON.stringify({ topic: request.topic, attempt: request.attempt }));
            else await terminal.print(printable(request.topic));
            until.counted();
          }
        },
        {
          when,
          group,
          concurrency: options.concurrency ?? (exec === undefined ? undefined : 1),
          signal: terminal.stop,
        },
      );
      remark(`replying to ${topic}${when === undefined ? '' : ` when ${when}`}`, terminal, form);
      try {
        if (!until.signal.aborted) {
          await new Promise<void>((resolve) => until.signal.addEventListener('abort', () => resolve(), { once: true }));
        }
        await server.stop();
      } finally {
        until.dispose();
      }
      return exitAt(until.end, options.count);
    });
  },
});

interface Given {
  readonly echo: boolean;
  readonly value: string | undefined;
  readonly exec: string | undefined;
}

/** Throws UsageError unless exactly one is given. */
function answerOf({ echo, value, exec }: Given): RequestHandler {
  const ways = [echo || undefined, value, exec].filter((way) => way !== undefined);
  if (ways.length !== 1) throw new UsageError('one of --echo, --value and --exec says what the reply is');
  if (exec !== undefined) return (request) => executed(exec, request);
  if (value === undefined) return (request) => jsonOrBytes(request.data);
  const isJson = contentTypeOf(value) === 'application/json';
  return () => (isJson ? JSON.parse(value) : value);
}

async function executed(line: string, request: ReceivedRequest): Promise<unknown> {
  try {
    return jsonOrBytes(await commandReply(line, request));
  } catch (error) {
    // What it wrote beside its output, whoever runs this has seen.
    throw new ServiceError('command_failed', error instanceof Error ? error.message : String(error));
  }
}

/** JSON where it is, so that whoever asked can read it as such. */
function jsonOrBytes(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return bytes;
  }
}
