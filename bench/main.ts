/** Dispatches `npm run bench`. Every bench checks its answers before it times them. */
import { parseArgs } from 'node:util';
import { benchOneToOne } from './broker/one-to-one.ts';
import { benchMatcher, benchSteadily } from './matcher/matcher-bench.ts';
import { redrawResults } from './matcher/results.ts';

const HELP = `npm run bench -- <matcher | broker | redraw>… [options]

matcher: what one event costs against many filters, and what it costs to hold and change them
  --filters <n,n,…>   numbers of filters                             (1000,10000,100000,1000000)
  --workloads <W,W,…> W1 (W1-90 and W1-10), W2, W3, W4, W5, W6, hostile  (all)
  --events <n>        events to time, in each way                    (5000)
  --event-rate <n>    events a second of W6, beside its replaces     (10000)
  --seed <n>          of the workloads                               (42)
  --no-rivals         without generated code, sift, mingo and json-rules-engine
  --steady            instead: match parsed events for --seconds, tracing the collector (W1-10, 100000)
  --seconds <n>       of --steady                                    (10)
  --out <folder>      write matcher.json, matcher.md and matcher.svg there

broker: one publisher to one subscriber
  --events <n>        events of one throughput run                   (300000)
  --runs <n>          runs of each kind; the median is shown         (3)

redraw: the tables and the curve of a matcher.json once more
  --out <folder>      where it is                                    (bench/results)

  npm run bench:matcher                              everything, a quarter of an hour; written to bench/results
  npm run bench -- matcher --filters 1000,10000      a quick look, printed only
  npm run bench -- matcher --workloads W3,W6 --filters 1000000 --no-rivals
  npm run bench:matcher -- --steady
  npm run bench -- broker --events 100000 --runs 1
  npm run bench -- redraw`;

const RESULTS = 'bench/results';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    filters: { type: 'string' },
    workloads: { type: 'string' },
    events: { type: 'string' },
    'event-rate': { type: 'string', default: '10000' },
    seed: { type: 'string', default: '42' },
    'no-rivals': { type: 'boolean', default: false },
    steady: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '10' },
    runs: { type: 'string', default: '3' },
    out: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const BENCHES = { matcher, broker, redraw };

const unknown = positionals.find((name) => !Object.hasOwn(BENCHES, name));
if (values.help || unknown !== undefined || positionals.length === 0) {
  console.log(unknown === undefined ? HELP : `there is no bench ${unknown}\n\n${HELP}`);
  process.exitCode = unknown === undefined ? 0 : 2;
} else {
  for (const name of positionals) await BENCHES[name as keyof typeof BENCHES]();
}

async function matcher(): Promise<void> {
  const [filters, workloads] = values.steady ? ['100000', 'W1-10'] : ['1000,10000,100000,1000000', ''];
  const common = {
    filters: (values.filters ?? filters).split(',').map((word) => positive('filters', word)),
    workloads: (values.workloads ?? workloads).split(',').filter((word) => word !== ''),
    seed: positive('seed', values.seed),
    print: console.log,
  };
  if (values.steady) return benchSteadily({ ...common, seconds: positive('seconds', values.seconds) });
  await benchMatcher({
    ...common,
    events: positive('events', values.events ?? '5000'),
    eventRate: positive('event-rate', values['event-rate']),
    withRivals: !values['no-rivals'],
    out: values.out,
  });
}

function broker(): Promise<void> {
  return benchOneToOne({ events: positive('events', values.events ?? '300000'), runs: positive('runs', values.runs) });
}

async function redraw(): Promise<void> {
  console.log(`written: ${(await redrawResults(values.out ?? RESULTS)).join(', ')}`);
}

function positive(option: string, word: string): number {
  const value = Number(word);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new RangeError(`--${option} takes a whole number above 0, not ${word}`);
}
