import { acknowledgedPlaces, perhapsAcknowledgedPlaces, placeOf } from '../grants.ts';
import { type Checker, type Fact, type FactOf, factsOf } from '../history.ts';
import { mailboxTruths } from '../mailbox-truth.ts';

/**
 * What was acknowledged to its publisher and wanted by a mailbox was acknowledged by a consumer in turn, or is a dead
 * letter. To be asked when the history is over and everything that could come has come.
 */
export const neverLost: Checker = (history) => {
  const publishes = new Map(factsOf(history, 'publish').map((publish) => [publish.n, publish]));
  const done = new Set([...acknowledgedPlaces(history), ...perhapsAcknowledgedPlaces(history)]);
  for (const { origin } of factsOf(history, 'handed')) if (origin !== undefined) done.add(placeOf(origin));
  const truths = mailboxTruths(history);
  const faults: string[] = [];
  for (const receipt of factsOf(history, 'receipt')) {
    const publish = publishes.get(receipt.n);
    if (publish === undefined || receipt.seq === 0 || publish.ttlMs !== undefined) continue;
    if (!receipt.durable && endedAfter(history, receipt)) continue;
    for (const [mailbox, truth] of truths) {
      const event = { seq: receipt.seq, topic: publish.topic, x: publish.x };
      if (truth.forgets || truth.wants(event) !== 'yes') continue;
      if (done.has(placeOf({ mailbox, seq: receipt.seq })) || purgedSince(history, mailbox, publish)) continue;
      faults.push(`event ${publish.n} (seq ${receipt.seq}) was acknowledged, and ${mailbox} lost it`);
    }
  }
  return [...new Set(faults), ...delayedLost(history, publishes)];
};

/**
 * Delayed events have no seq when they are acknowledged: what counts is that they come at all, where nothing is in doubt.
 * One that was settled unseen, by its notice, may be any.
 */
function delayedLost(history: readonly Fact[], publishes: ReadonlyMap<number, FactOf<'publish'>>): readonly string[] {
  const handed = new Set(factsOf(history, 'handed').map(({ mailbox, n }) => `${mailbox} ${n}`));
  const seen = new Set(factsOf(history, 'handed').map(placeOf));
  const unseen = new Set(factsOf(history, 'noticed').flatMap((to) => (seen.has(placeOf(to)) ? [] : [to.mailbox])));
  const faults: string[] = [];
  for (const receipt of factsOf(history, 'receipt')) {
    const publish = publishes.get(receipt.n);
    if (publish === undefined || !receipt.delayed || publish.ttlMs !== undefined) continue;
    if (!receipt.durable && endedAfter(history, receipt)) continue;
    // It may take its place at any time after it was first sent.
    const sent = history.findIndex((fact) => fact.kind === 'publish' && fact.n === receipt.n);
    for (const [mailbox, truth] of mailboxTruths(history.slice(0, sent))) {
      const event = { seq: Number.MAX_SAFE_INTEGER, topic: publish.topic, x: publish.x };
      if (truth.forgets || truth.wants(event) !== 'yes' || replacedSince(history, mailbox, history[sent] as Fact))
        continue;
      if (handed.has(`${mailbox} ${publish.n}`) || unseen.has(mailbox)) continue;
      if (purgedSince(history, mailbox, publish)) continue;
      faults.push(`event ${publish.n} was acknowledged as delayed, and ${mailbox} never got it`);
    }
  }
  return faults;
}

function endedAfter(history: readonly Fact[], { atMs }: Fact): boolean {
  return history.some((fact) => fact.kind === 'ended' && fact.atMs >= atMs);
}

function purgedSince(history: readonly Fact[], mailbox: string, { atMs }: Fact): boolean {
  return history.some(
    (fact) => (fact.kind === 'purge' || fact.kind === 'remove') && fact.mailbox === mailbox && fact.atMs >= atMs,
  );
}

function replacedSince(history: readonly Fact[], mailbox: string, { atMs }: Fact): boolean {
  return history.some((fact) => fact.kind === 'replace' && fact.mailbox === mailbox && fact.atMs >= atMs);
}
