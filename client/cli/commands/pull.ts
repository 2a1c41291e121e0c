import type { EventHandler } from '../../index.ts';
import { command, type Example } from '../command.ts';
import { eventJson, eventLine } from '../event-lines.ts';
import { filterDetails, filterOptions, noteLosses, noteSubscribed } from '../filter.ts';
import { count, duration, text } from '../option-kinds.ts';
import { runCommand } from '../run-command.ts';
import type { Terminal } from '../terminal.ts';
import { exitAt, Until, untilOptions } from '../until.ts';
import { clientOptions, withClient } from '../with-client.ts';

const examples: readonly Example[] = [
  { does: 'print each event, and acknowledge it', line: "pull 'jobs/#'" },
  { does: 'run a command for each, four at a time', line: "pull 'jobs/#' --concurrency 4 --exec './work.sh'" },
];

/** `tellwhen pull`. */
export const pull = command({
  name: 'pull',
  summary: 'fetch events under a lease, and work on them',
  details: `The broker only notifies; each event is fetched under a lease, which is renewed
while the work goes on. Done, it is acknowledged; when the command fails, or
this program dies, it is delivered again.

--exec runs a shell command with the data on its standard input, and the rest in
$TELLWHEN_EVENT_TOPIC, _SEQ, _ID, _ATTEMPT and _CONTENT_TYPE. Exit code 0
acknowledges; any other releases the event, to be delivered again later.

${filterDetails}`,
  arguments: [{ name: 'topic-filter', required: true, meaning: 'as jobs/+/urgent, or jobs/#' }],
  options: {
    ...filterOptions,
    exec: text('command', 'run this for each event'),
    concurrency: count('n', 'so many at the same time (default: 1)'),
    lease: duration('duration', 'how long an event is ours before it is renewed or given to another'),
    ...untilOptions,
    ...clientOptions,
  },
  examples,
  run({ args: [topic = ''], options }, terminal) {
    const { when, exec } = options;
    const json = options.json || !terminal.interactive;
    return withClient(options.url, terminal, async (client) => {
      const consumer = await client.pull({ topic, when, deliveryLeaseMs: options.lease, signal: terminal.stop });
      noteSubscribed(consumer, terminal, { json });
      noteLosses(consumer, terminal, { json });
      const until = new Until({ stop: terminal.stop, timeoutMs: options.timeout, count: options.count });
      const work = exec === undefined ? printing(terminal, json) : executing(exec);
      const handler: EventHandler = async (event, context) => {
        // Fetched while the last one wanted was: somebody else's.
        if (until.signal.aborted) return event.release();
        until.counted();
        await work(event, context);
      };
      try {
        await consumer.run(handler, {
          concurrency: options.concurrency,
          signal: until.signal,
          onError: (error, { seq }) =>
            terminal.note(`event #${seq}: ${error instanceof Error ? error.message : error}`),
        });
      } finally {
        until.dispose();
      }
      return exitAt(until.end, options.count);
    });
  },
});

function printing(terminal: Terminal, json: boolean): EventHandler {
  return (event) => terminal.print(json ? eventJson(event) : eventLine(event, terminal.paint));
}

function executing(line: string): EventHandler {
  return (event, { signal }) => runCommand(line, event, signal);
}
