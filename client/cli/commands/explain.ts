import { PAGE_MAX } from '../../../broker/protocol/index.ts';
import type { AskedEvent, Client, ExplainOptions, ImaginedEvent, Matched } from '../../index.ts';
import { command, type Example } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { filterOptions } from '../filter.ts';
import type { Form } from '../form.ts';
import { count, flag, number, text } from '../option-kinds.ts';
import { printable } from '../paint.ts';
import { contentTypeOf, eventOptions, jsonFault, publishOptionsOf } from '../publication-of.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import { clientOptions, withClient } from '../with-client.ts';

const examples: readonly Example[] = [
  {
    does: 'would this event match? nothing is delivered',
    line: `explain --topic sensors/1 --data '{"temperature": 28}' --when 'temperature > 30'`,
  },
  { does: 'why was subscription 7 not told of event 42?', line: 'explain --seq 42 --subscription 7' },
  {
    does: 'who would be told of this event, and why? a dry run',
    line: `explain --topic sensors/1 --data '{"temperature": 31}' --all`,
  },
];

/** `tellwhen explain`. */
export const explain = command({
  name: 'explain',
  summary: 'why does an event match a filter, or why not?',
  details: `The event is one that was published not long ago (--seq), or one made up (--topic, --data, --attr …).

The filter is that of a subscription (--subscription), or one made up (--filter, --when); without --filter, the topic itself.
With --all it is each subscription's that matches, whoever's it is. Nothing is delivered.

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
    all: flag('list every subscription that the event matches'),
    limit: count('n', 'with --all: so many at most (default: 100)'),
    from: number('id', 'with --all: begin with this subscription'),
    ...clientOptions,
  },
  examples,
  run({ options }, terminal) {
    const event = eventOf(options);
    if (options.all) {
      refuseFilter(options);
      const { limit = LIST_DEFAULT, from = 0 } = options;
      return withClient(options, terminal, (client, form) =>
        listMatches({ client, event, limit, from }, terminal, form),
      );
    }
    if (options.limit !== undefined || options.from !== undefined)
      throw new UsageError('--limit and --from need --all');
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

const LIST_DEFAULT = 100;

/** Page by page, so that neither side holds all of many. */
async function listMatches(
  asked: { readonly client: Client; readonly event: AskedEvent; readonly limit: number; readonly from: number },
  terminal: Terminal,
  form: Form,
): Promise<number> {
  const { client, event, limit, from } = asked;
  let shown = 0;
  let total = 0;
  let cursor: number | undefined = from;
  while (cursor !== undefined && shown < limit) {
    const page: Matched = await client.matches({
      event,
      cursor,
      limit: Math.min(limit - shown, PAGE_MAX),
      signal: terminal.stop,
    });
    for (const match of page.matches) {
      await terminal.print(form.json ? JSON.stringify(match) : matchText(match, terminal));
    }
    shown += page.matches.length;
    total = page.total;
    cursor = page.next;
  }
  const others = cursor === undefined ? '' : `; the others: --from ${cursor}`;
  if (form.jsonNotes) terminal.note(JSON.stringify({ matched: { total, shown, next: cursor } }));
  else terminal.note(`${total} ${total === 1 ? 'subscription matches' : 'subscriptions match'}${others}`);
  return total > 0 ? EXIT.ok : EXIT.noMatch;
}

function matchText({ subscription, topic, when, cost, text, fate }: Matched['matches'][number], terminal: Terminal) {
  const [, ...clauses] = text.split('\n');
  const filter = printable(when === undefined ? topic : `${topic} when ${when}`);
  const lines = [`${terminal.paint.green(`subscription ${subscription}`)}: ${filter} (${cost})`, ...clauses];
  if (fate !== undefined) lines.push(`  what became of it: ${fate.text}`);
  return lines.join('\n');
}

function refuseFilter({ subscription, filter, when }: FilterGiven): void {
  if (subscription === undefined && filter === undefined && when === undefined) return;
  throw new UsageError('either --all, or a filter: --subscription, --filter, --when');
}

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
