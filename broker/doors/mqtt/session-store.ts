import type { Batch, Journal } from '../../store/journal.ts';
import { textKey, textRange } from '../../store/keys.ts';
import type { MqttSession } from './session.ts';
import {
  decodePacketIds,
  decodeSessionRecord,
  encodePacketIds,
  encodeSessionRecord,
  type PacketIds,
  type SessionRecord,
} from './session-record.ts';

export interface StoredSession {
  readonly clientId: string;
  readonly record: SessionRecord;
  readonly ids: PacketIds | undefined;
}

const PAGE_RECORDS = 1_000;

/** Writes what has changed of sessions that last, with the next commit. */
export class SessionStore {
  readonly #journal: Journal;
  readonly #recordOf: (session: MqttSession) => SessionRecord;
  readonly #changed = new Set<MqttSession>();
  readonly #idsChanged = new Set<MqttSession>();
  readonly #gone = new Set<string>();
  /** Of sessions that the store has, or is about to have. */
  readonly #stored = new Set<string>();

  constructor(journal: Journal, recordOf: (session: MqttSession) => SessionRecord) {
    this.#journal = journal;
    this.#recordOf = recordOf;
    journal.addWriter((batch) => this.#write(batch));
  }

  restore(): readonly StoredSession[] {
    const { store } = this.#journal;
    const sessions: StoredSession[] = [];
    let after: Uint8Array | undefined;
    for (;;) {
      const records = store.range({ ...textRange('q', after), limit: PAGE_RECORDS });
      for (const { key, value } of records) {
        after = key;
        const clientId = new TextDecoder().decode(key.subarray(1));
        const ids = store.get(textKey('u', clientId));
        const record = decodeSessionRecord(value);
        this.#stored.add(clientId);
        sessions.push({ clientId, record, ids: ids === undefined ? undefined : decodePacketIds(ids) });
      }
      if (records.length < PAGE_RECORDS) return sessions;
    }
  }

  changed(session: MqttSession): void {
    if (!session.lasts && !this.#stored.has(session.clientId)) return;
    this.#stored.add(session.clientId);
    this.#changed.add(session);
    this.#journal.touch();
  }

  idsChanged(session: MqttSession): void {
    this.#idsChanged.add(session);
    this.#journal.touch();
  }

  forget(session: MqttSession): void {
    if (!this.#stored.delete(session.clientId)) return;
    this.#changed.delete(session);
    this.#idsChanged.delete(session);
    this.#gone.add(session.clientId);
    this.#journal.touch();
  }

  #write(batch: Batch): void {
    // Before those that may have taken their place since.
    for (const clientId of this.#gone) {
      batch.delete(textKey('q', clientId));
      batch.delete(textKey('u', clientId));
    }
    this.#gone.clear();
    for (const session of this.#changed) {
      batch.put(textKey('q', session.clientId), encodeSessionRecord(this.#recordOf(session)));
    }
    this.#changed.clear();
    for (const session of this.#idsChanged) {
      batch.put(textKey('u', session.clientId), encodePacketIds(session.packetIds));
    }
    this.#idsChanged.clear();
  }
}
