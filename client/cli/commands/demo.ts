import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, connect } from '../../index.ts';
import { command, type Example } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { formOf, formOptions } from '../form.ts';
import { text } from '../option-kinds.ts';
import { printable } from '../paint.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { Listener } from './demo/listener.ts';
import { loadQuakes, type Quake } from './demo/quakes.ts';
import { parseSpeed, replay } from './demo/replay.ts';
import { type Missed, strongestMissed } from './demo/strongest-missed.ts';
import { DEMO_SUBSCRIBERS, STRONG } from './demo/subscribers.ts';
import { type Verdict, verdictOf } from './demo/verdict.ts';
import { withBroker } from './demo/with-broker.ts';

/** The week in some ten seconds. */
const DEFAULT_SPEED = '60000x';
/** Who was told nothing new for so long will not be. */
const QUIET_MS = 5000;
const POLL_MS = 20;

const examples: readonly Example[] = [
  { does: 'a week of earthquakes in ten seconds', line: 'demo' },
  { does: 'as fast as it goes, through a broker that runs', line: 'demo --speed max --url ws://127.0.0.1:8355' },
  { does: 'the quakes of this day', line: 'demo --file all_day.geojson' },
];

/** `tellwhen demo`. */
export const demo = command({
  name: 'demo',
  summary: 'see it work on a week of real earthquakes',
  details: `Starts a broker of its own on a free port, replays the quakes through it over real connections to ${DEMO_SUBSCRIBERS.length} subscribers, and checks what each was told against the same filters written out by hand in JavaScript. Exit code 1 if any differs.

The quakes: a feed of the USGS (https://earthquake.usgs.gov/earthquakes/feed/v1.0/geojson.php), given with --file, or the one in the package vega-datasets.`,
  arguments: [],
  options: {
    speed: text('factor', `times real time, or max (default: ${DEFAULT_SPEED})`),
    file: text('path', 'any GeoJSON feed of the USGS, as all_day.geojson'),
    url: text('url', 'use a broker that runs, which nobody else publishes earthquakes to meanwhile'),
    ...formOptions,
  },
  examples,
  async run({ options }, terminal) {
    const { json } = formOf(options, terminal);
    const { stop } = terminal;
    const speed = parseSpeed(options.speed ?? DEFAULT_SPEED);
    const quakes = await loadQuakes(options.file);
    return withBroker(options.url, async (url) => {
      const listeners: Listener[] = [];
      const publisher = await connect(url, { name: 'tellwhen demo: publisher' });
      try {
        for (const subscriber of DEMO_SUBSCRIBERS) listeners.push(await Listener.start(url, subscriber));
        if (!json) await terminal.print(introduction(quakes, url));
        const published = (count: number, last: Quake): void =>
          terminal.progress(`${count} of ${quakes.length}  ${new Date(last.time).toISOString()}  ${shown(last)}`);
        await replay(publisher, quakes, { speed, signal: stop, published });
        if (!stop.aborted) await untilTold(listeners, quakes, stop);
        terminal.progress('');
        terminal.throwIfStopped();
        const verdicts = listeners.map((listener) => verdictOf(listener, quakes));
        await report(verdicts, await strongestMissed(publisher, quakes, STRONG), { terminal, json });
        return verdicts.every(({ ok }) => ok) ? EXIT.ok : EXIT.error;
      } finally {
        await closeAll([publisher, ...listeners]);
      }
    });
  },
});

/** Until each has all that it should have; or nobody has been told anything new for a while, and somebody never will. */
async function untilTold(listeners: readonly Listener[], quakes: readonly Quake[], stop: AbortSignal): Promise<void> {
  let seen = 0;
  let quietSinceMs = performance.now();
  const wanted = listeners.map(({ subscriber }) => quakes.filter(({ data }) => subscriber.expects(data)).length);
  const has = ({ told, dropped }: Listener): number => told.length + dropped;
  while (!stop.aborted && listeners.some((listener, i) => has(listener) < (wanted[i] ?? 0))) {
    const now = listeners.reduce((sum, listener) => sum + has(listener), 0);
    if (now > seen) quietSinceMs = performance.now();
    else if (performance.now() - quietSinceMs > QUIET_MS) break;
    seen = now;
    await sleep(POLL_MS);
  }
  // What should not have come would have come by then as well.
  for (const listener of listeners) await listener.settled();
}

async function closeAll(all: readonly (Client | Listener)[]): Promise<void> {
  await Promise.all(all.map((one) => one.close()));
}

interface Output {
  readonly terminal: Terminal;
  readonly json: boolean;
}

async function report(verdicts: readonly Verdict[], missed: Missed | undefined, output: Output): Promise<void> {
  const { terminal, json } = output;
  if (json) {
    for (const verdict of verdicts) await terminal.print(JSON.stringify(verdict));
    if (missed !== undefined) await terminal.print(JSON.stringify({ explained: missed }));
    return;
  }
  const { bold, green, red } = terminal.paint;
  const [head = '', ...lines] = table([
    ['subscriber', 'filter', 'expected', 'told', 'dropped', 'verdict'],
    ...verdicts.map(({ subscriber, topic, when, expected, told, dropped, ok }) => [
      subscriber,
      when === undefined ? topic : `${topic} when ${when}`,
      ...[expected, told, dropped].map(String),
      ok ? '✓' : '✗',
    ]),
  ]);
  const coloured = lines.map((line) => line.replace(/✓$/, green).replace(/✗$/, red));
  await terminal.print([bold(head), ...coloured].join('\n'));
  if (missed === undefined) return;
  const { mag, place, reason } = missed;
  await terminal.print(`\nWhy was "${STRONG.name}" not told of M ${mag}, ${printable(place)}? ${printable(reason)}.`);
}

function introduction(quakes: readonly Quake[], url: string): string {
  const [first, last] = [quakes[0], quakes.at(-1)].map((quake) =>
    new Date(quake?.time ?? 0).toISOString().slice(0, 10),
  );
  return `${quakes.length} earthquakes, ${first} to ${last}, through ${url} to ${DEMO_SUBSCRIBERS.length} subscribers\n`;
}

function shown({ data }: Quake): string {
  return printable(`M ${data.mag ?? '?'}  ${data.place ?? ''}`);
}
