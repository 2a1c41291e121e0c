import { SeededRandom } from '../../bench/workloads/random.ts';
import type { JsonValue } from '../../matcher/event.ts';
import { Fields, NO_SLOT } from '../../matcher/index/fields.ts';
import { decodeJson } from '../../matcher/json/decode-json.ts';
import { JsonFields } from '../../matcher/json/json-fields.ts';
import type { JsonLimits } from '../../matcher/json/json-shape.ts';
import { damaged, jsonPath, jsonText } from './json-texts.ts';

type Path = (string | number)[];

const PATHS_MAX = 12;
/** Documents between two changes of the paths. */
const STRETCH = 20;
const LIMITS: readonly JsonLimits[] = [
  { depthMax: 32, keysMax: 2_000 },
  { depthMax: 2, keysMax: 5 },
  { depthMax: 3, keysMax: 3 },
];

/**
 * Reads documents from their bytes, and with JSON.parse and the reader of objects, while paths come and go. Half of the
 * documents are damaged.
 *
 * @returns the first that is not read the same, if there is one.
 */
export function jsonFault(seed: number, documents: number): string | undefined {
  const random = new SeededRandom(seed);
  const encoder = new TextEncoder();
  const [picked, parsed] = [new JsonFields(), new Fields()];
  const held = new Map<string, { readonly path: Path; readonly slot: number }>();
  const free = Array.from({ length: PATHS_MAX }, (_, i) => PATHS_MAX - 1 - i);
  for (let i = 0; i < documents; i += 1) {
    if (i % STRETCH === 0) {
      const path = jsonPath(random);
      const name = JSON.stringify(path);
      const known = held.get(name);
      if (known === undefined && free.length > 0) {
        const slot = free.pop() as number;
        picked.add(path, slot);
        parsed.add(path, slot);
        held.set(name, { path, slot });
      } else {
        const gone = known ?? random.pick([...held.values()]);
        picked.remove(gone.path);
        parsed.remove(gone.path);
        held.delete(JSON.stringify(gone.path));
        free.push(gone.slot);
      }
    }
    const whole = encoder.encode((random.next() < 0.05 ? '\ufeff' : '') + jsonText(random));
    const bytes = random.next() < 0.5 ? whole : damaged(random, whole);
    const limits = random.pick(LIMITS);
    const [expected, found] = [readParsed(parsed, bytes, limits), readPicked(picked, bytes, limits)];
    if (expected === found) continue;
    const paths = [...held.values()].map(({ path, slot }) => `${slot}: ${JSON.stringify(path)}`).join(', ');
    const text = new TextDecoder().decode(bytes);
    return `document ${i} of seed ${seed}, ${JSON.stringify(text)} (${[...bytes]}), ${JSON.stringify(limits)}, ${paths}: ${expected} by JSON.parse, but ${found}`;
  }
  return undefined;
}

/** What is found, by slot, as a text; or the fault. */
function readParsed(fields: Fields, bytes: Uint8Array, limits: JsonLimits): string {
  const decoded = decodeJson(bytes, limits);
  if ('fault' in decoded) return decoded.fault;
  const values: string[] = [];
  const count = fields.read(decoded.value);
  for (let i = 0; i < count; i += 1) {
    const slot = fields.slots[i] as number;
    const number = fields.numbers[i] as number;
    const value = Number.isNaN(number) ? fields.others[i] : number;
    fields.others[i] = undefined;
    if (slot !== NO_SLOT && value !== undefined) values[slot] = said(value);
  }
  return values.toString();
}

/** The same from bytes, which stand amid others. */
function readPicked(fields: JsonFields, bytes: Uint8Array, limits: JsonLimits): string {
  const around = Uint8Array.of(0x22, ...bytes, 0x22, 0x31);
  const fault = fields.read(around, 1, 1 + bytes.length, limits);
  if (fault !== undefined) return fields.count === 0 ? fault : `${fault}, but fields`;
  const values: string[] = [];
  for (let i = 0; i < fields.count; i += 1) {
    const slot = fields.slots[i] as number;
    if (slot !== NO_SLOT) values[slot] = said(valueAt(fields, i, around));
    fields.others[i] = undefined;
  }
  return values.toString();
}

function valueAt({ numbers, starts, ends, others }: JsonFields, i: number, bytes: Uint8Array): JsonValue | undefined {
  const number = numbers[i] as number;
  if (!Number.isNaN(number)) return number;
  if (ends[i] === 0) return others[i];
  return String.fromCharCode(...bytes.subarray(starts[i], ends[i]));
}

/** Of objects and arrays only that they are. -0 is not 0. */
function said(value: JsonValue | undefined): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'object' && value !== null) return 'object';
  return typeof value === 'string' ? JSON.stringify(value) : `${typeof value} ${Object.is(value, -0) ? '-0' : value}`;
}
