import type { CompiledFilter } from '../../matcher/index.ts';
import type { EventLog } from '../log/event-log.ts';
import { oneFilter } from '../publish/one-filter.ts';
import type { MailboxPages } from './mailbox-pages.ts';
import type { StoredEvents } from './stored-events.ts';

/** Blocks looked through in one step: a few milliseconds. */
const STEP_BLOCKS = 2;

/**
 * Finds the events in the log that a new mailbox is to begin with: those from the seq `from` and stored at `timeMs` or
 * later, up to the seq `upTo`. A crash in between does no harm; it begins anew.
 */
export function* fillFromLog(
  pages: MailboxPages,
  filter: CompiledFilter,
  { from, upTo, timeMs }: { readonly from: number; readonly upTo: number; readonly timeMs: number },
  { log, events }: { readonly log: EventLog; readonly events: StoredEvents },
): Generator<void, void> {
  const matches = oneFilter(filter);
  let next = log.firstBefore(from) ?? 0;
  for (;;) {
    const firsts = log.firsts(next, upTo + 1, STEP_BLOCKS);
    for (const first of firsts) {
      next = first + 1;
      const block = log.block(first);
      // What is damaged is missing; and what is here was found before a crash.
      if (block === undefined || block.storedMs < timeMs || pages.has(first)) continue;
      for (const seq of block.seqs) {
        if (seq < from) continue;
        const event = events.readFrom(first, seq);
        if (event !== undefined && matches(event)) pages.enter(first, seq, event.bytes.length, event.expiresMs);
      }
    }
    yield;
    if (firsts.length < STEP_BLOCKS) return;
  }
}
