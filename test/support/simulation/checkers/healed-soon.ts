import { acknowledgedPlaces, type Grant, grantOf, grantsByToken, placeOf } from '../grants.ts';
import { type Checker, type Fact, factsOf } from '../history.ts';
import { mailboxTruths } from '../mailbox-truth.ts';

const SOON_MS = 10_000;
/** A delivery that nobody has acknowledged rests so long before the next, by its attempt. */
const BACK_OFF_MS = [1_000, 5_000, 30_000, 120_000];
/** After a restart an event that somebody may have is left to them for so long. */
const RESUME_MS = 5_000;

/**
 * From the moment when nothing goes wrong any more, everything that waits is handed over within ten seconds, or within ten
 * seconds of the end of its lease, its rest, or its own delay.
 */
export const healedSoon: Checker = (history) => {
  const healedMs = history.find(({ kind }) => kind === 'healed')?.atMs;
  const overMs = history.find(({ kind }) => kind === 'over')?.atMs;
  if (healedMs === undefined || overMs === undefined) return [];
  const truths = mailboxTruths(history);
  const publishes = new Map(factsOf(history, 'publish').map((publish) => [publish.n, publish]));
  const acknowledged = acknowledgedPlaces(history.filter(({ atMs }) => atMs < healedMs));
  const dues = dueTimes(history, healedMs);
  const handed = new Map<string, number>();
  for (const fact of factsOf(history, 'handed')) {
    if (fact.atMs >= healedMs && !handed.has(placeOf(fact))) handed.set(placeOf(fact), fact.atMs);
  }
  const faults: string[] = [];
  for (const { n, seq, atMs } of factsOf(history, 'receipt')) {
    const publish = publishes.get(n);
    if (publish === undefined || seq === 0 || atMs >= healedMs || publish.ttlMs !== undefined) continue;
    for (const [mailbox, truth] of truths) {
      if (truth.forgets || truth.wants({ seq, topic: publish.topic, x: publish.x }) !== 'yes') continue;
      const place = placeOf({ mailbox, seq });
      // Whether it is lost is another checker's business.
      const cameMs = handed.get(place);
      if (cameMs === undefined || acknowledged.has(place)) continue;
      const lateMs = cameMs - Math.max(healedMs, dues.get(place) ?? 0);
      if (lateMs > SOON_MS) faults.push(`event ${n} came to ${mailbox} ${lateMs} ms after nothing was in its way`);
    }
  }
  return faults;
};

/** By place: when the last thing ended that kept an event from being handed over, as it stood at `endMs`. */
function dueTimes(history: readonly Fact[], endMs: number): ReadonlyMap<string, number> {
  const grants = grantsByToken(history);
  const dues = new Map<string, number>();
  const held = new Map<string, Grant>();
  for (const fact of history) {
    if (fact.atMs > endMs) break;
    const grant = grantOf(fact);
    if (grant !== undefined) {
      held.set(placeOf(grant), grant);
      dues.set(placeOf(grant), fact.atMs + grant.remainingMs + backOffMs(grant));
    } else if (fact.kind === 'settled') {
      const mine = grants.get(fact.token);
      if (mine === undefined) continue;
      if (fact.settlement === 'release') dues.set(placeOf(mine), fact.atMs + fact.ms);
      if (fact.settlement === 'extend') dues.set(placeOf(mine), fact.atMs + fact.remainingMs + backOffMs(mine));
    } else if (fact.kind === 'started') {
      for (const [place, mine] of held) {
        dues.set(place, Math.max(dues.get(place) ?? 0, fact.atMs + RESUME_MS + backOffMs(mine)));
      }
    }
  }
  return dues;
}

/** A notice that nobody follows is an attempt as well. */
function backOffMs({ attempt, kind }: Grant): number {
  const attempts = kind === 'retention' ? attempt + 1 : attempt;
  return BACK_OFF_MS[Math.min(attempts, BACK_OFF_MS.length) - 1] ?? 0;
}
