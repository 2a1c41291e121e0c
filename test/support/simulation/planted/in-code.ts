import { Backlog } from '../../../../broker/delivery/backlog.ts';
import { Entries } from '../../../../broker/delivery/entries.ts';
import type { Entry } from '../../../../broker/delivery/entry.ts';
import { LeaseTable } from '../../../../broker/leases/lease-table.ts';
import { EventLog } from '../../../../broker/log/event-log.ts';
import { Mailbox } from '../../../../broker/mailboxes/mailbox.ts';
import { MailboxPages } from '../../../../broker/mailboxes/mailbox-pages.ts';
import type { StoredPlace } from '../../../../broker/mailboxes/page.ts';
import { Delayed } from '../../../../broker/publish/delayed.ts';
import { KnownIds } from '../../../../broker/publish/known-ids.ts';
import { Publish } from '../../../../broker/publish/publish.ts';
import { Retained } from '../../../../broker/publish/retained.ts';
import { Journal } from '../../../../broker/store/journal.ts';
import { Registrations } from '../../../../broker/subscribe/registrations.ts';
import type { DiskTerms } from '../simulated-disk.ts';
import { patch } from './patch.ts';
import type { PlantedBug } from './planted-bug.ts';

const bug = (name: string, install: () => () => void, wishes?: PlantedBug['wishes']): PlantedBug => ({
  name,
  plant: () => ({ install }),
  ...(wishes !== undefined && { wishes }),
});

const SLOW_DISK: DiskTerms = {
  flushMsMin: 0,
  flushMsMax: 1_000,
  visible: 'when-done',
  survivors: 'prefix',
  commitTimeoutMs: 5_000,
};

/** What entries keep to themselves, but for planted bugs. */
interface OpenEntries {
  lease(entry: Entry<StoredPlace>, owner: string, ttlMs: number): unknown;
}

/** Mistakes in the broker's own code. */
export const BUGS_IN_CODE: readonly PlantedBug[] = [
  bug('attempts are not counted', () =>
    patch(
      Entries.prototype as unknown as OpenEntries,
      'lease',
      (lease) =>
        function (this: OpenEntries, entry, owner, ttlMs) {
          const result = lease.call(this, entry, owner, ttlMs);
          entry.attempt = 1;
          return result;
        },
    ),
  ),
  bug('ids are not looked up', () => patch(KnownIds.prototype, 'find', () => () => undefined)),
  bug('ids are forgotten by a restart', () => patch(KnownIds.prototype, 'restore', () => () => {}), { crashes: 3 }),
  bug(
    'what is handed over is not written down before',
    () => patch(MailboxPages.prototype, 'mayBeHanded', () => () => true),
    { crashes: 3, lagMsMax: 0, disk: SLOW_DISK },
  ),
  bug('what is acknowledged is not settled', () => patch(MailboxPages.prototype, 'settle', () => () => {})),
  bug('mailboxes take more than they may', () => patch(Mailbox.prototype, 'admit', () => () => {})),
  bug('a mailbox that is paused goes on', () => patch(Mailbox.prototype, 'pause', () => () => {})),
  bug(
    'a mailbox that is there before a restart is empty after it',
    () => patch(MailboxPages.prototype, 'restore', () => () => {}),
    { crashes: 3 },
  ),
  bug('blocks go when the first of their pages does', () => patch(EventLog.prototype, 'refer', () => () => true)),
  bug('what comes back takes the last place', () =>
    patch(
      Backlog.prototype,
      'next',
      (next) =>
        function (this: Backlog<StoredPlace>) {
          const first = next.call(this);
          const second = first === undefined ? undefined : next.call(this);
          if (first !== undefined && second !== undefined) this.giveBack(first as Entry<StoredPlace>);
          return second ?? first;
        },
    ),
  ),
  bug('whoever has a stale token may use it', () =>
    patch(
      LeaseTable.prototype,
      'settle',
      (settle) =>
        function (this: LeaseTable, claim) {
          return settle.call(this, { ...claim, token: this.current(claim.id)?.token ?? claim.token });
        },
    ),
  ),
  bug('retention is a tenth too short', () =>
    patch(
      LeaseTable.prototype,
      'grant',
      (grant) =>
        function (this: LeaseTable, id, wish) {
          const ttlMs = wish?.ttlMs;
          if (ttlMs === undefined || this.kindOf(id) !== 'retention') return grant.call(this, id, wish);
          const result = grant.call(this, id, { ...wish, ttlMs: Math.ceil(0.9 * ttlMs) });
          return result.ok ? { ...result, remainingMs: ttlMs } : result;
        },
    ),
  ),
  bug('delayed events come at once', () =>
    patch(
      Delayed.prototype,
      'add',
      (add) =>
        function (this: Delayed, publication) {
          add.call(this, { ...publication, options: { ...publication.options, delayMs: 0 } });
        },
    ),
  ),
  bug('delayed events are forgotten by a restart', () => patch(Delayed.prototype, 'restore', () => () => {}), {
    crashes: 3,
  }),
  bug('last values are not kept', () => patch(Retained.prototype, 'keep', () => () => {})),
  bug('dead letters are not written', () => patch(Publish.prototype, 'derive', () => () => {})),
  bug('whoever waits for a flush does not wait', () =>
    patch(Journal.prototype, 'afterFlush', () => (then) => {
      then();
    }),
  ),
  bug('predicates are replaced in the mind only', () =>
    patch(
      Registrations.prototype,
      'replace',
      () =>
        function (this: Registrations, { sinceSeq }) {
          return sinceSeq;
        },
    ),
  ),
  bug('a new predicate holds one event too late', () =>
    patch(
      Registrations.prototype,
      'replace',
      (replace) =>
        function (this: Registrations, registration, when) {
          return replace.call(this, registration, when) - 1;
        },
    ),
  ),
];
