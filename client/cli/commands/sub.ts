import { OVERFLOWS } from '../../../broker/protocol/index.ts';
import { command, type Example } from '../command.ts';
import { eventJson, eventLine } from '../event-lines.ts';
import { filterDetails, filterOptions, noteLosses, noteSubscribed, orderOf, orderOptions } from '../filter.ts';
import { mailboxOptions, mailboxTermsOf } from '../mailbox-options.ts';
import { count, flag, word } from '../option-kinds.ts';
import { exitAt, Until, untilOptions } from '../until.ts';
import { clientOptions, withClient } from '../with-client.ts';

const examples: readonly Example[] = [
  { does: 'everything under sensors', line: "sub 'sensors/#'" },
  { does: 'hot and dry rooms only', line: "sub 'sensors/+/climate' --when 'temperature > 30 AND humidity < 50'" },
  { does: 'nothing is missed while this does not run', line: "sub 'orders/#' --mailbox orders" },
  { does: 'the next event within ten seconds, or exit code 4', line: "sub 'doors/#' --count 1 --timeout 10s" },
];

/** `tellwhen sub`. */
export const sub = command({
  name: 'sub',
  summary: 'be told of events as they are published',
  details: `With --mailbox, events are taken from a mailbox: a queue with a name, which keeps them
until somebody has acknowledged them. The first to name it makes it; later the
topic filter can be left out. Who takes from the same one at the same time is
given each event once among them.

${filterDetails}`,
  arguments: [{ name: 'topic-filter', required: false, meaning: 'as sensors/+/temp, or sensors/#' }],
  options: {
    ...filterOptions,
    ack: flag('acknowledge each event once it is printed: what is not acknowledged is delivered again'),
    ...mailboxOptions,
    ...orderOptions,
    ...untilOptions,
    overflow: word(OVERFLOWS, 'what becomes of events while we do not keep up and the queue is full'),
    credit: count('n', 'events the broker may send ahead of our printing them'),
    ...clientOptions,
  },
  examples,
  run({ args: [topic], options }, terminal) {
    const { when, overflow, credit } = options;
    const terms = mailboxTermsOf(topic, options);
    const ack = options.ack || options.mailbox !== undefined;
    return withClient(options, terminal, async (client, form) => {
      const subscription = await client.subscribe({
        ...terms,
        ...orderOf(options),
        when,
        ack: ack ? 'explicit' : 'none',
        overflow,
        creditEvents: credit,
        signal: terminal.stop,
      });
      noteSubscribed(subscription, terminal, form);
      noteLosses(subscription, terminal, form);
      const until = new Until({ stop: terminal.stop, timeoutMs: options.timeout, count: options.count });
      try {
        for await (const event of until.take(subscription)) {
          await terminal.print(form.json ? eventJson(event) : eventLine(event, terminal.paint));
          if (ack) await event.ack();
          until.counted();
        }
      } finally {
        until.dispose();
      }
      return exitAt(until.end, options.count);
    });
  },
});
