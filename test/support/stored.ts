import { SimulatedTime } from '../../broker/kernel/simulated-time.ts';
import { EventLog } from '../../broker/log/event-log.ts';
import { ByteReader, ByteWriter, readBody, writeBody } from '../../broker/protocol/index.ts';
import { PublishedEvent } from '../../broker/publish/event.ts';
import { Journal } from '../../broker/store/journal.ts';
import { numberKey, type RecordKind } from '../../broker/store/keys.ts';
import { MemoryStore } from '../../broker/store/memory.ts';
import { HeldStore } from './held-store.ts';

/** What a broker stores, apart from the broker: one disk, and a journal and a log anew for each run. */
export class StoredRuns {
  readonly time = new SimulatedTime();
  readonly disk = new MemoryStore(this.time);

  start(cacheBytesMax = 1_000_000) {
    const store = new HeldStore(this.disk);
    const journal = new Journal({ store, time: this.time, failed: () => {}, committed: () => {} });
    const log = new EventLog(journal, { cacheBytesMax, wallMs: () => this.time.wallMs() });
    return { store, journal, log };
  }

  /** How many records of a kind there are. */
  count(kind: RecordKind): number {
    const range = { from: numberKey(kind, 0), to: numberKey(kind, Number.MAX_SAFE_INTEGER), limit: 1_000_000 };
    return this.disk.range(range).length;
  }
}

/** An event as it was published. */
export function eventOf(fields: {
  readonly seq: number;
  readonly topic?: string;
  readonly data?: string;
  readonly time?: number;
  readonly expiresMs?: number;
}): PublishedEvent {
  const { seq, topic = 'a', data = String(seq), time = 0, expiresMs = 0 } = fields;
  const to = new ByteWriter();
  writeBody(to, { data });
  const place = { seq, topic, time, arrivedMs: 0, expiresMs };
  return new PublishedEvent(place, readBody(new ByteReader(to.written().slice())), { depthMax: 8, keysMax: 100 });
}
