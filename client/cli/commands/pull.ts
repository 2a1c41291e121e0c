import type { Consumer, EventHandler, RunOptions } from '../../index.ts';
import { command, type Example } from '../command.ts';
import { eventJson, eventLine } from '../event-lines.ts';
import { EXIT } from '../exit-codes.ts';
import { plainError } from '../failure.ts';
import { filterDetails, filterOptions, noteLosses, noteSubscribed, orderOf, orderOptions } from '../filter.ts';
import { type Form, remark } from '../form.ts';
import { mailboxOptions, mailboxTermsOf } from '../mailbox-options.ts';
import { count, duration, text } from '../option-kinds.ts';
import { OutputError } from '../output-error.ts';
import { runCommand } from '../run-command.ts';
import type { Terminal } from '../terminal.ts';
import { exitAt, Until, untilOptions } from '../until.ts';
import { clientOptions, withClient } from '../with-client.ts';
import { WorkTally } from '../work-tally.ts';

const examples: readonly Example[] = [
  { does: 'print each event, and acknowledge it', line: "pull 'jobs/#'" },
  { does: 'what waits in a mailbox, shared with all who do the same', line: "pull --mailbox jobs --exec './work.sh'" },
  {
    does: 'the orders of each publisher one after the other, also where one has to be done again',
    line: "pull 'orders/#' --mailbox billing --ordered --exec './bill.sh'",
  },
  { does: 'run a command for each, four at a time', line: "pull 'jobs/#' --concurrency 4 --exec './work.sh'" },
];

/** `tellwhen pull`. */
export const pull = command({
  name: 'pull',
  summary: 'fetch events under a lease, and work on them',
  details: `The broker only notifies; each event is fetched under a lease, which is renewed
while the work goes on. Done, it is acknowledged; when the work fails, it is
delivered again, until it was delivered five times or what the broker is set to.
Each pull has a subscription of its own, which ends with it: what is not done by
then is not kept, and nobody else is given it. Not so with --mailbox: what is not
done stays there, for whoever takes from it next or at the same time.

--exec runs a shell command with the data on its standard input, and the rest in
$TELLWHEN_EVENT_TOPIC, _SEQ, _ID, _ATTEMPT and _CONTENT_TYPE. Exit code 0
acknowledges; any other releases the event, to be delivered again later. All
that a command has started is ended when it exits, when the lease is lost, and
when this program ends. Ctrl-C waits for the commands at work, a second one ends
them.

--count counts what is done, and no more is taken than is wanted. At the end by
--count or --timeout the exit code is 1 if work has failed and was not done
since.

${filterDetails}`,
  arguments: [{ name: 'topic-filter', required: false, meaning: 'as jobs/+/urgent, or jobs/#' }],
  options: {
    ...filterOptions,
    ...mailboxOptions,
    ...orderOptions,
    exec: text('command', 'run this for each event'),
    concurrency: count('n', 'so many at the same time (default: 1)'),
    lease: duration('duration', 'how long an event is ours before it is renewed or delivered again'),
    ...untilOptions,
    ...clientOptions,
  },
  examples,
  run({ args: [topic], options }, terminal) {
    const terms = mailboxTermsOf(topic, options);
    return withClient(options, terminal, async (client, form) => {
      const { when, exec, lease, timeout, count: wanted, concurrency = 1 } = options;
      const consumer = await client.pull({
        ...terms,
        ...orderOf(options),
        when,
        deliveryLeaseMs: lease,
        signal: terminal.stop,
      });
      noteSubscribed(consumer, terminal, form);
      noteLosses(consumer, terminal, form);
      const until = new Until({ stop: terminal.stop, timeoutMs: timeout, count: wanted });
      const tally = new WorkTally({ wanted: wanted ?? Number.POSITIVE_INFINITY, concurrency });
      const handle = exec === undefined ? printing(terminal, form) : executing(exec);
      const work = { consumer, handle, tally, until, onError: noteFailures(terminal, form) };
      try {
        await Promise.all(Array.from({ length: tally.workers }, () => runWorker(work)));
      } finally {
        until.dispose();
      }
      const exitCode = exitAt(until.end, wanted);
      if (until.end === 'stopped' || exitCode !== EXIT.ok || tally.failed.length === 0) return exitCode;
      remark(`failed, and not done since: ${tally.failed.map((seq) => `#${seq}`).join(', ')}`, terminal, form);
      return EXIT.error;
    });
  },
});

interface Work {
  readonly consumer: Consumer;
  readonly handle: EventHandler;
  readonly tally: WorkTally;
  readonly until: Until;
  readonly onError: NonNullable<RunOptions['onError']>;
}

/** Works on one event at a time, until the end or until the others are enough for what is still wanted. */
async function runWorker({ consumer, handle, tally, until, onError }: Work): Promise<void> {
  const enough = new AbortController();
  const handler: EventHandler = async (event, context) => {
    // It was on its way when the time was over.
    if (until.signal.aborted) return event.release();
    try {
      await handle(event, context);
      await event.ack();
    } catch (error) {
      tally.fail(event.seq);
      throw error;
    }
    if (tally.done(event.seq) === 'enough') enough.abort();
    until.counted();
  };
  await consumer.run(handler, { signal: AbortSignal.any([until.signal, enough.signal]), onError });
}

function noteFailures(terminal: Terminal, { jsonNotes }: Form): Work['onError'] {
  return (error, { seq }) => {
    // The terminal says so itself, once.
    if (error instanceof OutputError) return;
    if (jsonNotes) terminal.note(JSON.stringify({ error: { seq, ...plainError(error) } }));
    else terminal.note(`event #${seq}: ${error instanceof Error ? error.message : error}`);
  };
}

function printing(terminal: Terminal, { json }: Form): EventHandler {
  return (event) => terminal.print(json ? eventJson(event) : eventLine(event, terminal.paint));
}

function executing(line: string): EventHandler {
  return (event, { signal }) => runCommand(line, event, signal);
}
