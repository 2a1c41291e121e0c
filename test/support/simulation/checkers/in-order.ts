import { placeOf } from '../grants.ts';
import { type Checker, type Fact, factsOf } from '../history.ts';

/**
 * One publisher's events reach a mailbox's consumers in the order in which it sent them, counting when each was first handed
 * over or told of. Between two connections the order within one millisecond is not seen.
 */
export const inOrder: Checker = (history) => [...sequencedInOrder(history), ...handedInOrder(history)];

/** What comes on one connection takes its places in the order in which it came. */
function sequencedInOrder(history: readonly Fact[]): readonly string[] {
  const receipts = new Map(factsOf(history, 'receipt').map((one) => [`${one.connection} ${one.ref}`, one]));
  const last = new Map<number, number>();
  const faults: string[] = [];
  for (const { connection, ref, n } of factsOf(history, 'publish')) {
    const receipt = receipts.get(`${connection} ${ref}`);
    if (receipt === undefined || receipt.repeated || receipt.seq === 0) continue;
    if (receipt.seq <= (last.get(connection) ?? 0)) faults.push(`event ${n} was overtaken on its way in`);
    last.set(connection, receipt.seq);
  }
  return faults;
}

interface First {
  readonly seq: number;
  readonly atMs: number;
}

function handedInOrder(history: readonly Fact[]): readonly string[] {
  const publishers = publishersBySeq(history);
  const seen = new Set<string>();
  /** By mailbox and publisher: the highest first one so far, and the highest of any earlier millisecond. */
  const firsts = new Map<string, { now: First; before: number }>();
  const onConnection = new Map<string, number>();
  /** What they dropped without handing it over may come later. */
  const replayed = new Set<string>();
  const faults: string[] = [];
  for (const fact of history) {
    if (fact.kind === 'replay') replayed.add(fact.mailbox);
    if (fact.kind === 'closed' || fact.kind === 'detached') {
      // What it was given last it may not have got any more, and another gets it.
      firsts.clear();
      onConnection.clear();
    }
    if ((fact.kind !== 'handed' && fact.kind !== 'noticed') || fact.mailbox === undefined) continue;
    const publisher = publishers.get(fact.seq);
    if (publisher === undefined || seen.has(placeOf(fact)) || replayed.has(fact.mailbox)) continue;
    seen.add(placeOf(fact));
    // One that was on its way when the process ended was not seen, and comes again.
    if (fact.attempt > (fact.kind === 'handed' && fact.by === 'push' ? 1 : 0)) continue;
    const { seq, atMs, mailbox, connection } = fact;
    const stream = `${mailbox} ${publisher}`;
    const first = firsts.get(stream) ?? { now: { seq: 0, atMs: -1 }, before: 0 };
    if (first.now.atMs < atMs) first.before = Math.max(first.before, first.now.seq);
    const line = `${stream} ${connection}`;
    if (seq < first.before || seq < (onConnection.get(line) ?? 0)) {
      faults.push(`event seq ${seq} of publisher ${publisher} was overtaken in ${mailbox}`);
    }
    first.now = { seq: Math.max(seq, first.now.seq), atMs };
    firsts.set(stream, first);
    onConnection.set(line, seq);
  }
  return faults;
}

function publishersBySeq(history: readonly Fact[]): ReadonlyMap<number, number> {
  const byEvent = new Map(factsOf(history, 'publish').map(({ n, publisher }) => [n, publisher]));
  const bySeq = new Map<number, number>();
  for (const fact of history) {
    if (fact.kind !== 'receipt' && fact.kind !== 'handed') continue;
    const publisher = byEvent.get(fact.n);
    if (publisher !== undefined && (fact.kind === 'receipt' || fact.origin === undefined)) {
      bySeq.set(fact.seq, publisher);
    }
  }
  return bySeq;
}
