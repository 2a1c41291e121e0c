import { ANY, connect, type ReadNowOptions, type Space, type Template } from '../../client/index.ts';
import type { Server } from '../peers/peer.ts';

export interface Lookup {
  readonly what: string;
  readonly tuples: number;
  /** From the call to the answer, one at a time; the median. */
  readonly aloneUs: number;
  /** A part of the time of many at once. */
  readonly pipelinedUs: number;
  /** Of the broker's processor, for one of many at once. */
  readonly brokerUs: number;
}

interface Question {
  readonly what: string;
  readonly ask: (n: number) => { readonly template: Template; readonly options: ReadNowOptions };
  readonly fits: (tuple: readonly unknown[], n: number) => boolean;
}

const SITES = 100;
/** Of a site's levels, the highest. */
const HIGHEST = 9;
const ALONE = 1_000;
const TOGETHER = 5_000;
const FEW = 1_000;

/** The `i`-th tuple: a number of its own, one of a hundred sites, and of each site each level once. */
function tupleOf(i: number): readonly [string, number, string, number] {
  return ['reading', i, siteOf(i), Math.floor(i / SITES)];
}

function siteOf(n: number): string {
  return `site ${n % SITES}`;
}

function questionsAmong(tuples: number): readonly Question[] {
  const levels = tuples / SITES;
  const rangeAt = (n: number): number => n % (levels - 2);
  return [
    {
      what: 'by two values',
      ask: (n) => ({ template: ['reading', n, String, Number], options: {} }),
      fits: ([, n], wanted) => n === wanted,
    },
    {
      what: 'by a predicate: $1 = n',
      ask: (n) => ({ template: ANY, options: { when: `$1 = ${n}` } }),
      fits: ([, n], wanted) => n === wanted,
    },
    {
      what: "by a predicate: $2 = 'site n' AND $3 >= high",
      ask: (n) => ({ template: ANY, options: { when: `$2 = '${siteOf(n)}' AND $3 >= ${levels - HIGHEST}` } }),
      fits: ([, , site, level], n) => site === siteOf(n) && Number(level) >= levels - HIGHEST,
    },
    {
      what: 'by a range: $3 BETWEEN n AND n + 2',
      ask: (n) => ({ template: ANY, options: { when: `$3 BETWEEN ${rangeAt(n)} AND ${rangeAt(n) + 2}` } }),
      fits: ([, , , level], n) => Number(level) >= rangeAt(n) && Number(level) <= rangeAt(n) + 2,
    },
  ];
}

/** Takes, among few tuples and among many. What is taken is put back, so that there are always as many. */
export async function measureLookups(server: Server, tuples: number): Promise<Lookup[]> {
  const client = await connect(server.address, { name: 'bench' });
  const found: Lookup[] = [];
  for (const among of [FEW, tuples]) {
    const space = client.space(`lookups ${among}`);
    await fill(space, among);
    for (const question of questionsAmong(among)) found.push(await measure(server, { space, among, question }));
  }
  await client.close();
  return found;
}

async function fill(space: Space, count: number): Promise<void> {
  for (let i = 0; i < count; i += 1_000) {
    const end = Math.min(count, i + 1_000);
    await Promise.all(Array.from({ length: end - i }, (_, k) => space.out(tupleOf(i + k))));
  }
  const there = await space.count(ANY);
  if (there !== count) throw new Error(`${there} of ${count} tuples are there`);
}

interface Task {
  readonly space: Space;
  readonly among: number;
  readonly question: Question;
}

async function measure(server: Server, { space, among, question }: Task): Promise<Lookup> {
  const { what, ask, fits } = question;
  const timesUs: number[] = [];
  /** Where others have just taken all that fit. */
  let none = 0;
  const take = async (n: number): Promise<readonly unknown[] | undefined> => {
    const { template, options } = ask(n);
    const tuple = (await space.inp(template, { ...options, final: true })) as readonly unknown[] | undefined;
    if (tuple === undefined) none += 1;
    else if (!fits(tuple, n)) throw new Error(`${what}: asked for ${n}, got ${JSON.stringify(tuple)}`);
    return tuple;
  };
  const number = (i: number): number => (i * 104_729) % among;
  for (let i = 0; i < ALONE; i++) {
    const startMs = performance.now();
    const tuple = await take(number(i));
    timesUs.push((performance.now() - startMs) * 1_000);
    if (tuple !== undefined) await space.out(tuple);
  }
  let lookMs = 0;
  let cpuSeconds = 0;
  const together = Math.min(500, among / 2);
  for (let from = 0; from < TOGETHER; from += together) {
    const count = Math.min(together, TOGETHER - from);
    const cpu = server.usage().cpuSeconds;
    const startMs = performance.now();
    const taken = await Promise.all(Array.from({ length: count }, (_, k) => take(number(from + k))));
    lookMs += performance.now() - startMs;
    cpuSeconds += server.usage().cpuSeconds - cpu;
    await Promise.all(taken.map((tuple) => tuple && space.out(tuple)));
  }
  if (none > (ALONE + TOGETHER) / 100) throw new Error(`${what}: nothing found ${none} times`);
  const there = await space.count(ANY);
  if (there !== among) throw new Error(`${what}: ${there} of ${among} tuples are left`);
  timesUs.sort((a, b) => a - b);
  return {
    what,
    tuples: among,
    aloneUs: timesUs[timesUs.length >> 1] ?? Number.NaN,
    pipelinedUs: (lookMs * 1_000) / TOGETHER,
    brokerUs: (cpuSeconds * 1e6) / TOGETHER,
  };
}
