import { PAGE_MAX } from '../../../broker/protocol/index.ts';
import type { CostlyFilters, FilterCost } from '../../index.ts';
import { type CommandGroup, command, type Example } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { remark } from '../form.ts';
import { count, number, text } from '../option-kinds.ts';
import { printable } from '../paint.ts';
import { table } from '../table.ts';
import { clientOptions, withClient } from '../with-client.ts';

const UNIT = `The cost of a filter is the tests that an event is expected to pay for it: how often it is offered to events, by the keys that the index finds it by, times the tests made for each offer. Expected means by what events have shown so far.`;

const topExamples: readonly Example[] = [
  { does: 'the twenty most expensive filters', line: 'filters top' },
  { does: 'the next hundred, for a program', line: 'filters top --from 20 --limit 100 --json' },
];

const TOP_DEFAULT = 20;

const top = command({
  name: 'top',
  summary: 'the filters that cost each event most',
  details: `${UNIT}

The broker looks at its filters in turn, a few at a time, and keeps a list of the most expensive; the last line says how far it has come. New filters that cost enough are listed at once.`,
  arguments: [],
  options: {
    limit: count('n', `so many at most (default: ${TOP_DEFAULT})`),
    from: number('rank', 'begin with this rank; the first is 0'),
    ...clientOptions,
  },
  examples: topExamples,
  run({ options }, terminal) {
    const { limit = TOP_DEFAULT, from = 0 } = options;
    return withClient(options, terminal, async (client, form) => {
      const filters: CostlyFilters['filters'][number][] = [];
      let page: CostlyFilters | undefined;
      for (let cursor: number | undefined = from; cursor !== undefined && filters.length < limit; cursor = page.next) {
        const most = Math.min(limit - filters.length, PAGE_MAX);
        page = await client.costlyFilters({ limit: most, cursor, signal: terminal.stop });
        filters.push(...page.filters);
      }
      if (form.json) for (const filter of filters) await terminal.print(JSON.stringify(filter));
      else if (filters.length > 0) {
        const [head = '', ...lines] = table([HEAD, ...filters.map(row)]);
        await terminal.print([terminal.paint.bold(head), ...lines].join('\n'));
      }
      if (page !== undefined) {
        const { listed, held, sweep, next } = page;
        if (form.jsonNotes) terminal.note(JSON.stringify({ listed, held, sweep, next }));
        else terminal.note(terminal.notePaint.dim(progress(page)));
      }
      return EXIT.ok;
    });
  },
});

const costExamples: readonly Example[] = [
  {
    does: 'what would it cost to subscribe so?',
    line: `filters cost 'sensors/#' --when "name LIKE '%pump%'"`,
  },
];

const cost = command({
  name: 'cost',
  summary: 'what a filter costs each event, or would, if somebody subscribed with it',
  details: UNIT,
  arguments: [{ name: 'topic-filter', required: true, meaning: 'as in sub' }],
  options: { when: text('predicate', 'the predicate, as in sub'), ...clientOptions },
  examples: costExamples,
  run({ args: [topic = ''], options }, terminal) {
    const { when } = options;
    return withClient(options, terminal, async (client, form) => {
      const price = await client.costOf({ topic, when, signal: terminal.stop });
      if (form.json) await terminal.print(JSON.stringify(price));
      else {
        const [head = '', ...lines] = table([HEAD, row({ topic, ...(when !== undefined && { when }), ...price })]);
        await terminal.print([terminal.paint.bold(head), ...lines].join('\n'));
        if (price.subscriptions === 0) remark('nobody has it; this is what it would cost', terminal, form);
      }
      return EXIT.ok;
    });
  },
});

const HEAD = ['tests/event', 'class', 'subscriptions', 'offered', 'found by', 'filter'];

/** Longer texts make no table. */
const CELL_MAX = 60;

function row(filter: FilterCost & { readonly topic: string; readonly when?: string | undefined }): string[] {
  const { topic, when, keys, keysInAll } = filter;
  const [dearest] = keys;
  const more = keysInAll > 1 ? ` and ${keysInAll - 1} more` : '';
  return [
    figure(filter.testsPerEvent),
    filter.cost,
    String(filter.subscriptions),
    `${figure(100 * filter.offersPerEvent)} %`,
    dearest === undefined ? 'nothing, it is never true' : `${cell(dearest.key)}${more}`,
    cell(when === undefined ? topic : `${topic} when ${when}`),
  ];
}

function figure(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function cell(content: string): string {
  const shown = printable(content);
  return shown.length <= CELL_MAX ? shown : `${shown.slice(0, CELL_MAX - 1)}…`;
}

function progress({ listed, held, sweep: { at, of, rounds } }: CostlyFilters): string {
  const filters = `${held} ${held === 1 ? 'filter' : 'filters'} in all, the most expensive ${listed} listed`;
  if (rounds > 0) return `${filters}; each looked at ${rounds === 1 ? 'once' : `${rounds} times`} or more`;
  const share = of === 0 ? 100 : Math.floor((100 * at) / of);
  return `${filters}; ${share} % looked at so far, the others priced when they were added`;
}

/** `tellwhen filters …`. */
export const filters: CommandGroup = {
  name: 'filters',
  summary: 'see what filters cost',
  commands: [top, cost],
  examples: [...topExamples, ...costExamples],
};
