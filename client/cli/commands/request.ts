import type { Client, Reply, RequestOptions } from '../../index.ts';
import { command, type Example } from '../command.ts';
import { replyJson, replyLine } from '../event-lines.ts';
import { EXIT } from '../exit-codes.ts';
import { remark } from '../form.ts';
import { count, duration, flag, text } from '../option-kinds.ts';
import { contentTypeOf, eventOptions, publishOptionsOf } from '../publication-of.ts';
import { UsageError } from '../usage-error.ts';
import { clientOptions, withClient } from '../with-client.ts';

const examples: readonly Example[] = [
  { does: 'ask, and print the reply', line: `request prices/tea '{"grams": 100}'` },
  { does: 'choose a server by content', line: `request rooms/book '{"room": "blue"}' --attr version=2` },
  { does: 'safe to say again: done once', line: `request orders/new '{"n": 1}' --key order-17 --source shop` },
  {
    does: 'the first three offers within half a second',
    line: 'request offers/flights --many --count 3 --timeout 500ms',
  },
  { does: 'a reply in parts, as they come', line: 'request logs/tail --stream' },
];

/** `tellwhen request`. */
export const request = command({
  name: 'request',
  summary: 'ask whoever serves a topic, and print the reply',
  details: `Exit code 1 where nobody serves it, or the server failed; 4 where time was over
before a reply, or before --count of them. Who serves is tellwhen reply, or a
program with client.serve().`,
  arguments: [
    { name: 'topic', required: true, meaning: 'as prices/tea' },
    { name: 'data', required: false, meaning: 'JSON or text (default: null)' },
  ],
  options: {
    timeout: duration('duration', 'how long a reply may take (default: 10s)'),
    key: text('key', 'said again with the same --key and --source, it is not done again, and answered the same'),
    source: text('source', 'whose key it is (default: of this run alone)'),
    many: flag('ask one server of each group, and print every reply'),
    count: count('n', 'with --many: end after so many replies'),
    stream: flag('the reply may come in parts'),
    attr: eventOptions.attr,
    contentType: eventOptions.contentType,
    ...clientOptions,
  },
  examples,
  run({ args: [topic = '', data], options }, terminal) {
    const { many, stream, key, source, timeout: timeoutMs, attr } = options;
    if (many && stream) throw new UsageError('either --many or --stream');
    if (key !== undefined && (many || stream))
      throw new UsageError('--key is for one reply: neither --many nor --stream');
    if (source !== undefined && key === undefined) throw new UsageError('--source means nothing without --key');
    if (options.count !== undefined && !many) throw new UsageError('--count counts the replies of --many');
    const contentType = data === undefined ? undefined : (options.contentType ?? contentTypeOf(data));
    const { attributes } = publishOptionsOf({ attr, id: undefined, source: undefined, contentType: undefined });
    const asked: Asked = {
      topic,
      data: data === undefined ? undefined : new TextEncoder().encode(data),
      options: { timeoutMs, attributes, contentType, signal: terminal.stop },
    };
    return withClient(options, terminal, async (client, form) => {
      const print = (reply: Reply): Promise<void> =>
        terminal.print(form.json ? replyJson(reply) : replyLine(reply, terminal.paint));
      if (many) {
        const { replies, ended } = await printMany(client, asked, options.count, print);
        if (ended !== undefined) remark(ended, terminal, form);
        return options.count !== undefined && replies < options.count ? EXIT.timeout : EXIT.ok;
      }
      if (stream) {
        for await (const part of client.requestStream(asked.topic, asked.data, asked.options)) await print(part);
      } else {
        await print(await client.request(topic, asked.data, { ...asked.options, idempotencyKey: key, source }));
      }
      return EXIT.ok;
    });
  },
});

interface Asked {
  readonly topic: string;
  readonly data: Uint8Array | undefined;
  readonly options: RequestOptions;
}

async function printMany(
  client: Client,
  { topic, data, options }: Asked,
  wanted: number | undefined,
  print: (reply: Reply) => Promise<void>,
): Promise<{ readonly replies: number; readonly ended: string | undefined }> {
  const sequence = client.requestMany(topic, data, { ...options, replies: wanted });
  let replies = 0;
  for await (const reply of sequence) {
    await print(reply);
    replies += 1;
  }
  const { end } = sequence;
  return { replies, ended: end && `${end.replies} of ${end.servers} servers replied (${end.reason})` };
}
