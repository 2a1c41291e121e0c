import type { ExplainOptions, ImaginedEvent } from '../../index.ts';
import { command, type Example } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { filterOptions } from '../filter.ts';
import { count, number, text } from '../option-kinds.ts';
import { contentTypeOf, eventOptions, jsonFault, publishOptionsOf } from '../publication-of.ts';
import { UsageError } from '../usage-error.ts';
import { clientOptions, withClient } from '../with-client.ts';

const examples: readonly Example[] = [
  {
    does: 'would this event match? nothing is delivered',
    line: `explain --topic sensors/1 --data '{"temperature": 28}' --when 'temperature > 30'`,
  },
  { does: 'why was subscription 7 not told of event 42?', line: 'explain --seq 42 --subscription 7' },
];

/** `tellwhen explain`. */
export const explain = command({
  name: 'explain',
  summary: 'why does an event match a filter, or why not?',
  details: `The event is one that was published not long ago (--seq), or one made up (--topic, --data, --attr …).

The filter is that of a subscription (--subscription), or one made up (--filter, --when); without --filter, the topic itself.

Ends with exit code 0 if it matches, 3 if not.`,
  arguments: [],
  options: {
    seq: count('n', 'the event with this position, as pub and sub print it'),
    topic: text('topic', 'the topic of an event made up'),
    data: text('data', 'its data'),
    ...eventOptions,
    subscription: number('id', 'the filter of this subscription, as sub prints it'),
    filter: text('topic-filter', 'the topic filter of a filter made up'),
    ...filterOptions,
    ...clientOptions,
  },
  examples,
  run({ options }, terminal) {
    const event = eventOf(options);
    const filter = filterOf(options);
    return withClient(options, terminal, async (client, { json }) => {
      const explained = await client.explain({ event, filter, signal: terminal.stop });
      const { matched } = explained.explanation;
      if (json) await terminal.print(JSON.stringify(explained));
      else {
        const { green, red } = terminal.paint;
        const [verdict = '', ...rest] = explained.text.split('\n');
        const lines = [matched ? green(verdict) : red(verdict), ...rest];
        if (explained.fate !== undefined) lines.push(`what became of it: ${explained.fate.text}`);
        await terminal.print(lines.join('\n'));
      }
      return matched ? EXIT.ok : EXIT.noMatch;
    });
  },
});

interface EventGiven {
  readonly seq: number | undefined;
  readonly topic: string | undefined;
  readonly data: string | undefined;
  readonly attr: readonly string[];
  readonly id: string | undefined;
  readonly source: string | undefined;
  readonly contentType: string | undefined;
}

interface FilterGiven {
  readonly subscription: number | undefined;
  readonly filter: string | undefined;
  readonly when: string | undefined;
  readonly topic: string | undefined;
}

function eventOf({ seq, topic, data, ...more }: EventGiven): ExplainOptions['event'] {
  if ((seq === undefined) === (topic === undefined)) {
    throw new UsageError('which event? either --seq, or --topic with --data');
  }
  if (seq !== undefined) return { seq };
  return { topic: topic ?? '', ...publishOptionsOf(more), ...dataOf(data, more.contentType) };
}

/** Of data that is no JSON only the type can be imagined: it has no fields. */
function dataOf(data: string | undefined, given: string | undefined): Pick<ImaginedEvent, 'data' | 'contentType'> {
  if (data === undefined) return {};
  const contentType = given ?? contentTypeOf(data);
  if (contentType !== 'application/json') return { contentType };
  const fault = jsonFault(data);
  if (fault !== undefined) throw new UsageError(`--data is not JSON: ${fault}`);
  return { data: JSON.parse(data) };
}

function filterOf({ subscription, filter, when, topic }: FilterGiven): ExplainOptions['filter'] {
  if (subscription !== undefined) {
    if (filter === undefined && when === undefined) return { subscription };
    throw new UsageError('either --subscription, or --filter and --when');
  }
  const wanted = filter ?? topic;
  if (wanted === undefined) throw new UsageError('which filter? either --subscription, or --filter');
  return { topic: wanted, when };
}
