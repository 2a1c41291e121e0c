import type { Log } from '../../observe/log.ts';
import type { Batch, Journal } from '../../store/journal.ts';
import { textKey, textRange } from '../../store/keys.ts';
import { type SubscriptionWish, subscriptionWish } from './schemas.ts';

const PAGE = 1_000;

/**
 * What subscriptions that take from a mailbox were asked for, in the store: their events survive a restart, and so do they.
 * Others are over with the broker, as what waits for them is.
 */
export class StoredSubscriptions {
  readonly #journal: Journal;
  /** What has to be written; undefined: deleted. */
  #changed = new Map<string, SubscriptionWish | undefined>();
  readonly #kept = new Set<string>();

  constructor(journal: Journal) {
    this.#journal = journal;
    journal.addWriter((batch) => this.#write(batch));
  }

  has(name: string): boolean {
    return this.#kept.has(name);
  }

  /** It is stored, if it takes from a mailbox; what was stored of this name before is not any more. */
  keep(name: string, wish: SubscriptionWish): void {
    if (wish.mailbox === undefined) {
      this.forget(name);
      return;
    }
    this.#kept.add(name);
    this.#changed.set(name, wish);
    this.#journal.touch();
  }

  forget(name: string): void {
    if (!this.#kept.delete(name)) return;
    this.#changed.set(name, undefined);
    this.#journal.touch();
  }

  /** Makes each that is stored. One that cannot be had any more is logged, and stays stored. */
  restore(make: (name: string, wish: SubscriptionWish) => void, log: Log): void {
    const { store } = this.#journal;
    let after: Uint8Array | undefined;
    for (;;) {
      const records = store.range({ ...textRange('h', after), limit: PAGE });
      for (const { key, value } of records) {
        after = key;
        const name = new TextDecoder().decode(key.subarray(1));
        this.#kept.add(name);
        try {
          make(name, subscriptionWish.parse(JSON.parse(new TextDecoder().decode(value))));
        } catch (error) {
          log.error('a stored subscription could not be restored', { subscription: name, error });
        }
      }
      if (records.length < PAGE) return;
    }
  }

  #write(batch: Batch): void {
    const changed = this.#changed;
    this.#changed = new Map();
    for (const [name, wish] of changed) {
      const key = textKey('h', name);
      if (wish === undefined) batch.delete(key);
      else batch.put(key, new TextEncoder().encode(JSON.stringify(wish)));
    }
  }
}
