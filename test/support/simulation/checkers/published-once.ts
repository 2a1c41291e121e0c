import { type Checker, type Fact, type FactOf, factsOf } from '../history.ts';

const WINDOW_MS = 120_000;

/**
 * What is published again with its id inside the window is one event still, and gets the receipt it got before. What was
 * not stored is not known again after a restart.
 */
export const publishedOnce: Checker = (history) => [...oneReceipt(history), ...onePlace(history)];

function oneReceipt(history: readonly Fact[]): readonly string[] {
  const withId = new Set(factsOf(history, 'publish').flatMap(({ n, id }) => (id === undefined ? [] : [n])));
  const firsts = new Map<number, FactOf<'receipt'>>();
  const faults: string[] = [];
  for (const fact of history) {
    if (fact.kind === 'ended') for (const [n, { durable }] of firsts) if (!durable) firsts.delete(n);
    if (fact.kind !== 'receipt' || !withId.has(fact.n) || fact.delayed) continue;
    const { n, seq, repeated, atMs } = fact;
    const first = firsts.get(n);
    if (first === undefined) firsts.set(n, fact);
    else if (atMs < first.atMs + WINDOW_MS && (!repeated || seq !== first.seq)) {
      faults.push(`event ${n} got seq ${first.seq}, and then ${seq}${repeated ? '' : ' as another event'}`);
    }
  }
  return faults;
}

function onePlace(history: readonly Fact[]): readonly string[] {
  const places = new Map<string, { readonly seq: number; readonly atMs: number }>();
  const faults: string[] = [];
  for (const { mailbox, n, seq, atMs, origin, retained } of factsOf(history, 'handed')) {
    if (mailbox === undefined || retained || origin !== undefined) continue;
    const first = places.get(`${mailbox} ${n}`);
    if (first === undefined) places.set(`${mailbox} ${n}`, { seq, atMs });
    else if (first.seq !== seq && atMs < first.atMs + WINDOW_MS) {
      faults.push(`event ${n} is in ${mailbox} twice, as seq ${first.seq} and ${seq}`);
    }
  }
  return faults;
}
