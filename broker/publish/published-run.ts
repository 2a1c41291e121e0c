import type { JsonReader, JsonValue, MatchableEvent } from '../../matcher/index.ts';
import {
  type BodyRun,
  ByteReader,
  JSON_CONTENT_TYPE,
  type Provenance,
  provenanceAfter,
  readBody,
} from '../protocol/index.ts';
import { PublishedEvent } from './event.ts';
import type { JsonFault, JsonLimits } from './json.ts';

/** Where and when a run takes its place. */
export interface RunPlace {
  readonly topic: string;
  /** Of the first event; those that follow have the next ones. */
  readonly firstSeq: number;
  /** When the broker got them, on the wall clock. An event that has a time of its own keeps it. */
  readonly time: number;
  /** The same on the monotonic clock. */
  readonly arrivedMs: number;
  /** Of the first event; those that follow are counted on. */
  readonly provenance: Provenance;
}

/**
 * Events in a row that have their places in the broker's order: of one topic, published without asking for more, and with nothing
 * that anybody has to know again. Of most of them nobody needs an object: they are copied from the frame they came in to
 * where they go. A view of that frame, valid until its publishing is over, unless somebody keeps it.
 */
export class PublishedRun {
  readonly topic: string;
  readonly firstSeq: number;
  readonly time: number;
  readonly arrivedMs: number;
  readonly provenance: Provenance;
  readonly limits: JsonLimits;
  #bodies: BodyRun;
  #owned = false;
  #events: (PublishedEvent | undefined)[] | undefined;

  constructor({ topic, firstSeq, time, arrivedMs, provenance }: RunPlace, bodies: BodyRun, limits: JsonLimits) {
    this.topic = topic;
    this.firstSeq = firstSeq;
    this.time = time;
    this.arrivedMs = arrivedMs;
    this.provenance = provenance;
    this.#bodies = bodies;
    this.limits = limits;
  }

  get bodies(): BodyRun {
    return this.#bodies;
  }

  get bytes(): Uint8Array {
    return this.#bodies.bytes;
  }

  get count(): number {
    return this.#bodies.count;
  }

  get events(): number {
    return this.#bodies.count;
  }

  /** As an event's: whoever keeps it calls this before its publishing is over. */
  own(): void {
    if (this.#owned) return;
    this.#owned = true;
    this.#bodies = this.#bodies.copy();
    // Those that were made of it before are views of the frame, but for those that somebody keeps.
    this.#events = undefined;
  }

  /** Its publishing is over. Those who wait for it need no event by itself, and what was read of some is memory nobody counts. */
  published(): void {
    this.#events = undefined;
  }

  /** The `i`-th event by itself, for one who keeps it. Always the same object, until its publishing is over. */
  event(i: number): PublishedEvent {
    this.#events ??= new Array<PublishedEvent | undefined>(this.count);
    const made = this.#events[i];
    if (made !== undefined) return made;
    const body = readBody(new ByteReader(this.bodies.slice(i, 1)));
    const { topic, time, arrivedMs } = this;
    const provenance = provenanceAfter(this.provenance, i);
    const place = { seq: this.firstSeq + i, topic, time: body.time ?? time, arrivedMs, provenance };
    const event = new PublishedEvent(place, body, this.limits);
    this.#events[i] = event;
    return event;
  }
}

/** One event of a run after another, as the matcher reads them: what it does not ask for is not read. */
export class RunCursor implements MatchableEvent {
  readonly #run: PublishedRun;
  #event: PublishedEvent | undefined;
  #fault: JsonFault | undefined;
  #at = 0;

  constructor(run: PublishedRun) {
    this.#run = run;
  }

  /** Goes to the `i`-th event. */
  moveTo(i: number): this {
    this.#at = i;
    this.#event = undefined;
    this.#fault = undefined;
    return this;
  }

  get topic(): string {
    return this.#run.topic;
  }

  get data(): JsonValue | undefined {
    return this.#read.data;
  }

  /** Of most bodies without an object for the event. */
  readData(reader: JsonReader): void {
    const { bodies, limits } = this.#run;
    const from = bodies.bareDataAt(this.#at);
    if (from < 0) this.#read.readData(reader);
    else this.#fault = reader.read(bodies.bytes, limits, from, bodies.starts[this.#at + 1]);
  }

  get time(): number {
    return this.#read.time;
  }

  get size(): number {
    return this.#read.size;
  }

  get contentType(): string {
    return this.#read.contentType ?? JSON_CONTENT_TYPE;
  }

  /** Why somebody who wanted to read the data could not. */
  get fault(): JsonFault | undefined {
    return this.#fault ?? this.#event?.fault;
  }

  get #read(): PublishedEvent {
    this.#event ??= this.#run.event(this.#at);
    return this.#event;
  }
}
