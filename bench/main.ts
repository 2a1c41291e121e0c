/** Dispatches `npm run bench`. Every bench checks its answers before it times them. */

import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { benchDurable } from './durable/durable-bench.ts';
import { benchHostile } from './hostile/hostile-bench.ts';
import { benchHttp } from './http/http-bench.ts';
import { benchJsonReads } from './matcher/json-reads.ts';
import { benchMatcher, benchSteadily } from './matcher/matcher-bench.ts';
import { redrawResults } from './matcher/results.ts';
import { benchAcked } from './mqtt/acked-bench.ts';
import { benchRequests } from './requests/requests-bench.ts';
import { benchSpaces } from './spaces/spaces-bench.ts';

const HELP = `npm run bench -- <matcher | json | durable | http | mqtt | hostile | requests | spaces | redraw>… [options]

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

json: what it costs to read an event's JSON for a few filters, from its bytes and decoded
  --seed <n>          of the events                                  (42)

durable: what durability costs, beside NATS JetStream, Redis streams and RabbitMQ where they are installed
  --parts <part,…>    peers, restarts, storms, churn                 (peers,restarts,storms)
  --peers <key,…>     tellwhen, jetstream, jetstream-always, redis-always, redis-everysec, rabbitmq   (all)
  --events <n>        events of one round of one peer                (100000)
  --in-flight <n>     events that may be unacknowledged              (1000)
  --alone <n>         events published one at a time                 (1000)
  --rounds <n>        rounds, in each of which everybody has a turn  (3)
  --stored <n,…>      stored events to start again with              (100000)
  --stored-ours <n,…> and for ours alone                             (none)
  --churn <minutes>   instead: fill and empty one mailbox so long
  --churn-rate <n>    events a second                                (10000)
  --data <folder>     on the disk to measure                         (the system’s for temporary files)
  --out <folder>      write durable.json and durable.md there

http: what publishing over HTTP and event streams bring, over uWebSockets.js and over Node's own server
  --events <n>        events published, one request each             (50000)
  --connections <n>   that publish, each with one request under way  (32)
  --streams <n>       that are given every event                     (100)
  --rounds <n>        rounds, in each of which both have a turn      (3)

mqtt: QoS 1, to one subscriber and to a hundred, beside Mosquitto and Aedes where they are installed
  --events <n>        events of one round with one subscriber        (100000)
  --rounds <n>        rounds, in each of which everybody has a turn  (3)

spaces: shared data spaces, beside Redis' lists where Redis is installed
  --parts <part,…>    pairs, lookups, waking                         (all)
  --pairs <n>         pairs of out and in of one round               (200000)
  --in-flight <n>     pairs under way at the same time               (1000)
  --tuples <n>        to look among                                  (100000)
  --waiters <n>       who wait at the same time                      (10000)
  --rounds <n>        rounds of pairs, in each of which everybody has a turn  (3)

hostile: what clients that do nothing wrong have of those who do, through each door, beside what they have in quiet and
         beside a process that is as busy as the attack and harms nobody
  --attacks <a,a,…>   slowloris, headers, chunks, churn, upgrades, fragments, garbage, qos-2, subscribers,
                      questions, slow-readers                        (all)
  --event-rate <n>    events a second of each pair                   (2000)
  --seconds <n>       of each attack, and of each of the two beside it  (3)
  --transport <name>  uws or node                                    (auto)

requests: a question and its answer, beside NATS and Redis where they are installed
  --peers <key,…>     tellwhen, nats, redis                          (all)
  --alone <n>         asked one at a time                            (1000)
  --events <n>        asked with --in-flight of them unanswered      (50000)
  --in-flight <n>                                                    (128)
  --rounds <n>        rounds, in each of which everybody has a turn  (3)

redraw: the tables and the curve of a matcher.json once more
  --out <folder>      where it is                                    (bench/results)

  npm run bench:matcher                              everything, a quarter of an hour; written to bench/results
  npm run bench -- matcher --filters 1000,10000      a quick look, printed only
  npm run bench -- matcher --workloads W3,W6 --filters 1000000 --no-rivals
  npm run bench:matcher -- --steady
  npm run bench -- json                              ten seconds
  npm run bench -- durable --out bench/results       all but the churn, in some minutes
  npm run bench -- durable --parts restarts --stored-ours 1000000,10000000 --rounds 1
  npm run bench -- durable --churn 60
  npm run bench -- http
  npm run bench -- mqtt
  npm run bench -- spaces                            half a minute
  npm run bench -- hostile
  npm run bench -- requests
  npm run bench -- redraw

The load test is a command of its own: npm run bench:load`;

const RESULTS = 'bench/results';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    filters: { type: 'string' },
    workloads: { type: 'string' },
    events: { type: 'string' },
    'event-rate': { type: 'string' },
    seed: { type: 'string', default: '42' },
    'no-rivals': { type: 'boolean', default: false },
    steady: { type: 'boolean', default: false },
    seconds: { type: 'string' },
    attacks: { type: 'string', default: '' },
    transport: { type: 'string', default: 'auto' },
    parts: { type: 'string' },
    peers: { type: 'string', default: '' },
    'in-flight': { type: 'string' },
    alone: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '32' },
    pairs: { type: 'string', default: '200000' },
    tuples: { type: 'string', default: '100000' },
    waiters: { type: 'string', default: '10000' },
    streams: { type: 'string', default: '100' },
    stored: { type: 'string', default: '100000' },
    'stored-ours': { type: 'string', default: '' },
    churn: { type: 'string' },
    'churn-rate': { type: 'string', default: '10000' },
    data: { type: 'string' },
    out: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const BENCHES = { matcher, json, durable, http, mqtt, hostile, requests, spaces, redraw };

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
  if (values.steady) return benchSteadily({ ...common, seconds: positive('seconds', values.seconds ?? '10') });
  await benchMatcher({
    ...common,
    events: positive('events', values.events ?? '5000'),
    eventRate: positive('event-rate', values['event-rate'] ?? '10000'),
    withRivals: !values['no-rivals'],
    out: values.out,
  });
}

function json(): void {
  benchJsonReads({ seed: positive('seed', values.seed), print: console.log });
}

function durable(): Promise<void> {
  const words = (list: string): string[] => list.split(',').filter((word) => word !== '');
  return benchDurable({
    parts: values.churn === undefined ? words(values.parts ?? 'peers,restarts,storms') : ['churn'],
    peers: words(values.peers),
    rounds: positive('rounds', values.rounds),
    events: positive('events', values.events ?? '100000'),
    inFlight: positive('in-flight', values['in-flight'] ?? '1000'),
    alone: positive('alone', values.alone),
    stored: words(values.stored).map((word) => positive('stored', word)),
    storedOurs: words(values['stored-ours']).map((word) => positive('stored-ours', word)),
    churnMinutes: positive('churn', values.churn ?? '1'),
    churnRate: positive('churn-rate', values['churn-rate']),
    parent: values.data ?? tmpdir(),
    out: values.out,
    print: console.log,
  });
}

function http(): Promise<void> {
  return benchHttp({
    rounds: positive('rounds', values.rounds),
    events: positive('events', values.events ?? '50000'),
    connections: positive('connections', values.connections),
    streams: positive('streams', values.streams),
    print: console.log,
  });
}

function mqtt(): Promise<void> {
  return benchAcked({
    events: positive('events', values.events ?? '100000'),
    rounds: positive('rounds', values.rounds),
    print: console.log,
  });
}

function spaces(): Promise<void> {
  return benchSpaces({
    parts: (values.parts ?? 'pairs,lookups,waking').split(','),
    rounds: positive('rounds', values.rounds),
    pairs: positive('pairs', values.pairs),
    inFlight: positive('in-flight', values['in-flight'] ?? '1000'),
    tuples: positive('tuples', values.tuples),
    waiters: positive('waiters', values.waiters),
    print: console.log,
  });
}

function hostile(): Promise<void> {
  return benchHostile({
    seconds: positive('seconds', values.seconds ?? '3'),
    perSecond: positive('event-rate', values['event-rate'] ?? '2000'),
    attacks: values.attacks.split(',').filter((word) => word !== ''),
    transport: values.transport,
    print: console.log,
  });
}

function requests(): Promise<void> {
  return benchRequests({
    peers: values.peers.split(',').filter((word) => word !== ''),
    rounds: positive('rounds', values.rounds),
    alone: positive('alone', values.alone),
    requests: positive('events', values.events ?? '50000'),
    inFlight: positive('in-flight', values['in-flight'] ?? '128'),
    print: console.log,
  });
}

async function redraw(): Promise<void> {
  console.log(`written: ${(await redrawResults(values.out ?? RESULTS)).join(', ')}`);
}

function positive(option: string, word: string): number {
  const value = Number(word);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new RangeError(`--${option} takes a whole number above 0, not ${word}`);
}
