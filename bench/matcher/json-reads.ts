import { decodeJson, type JsonReader, type MatchableEvent, Matcher } from '../../matcher/index.ts';
import { describeMachine, thisMachine } from '../report/machine.ts';
import { type Table, toText } from '../report/table.ts';
import { deviceAlerts } from '../workloads/device-alerts.ts';
import { SeededRandom } from '../workloads/random.ts';
import { secondsOf } from './timings.ts';

export interface JsonReadsOrder {
  readonly seed: number;
  readonly print: (text: string) => void;
}

interface Case {
  readonly label: string;
  readonly text: () => string;
  /** The fields that filters name. */
  readonly wanted: readonly string[];
}

const LIMITS = { depthMax: 32, keysMax: 2_000 };
const TOPIC = 'devices/readings';
/** Different documents of one case: so many bytes of them. */
const BYTES = 400_000;
/** The first are not counted: V8 is still learning. */
const ROUNDS = 30;
const WARM_UP = 10;

/**
 * What it costs to have an event's JSON read for a few filters: from its bytes, and decoded with JSON.parse. Both are asked for
 * the matches, by which they are compared first; the time is that of `Matcher.match`, in rounds that take turns.
 */
export function benchJsonReads({ seed, print }: JsonReadsOrder): void {
  const random = new SeededRandom(seed);
  const lines = casesOf(random, seed).map((of) => lineOf(of));
  const table: Table = {
    title: `Microseconds an event, medians of ${ROUNDS} rounds; ${describeMachine(thisMachine())}`,
    corner: 'Event, fields that filters name',
    columns: ['Bytes', 'Decoded', 'From bytes', 'Decoded / from bytes'],
    lines,
  };
  print(toText(table));
}

function casesOf(random: SeededRandom, seed: number): Case[] {
  const workload = deviceAlerts(10)(seed, 100_000);
  const [small, device] = [() => smallText(random), () => deviceText(random)];
  const all = Object.keys(JSON.parse(device()) as object);
  return [
    { label: '4 fields, 1 wanted', text: small, wanted: ['temperature'] },
    { label: '10 fields, 1 wanted', text: device, wanted: ['temperature'] },
    { label: '10 fields, 3 wanted', text: device, wanted: ['site', 'temperature', 'humidity'] },
    { label: '10 fields, all wanted', text: device, wanted: all },
    { label: 'W1, 3 wanted', text: () => workload.event().text, wanted: ['site', 'temperature', 'load'] },
    { label: '10 kB, the first wanted', text: () => longText(random, 0), wanted: ['wanted'] },
    { label: '10 kB, the last wanted', text: () => longText(random, 1), wanted: ['wanted'] },
  ];
}

function lineOf({ label, text, wanted }: Case): Table['lines'][number] {
  const bytesEach = text().length;
  const documents = Array.from({ length: Math.ceil(BYTES / bytesEach) }, () => new TextEncoder().encode(text()));
  const matcher = new Matcher();
  for (const [i, field] of wanted.entries())
    matcher.add(i, { topic: TOPIC, when: `${field} > 30 OR ${field} = 'site-1'` });
  const ways = [decodedEvent, bytesEvent] as const;
  for (const [i, bytes] of documents.entries()) {
    const [decoded, read] = ways.map((event) => matchesOf(matcher, event(bytes)));
    if (decoded !== read)
      throw new Error(`${label}, document ${i}: filters ${decoded} match, or ${read} from its bytes`);
  }
  const times = ways.map((): number[] => []);
  for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
    for (const [way, event] of ways.entries()) {
      const seconds = secondsOf(() => {
        for (const bytes of documents) matcher.match(event(bytes));
      });
      if (round >= WARM_UP) times[way]?.push((seconds * 1e6) / documents.length);
    }
  }
  const [decoded, read] = times.map(median) as [number, number];
  const cells = [String(bytesEach), decoded.toFixed(2), read.toFixed(2), (decoded / read).toFixed(1)];
  return { label, cells };
}

function decodedEvent(bytes: Uint8Array): MatchableEvent {
  const decoded = decodeJson(bytes, LIMITS);
  return { topic: TOPIC, data: 'value' in decoded ? decoded.value : undefined };
}

function bytesEvent(bytes: Uint8Array): MatchableEvent {
  return { topic: TOPIC, readData: (reader: JsonReader) => void reader.read(bytes, LIMITS) };
}

function matchesOf(matcher: Matcher, event: MatchableEvent): string {
  const { ids, count } = matcher.match(event);
  return ids.subarray(0, count).toSorted().toString();
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}

function smallText(random: SeededRandom): string {
  const [temperature, humidity] = [random.reading(-20, 60), random.reading(0, 100)];
  return JSON.stringify({
    site: `site-${random.integer(500)}`,
    temperature,
    humidity,
    note: 'as it was in the morning, or',
  });
}

function deviceText(random: SeededRandom): string {
  return JSON.stringify({
    site: `site-${random.integer(500)}`,
    model: `model-${random.integer(50)}`,
    firmware: `2.${random.integer(6)}.0-stable`,
    temperature: random.reading(-20, 60),
    humidity: random.reading(0, 100),
    battery: random.reading(0, 100),
    pressure: random.reading(950, 1050),
    signal: random.reading(-110, -30),
    vibration: random.reading(0, 20),
    location: 'hall 7, second row',
  });
}

/** @param place Where the field is that is wanted: 0 first, 1 last. */
function longText(random: SeededRandom, place: 0 | 1): string {
  const rest = Array.from({ length: 400 }, (_, i): [string, string | number] => [
    `field-${i}`,
    i % 3 === 0 ? `a text ${random.integer(1_000)}` : random.reading(0, 1_000),
  ]);
  rest.splice(place * rest.length, 0, ['wanted', random.reading(0, 100)]);
  return JSON.stringify(Object.fromEntries(rest));
}
