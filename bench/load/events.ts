import type { PubSubEvents, Wanted } from '../peers/pubsub-peer.ts';

/** Everything that says what the events of a load are; travels to the client processes. */
export interface EventsSpec {
  readonly topic: string;
  readonly seed: number;
  /** So many sites have events. */
  readonly sites: number;
  readonly bySite: boolean;
  /** For consumers that acknowledge. False as it comes. */
  readonly kept?: boolean;
  /** Data says when the event was due. */
  readonly stamped: boolean;
}

export const FIRST_SITE = 10_000;
const FIRST_NUMBER = 1_000_000_000;
const FIRST_SUM = 1_000_000;
/** Events that one load may have: their numbers fill their digits. */
export const EVENTS_MAX = 1_000_000_000;
const TENTHS_FROM = 100;
const TENTHS = 900;
/** So often all bytes are looked at, and not only the number and what is computed of it. */
const WHOLE_EVERY = 1_024;

const TEMPLATE = new TextEncoder().encode(
  '{"n":1000000000,"sum":1000000,"site":10000,"temperature":10.0,"due":1000000000,"humidity":48,"ok":true,"unit":"C"}',
);
const AT = {
  n: fieldAt('n'),
  sum: fieldAt('sum'),
  site: fieldAt('site'),
  temperature: fieldAt('temperature'),
  due: fieldAt('due'),
};
const HALF = 5;
const HALF_FACTOR = 100_000;
const DIGITS = { n: 10, sum: 7, site: 5 };

function fieldAt(name: string): number {
  const key = `"${name}":`;
  return new TextDecoder().decode(TEMPLATE).indexOf(key) + key.length;
}

/**
 * The events of one load. All that is in an event follows from the seed and its number, but for when it was due. Every
 * number stands in a fixed place with a fixed count of digits, so that making an event, or checking it, costs some tens of
 * nanoseconds and makes no object.
 */
export class LoadEvents implements PubSubEvents {
  readonly topic: string;
  readonly bySite: boolean;
  readonly kept: boolean;
  readonly bytes = TEMPLATE.length;
  readonly #seed: number;
  readonly #sites: number;
  readonly #stamped: boolean;
  readonly #whole = new Uint8Array(TEMPLATE.length);
  #startUs = 0;
  #stepUs = 0;

  constructor({ topic, seed, sites, bySite, kept = false, stamped }: EventsSpec) {
    this.topic = topic;
    this.bySite = bySite;
    this.kept = kept;
    this.#seed = seed;
    this.#sites = sites;
    this.#stamped = stamped;
  }

  /** Event `n` is due `n` steps after the start. Microseconds of a clock that all processes share. */
  pace(startUs: number, stepUs: number): void {
    this.#startUs = startUs;
    this.#stepUs = stepUs;
  }

  dueUs(n: number): number {
    return Math.round(this.#startUs + n * this.#stepUs);
  }

  siteOf(n: number): number {
    return FIRST_SITE + (this.#hash(n) % this.#sites);
  }

  temperatureOf(n: number): number {
    return this.#tenthsOf(n) / 10;
  }

  write(n: number, into: Uint8Array, at: number): void {
    into.set(TEMPLATE, at);
    this.rewrite(n, into, at);
  }

  rewrite(n: number, into: Uint8Array, at: number): void {
    const hash = this.#hash(n);
    writeDigits(into, at + AT.n, FIRST_NUMBER + n, DIGITS.n);
    writeDigits(into, at + AT.sum, sumOf(hash), DIGITS.sum);
    if (this.#sites > 1) writeDigits(into, at + AT.site, FIRST_SITE + (hash % this.#sites), DIGITS.site);
    const tenths = tenthsOf(hash);
    writeDigits(into, at + AT.temperature, Math.floor(tenths / 10), 2);
    into[at + AT.temperature + 3] = 48 + (tenths % 10);
    if (this.#stamped) writeDue(into, at + AT.due, this.dueUs(n));
  }

  /** The number of the event; of other bytes some number, for which they are not `isRight`. */
  numberIn(bytes: Uint8Array, start: number): number {
    return readDigits(bytes, start + AT.n, DIGITS.n) - FIRST_NUMBER;
  }

  dueUsIn(bytes: Uint8Array, start: number): number {
    const at = start + AT.due;
    return readDigits(bytes, at, HALF) * HALF_FACTOR + readDigits(bytes, at + HALF, HALF) - FIRST_NUMBER;
  }

  /** Whether these are the bytes of event `n`: as many, with the sum that belongs to the number; of some, every byte. */
  isRight(n: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start !== this.bytes || !(n >= 0)) return false;
    if (readDigits(bytes, start + AT.sum, DIGITS.sum) !== sumOf(this.#hash(n))) return false;
    return n % WHOLE_EVERY !== 0 || this.#isWhole(n, bytes, start);
  }

  /** Whether a subscription is to be told of event `n`; what its topic says is not asked. */
  isWanted(n: number, { where }: Wanted): boolean {
    if (where === undefined) return true;
    if (where.site !== undefined && where.site !== this.siteOf(n)) return false;
    return this.temperatureOf(n) > where.above;
  }

  #isWhole(n: number, bytes: Uint8Array, start: number): boolean {
    const whole = this.#whole;
    this.write(n, whole, 0);
    for (let i = 0; i < whole.length; i += 1) {
      const isDue = i >= AT.due && i < AT.due + 2 * HALF;
      if (!isDue && whole[i] !== bytes[start + i]) return false;
    }
    return true;
  }

  #tenthsOf(n: number): number {
    return tenthsOf(this.#hash(n));
  }

  /** The last steps of MurmurHash3, which let every bit of a number change all of the result. */
  #hash(n: number): number {
    let hash = n ^ this.#seed;
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) >>> 0;
  }
}

function sumOf(hash: number): number {
  return FIRST_SUM + (hash % 8_999_999);
}

/** Other bits than those that say the site. */
function tenthsOf(hash: number): number {
  return TENTHS_FROM + ((Math.imul(hash, 0x9e3779b1) >>> 16) % TENTHS);
}

/** In two halves, each of which is a small integer. */
function writeDue(into: Uint8Array, at: number, dueUs: number): void {
  const value = FIRST_NUMBER + dueUs;
  const high = Math.floor(value / HALF_FACTOR);
  writeDigits(into, at, high, HALF);
  writeDigits(into, at + HALF, value - high * HALF_FACTOR, HALF);
}

/** With `| 0` it is a division of integers, which costs a tenth. */
function writeDigits(into: Uint8Array, at: number, value: number, digits: number): void {
  let rest = value | 0;
  for (let i = at + digits - 1; i >= at; i -= 1) {
    const tenth = (rest / 10) | 0;
    into[i] = 48 + rest - tenth * 10;
    rest = tenth;
  }
}

function readDigits(bytes: Uint8Array, at: number, digits: number): number {
  let value = 0;
  for (let i = at; i < at + digits; i += 1) value = (value * 10 + (bytes[i] as number) - 48) | 0;
  return value;
}
