/** `npm run fuzz`: campaigns against the matcher, one after the other, until the steps are done or something is wrong. */
import { parseArgs } from 'node:util';
import { runCampaign } from './campaign.ts';
import { jsonFault } from './json-campaign.ts';
import { reportOf } from './report.ts';

const HELP = `npm run fuzz -- [options]

Random adds, replaces, removes, matches and retunes against the oracle, in campaigns. A campaign's seed decides all of it.

  --seed <n>       of the first campaign; the next has the next  (a random one)
  --steps <n>      in all                                        (1000000)
  --campaign <n>   steps of one campaign                         (20000)
  --json <n>       instead: so many documents, whole and damaged, read from their bytes and with JSON.parse

  npm run fuzz                                  some minutes
  npm run fuzz -- --steps 100000000             a night
  npm run fuzz -- --json 1000000                some minutes
  npm run fuzz -- --seed 1234 --steps 20000     campaign 1234 once more`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    steps: { type: 'string', default: '1000000' },
    json: { type: 'string' },
    campaign: { type: 'string', default: '20000' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (values.help) {
  console.log(HELP);
} else {
  const [first, total, steps] = [values.seed, values.steps, values.campaign].map(Number) as [number, number, number];
  if (![first, total, steps].every(Number.isSafeInteger)) throw new RangeError('seeds and steps are integers');
  if (values.json !== undefined) fuzzJson(first, Number(values.json));
  else fuzz(first, Math.max(1, Math.round(total / steps)), steps);
}

function fuzzJson(seed: number, documents: number): void {
  console.log(`seed ${seed}, ${documents} documents`);
  const fault = jsonFault(seed, documents);
  console.log(fault ?? 'nothing wrong');
  if (fault !== undefined) process.exitCode = 1;
}

function fuzz(first: number, campaigns: number, steps: number): void {
  console.log(`seeds ${first} to ${first + campaigns - 1}, ${steps} steps each`);
  for (let seed = first; seed < first + campaigns; seed += 1) {
    const failure = runCampaign({ seed, steps });
    if (failure !== undefined) {
      console.error(reportOf(failure));
      process.exitCode = 1;
      return;
    }
    const done = seed - first + 1;
    if (done % 10 === 0 || done === campaigns) console.log(`${done * steps} steps, nothing wrong`);
  }
}
