import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { WindowReport } from '../../../../bench/durable/neighbour-messages.ts';
import { type DurableResults, partsOf, saveDurableResults } from '../../../../bench/durable/results.ts';
import { thisMachine } from '../../../../bench/report/machine.ts';
import { toMarkdown, toText } from '../../../../bench/report/table.ts';

const place = { machine: thisMachine(), folderIsInMemory: false, loadBefore: 0.5 };

const round = (rate: number) => ({
  alone: { rate, p50Us: 200, p99Us: 900 },
  batched: { rate: 50 * rate, clientCpuUs: 8, serverCpuUs: 6 },
  drained: { rate: 30 * rate, clientCpuUs: 7, serverCpuUs: 9 },
  passed: { rate: 20 * rate, serverCpuUs: 9 },
  ownBytes: 2 ** 27,
  mappedBytes: 2 ** 20,
});
const latency = (p99: number) => ({ count: 2_500, p50: 180, p99, max: 2 * p99 });
const report = (p99: number): WindowReport => ({
  roundTrip: latency(p99),
  durableReceipt: latency(p99),
  late: latency(100),
  wrong: 0,
});

const peers: DurableResults = {
  peers: {
    ...place,
    result: {
      events: 1_000,
      inFlight: 100,
      alone: 10,
      floor: [round(4_000), round(5_000)],
      peers: [
        { key: 'tellwhen', name: 'ours', ack: 'a', settled: 's', version: '1', rounds: [round(3_000), round(4_000)] },
        { key: 'other', name: 'theirs', ack: 'a', settled: 's', version: '2', rounds: [round(1_500), round(1_000)] },
      ],
      leftOut: [{ name: 'absent', why: 'it is not installed' }],
    },
  },
};
const others: DurableResults = {
  restarts: {
    ...place,
    result: {
      rows: [
        {
          name: 'ours',
          stored: 100_000,
          rounds: [{ readyMs: 300, firstEventMs: 20, ownBytes: 2 ** 27, mappedBytes: 2 ** 20, fileBytes: 2 ** 25 }],
        },
      ],
    },
  },
  storms: {
    ...place,
    result: {
      mailboxes: 5,
      entriesEach: 1_000,
      seconds: 5,
      rounds: [{ rest: report(500), purge: report(600), expiry: report(800), overdue: 0 }],
    },
  },
  churn: {
    ...place,
    result: {
      minutes: 1,
      fileBytesMax: 2 ** 26,
      ownBytesMax: 2 ** 27,
      samples: [
        {
          seconds: 60,
          published: 9,
          consumed: 9,
          errors: 0,
          fileBytes: 1,
          ownBytes: 1,
          mappedBytes: 1,
          processorShare: 0.5,
        },
      ],
    },
  },
};

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tellwhen-results-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('every part has tables without holes', () => {
  const tables = partsOf({ ...peers, ...others }).flatMap((part) => part.tables);
  expect(tables.length).toBeGreaterThan(8);
  expect(tables.flatMap((table) => [toText(table), toMarkdown(table)]).join('\n')).not.toMatch(
    /NaN|Infinity|undefined/,
  );
});

it('rates are compared within each round', () => {
  const [part] = partsOf(peers);
  // 3,000 to 1,500 in one round, 4,000 to 1,000 in the other; a median of rates would hide that.
  const theirs = part?.tables.flatMap(({ lines }) => lines.filter(({ label }) => label === 'theirs'));
  expect(theirs?.filter(({ cells }) => cells.includes('4.00 ×'))).toHaveLength(4);
});

it('what is not installed is named, with why', () => {
  expect(
    partsOf(peers)
      .flatMap((part) => part.tables.map(toText))
      .join('\n'),
  ).toContain('LEFT OUT: it is not installed');
});

it('a part that is measured again replaces its own results only', async () => {
  await saveDurableResults(folder, peers);
  const paths = await saveDurableResults(folder, others);
  const [json, tables] = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
  expect(Object.keys(JSON.parse(json ?? ''))).toEqual(['peers', 'restarts', 'storms', 'churn']);
  for (const word of ['theirs', 'SIGKILL', 'untouched', 'emptied']) expect(tables).toContain(word);
});

it('says so when the files were in memory', () => {
  const [part] = partsOf({ churn: { ...others.churn, folderIsInMemory: true } as DurableResults['churn'] & object });
  expect(part?.line).toContain('IN MEMORY');
});
