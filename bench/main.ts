/** Dispatches `npm run bench`. Every bench checks its answers before it times them. */
import { parseArgs } from 'node:util';
import { benchOneToOne } from './broker/one-to-one.ts';
import { benchMatcher } from './matcher/matcher-bench.ts';

const HELP = `npm run bench -- [matcher] [broker] [options]      default: both

  --filters <n,n,…>   numbers of filters for the matcher       (1000,10000,100000)
  --workloads <W,W,…> of the matcher's workloads, these        (W1,W2,W3,W4)
  --events <n>        events of one throughput run             (300000)
  --runs <n>          runs of each kind; the median is shown   (3)
  --seed <n>          of the matcher's workloads               (42)

  npm run bench -- matcher --filters 1000,100000
  npm run bench -- broker --events 100000 --runs 1`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    filters: { type: 'string', default: '1000,10000,100000' },
    workloads: { type: 'string', default: 'W1,W2,W3,W4' },
    events: { type: 'string', default: '300000' },
    runs: { type: 'string', default: '3' },
    seed: { type: 'string', default: '42' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const unknown = positionals.find((name) => name !== 'matcher' && name !== 'broker');
if (values.help || unknown !== undefined) {
  console.log(unknown === undefined ? HELP : `there is no bench ${unknown}\n\n${HELP}`);
  process.exitCode = unknown === undefined ? 0 : 2;
} else {
  const wanted = (name: string): boolean => positionals.length === 0 || positionals.includes(name);
  if (wanted('matcher')) {
    benchMatcher({
      filters: values.filters.split(',').map(Number),
      workloads: values.workloads.split(','),
      seed: Number(values.seed),
    });
  }
  if (wanted('broker')) await benchOneToOne({ events: Number(values.events), runs: Number(values.runs) });
}
