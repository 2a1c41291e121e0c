import { type Clock, causalPasts, knows } from './causal-pasts.ts';
import type { Event, OrderChecker, OrderFact, OrderHistory, Receiver } from './history.ts';
import { nameOf } from './history.ts';

/** By receiver, what it was delivered the first time, in order. What comes again is not looked at. */
function firstDeliveries(history: OrderHistory): ReadonlyMap<Receiver, readonly Event[]> {
  const byName = new Map<string, { receiver: Receiver; seen: Set<string>; events: Event[] }>();
  for (const fact of history) {
    if (fact.kind !== 'delivered') continue;
    const { receiver, event } = fact;
    const known = byName.get(receiver.name) ?? { receiver, seen: new Set<string>(), events: [] };
    byName.set(receiver.name, known);
    if (known.seen.has(nameOf(event))) continue;
    known.seen.add(nameOf(event));
    known.events.push(event);
  }
  return new Map([...byName.values()].map(({ receiver, events }) => [receiver, events]));
}

/** Of each publisher, numbers rise at every receiver. */
export const fifo: OrderChecker = (history) => {
  const faults: string[] = [];
  for (const [{ name }, events] of firstDeliveries(history)) {
    const last = new Map<string, number>();
    for (const event of events) {
      const before = last.get(event.publisher) ?? 0;
      if (event.number < before) faults.push(`${name}: ${nameOf(event)} came after its publisher's ${before}`);
      last.set(event.publisher, Math.max(before, event.number));
    }
  }
  return faults;
};

/** Nothing comes to a receiver of causal order after something that was published because of it. */
export const causal: OrderChecker = (history) => {
  const pasts = causalPasts(history);
  const faults: string[] = [];
  for (const [{ name, order }, events] of firstDeliveries(history)) {
    if (order !== 'causal') continue;
    /** By publisher, up to which number everything is in the past of something that was delivered; and of what. */
    const known = new Map<string, { readonly number: number; readonly by: Event }>();
    for (const event of events) {
      const because = known.get(event.publisher);
      if (because !== undefined && event.number <= because.number) {
        faults.push(`${name}: ${nameOf(event)} came after ${nameOf(because.by)}, which was published because of it`);
      }
      for (const [publisher, number] of pasts.get(nameOf(event)) ?? []) {
        if (number > (known.get(publisher)?.number ?? 0)) known.set(publisher, { number, by: event });
      }
    }
  }
  return faults;
};

/**
 * The receivers of total order agree: there is one order of all events in which each of them got what it got. There is none
 * exactly if their orders together go in a circle.
 */
export const total: OrderChecker = (history) => {
  const next = new Map<string, Set<string>>();
  const before = new Map<string, number>();
  for (const [{ order }, events] of firstDeliveries(history)) {
    if (order !== 'total') continue;
    events.forEach((event, i) => {
      const name = nameOf(event);
      if (!before.has(name)) before.set(name, 0);
      const follows = events[i + 1];
      if (follows === undefined) return;
      const those = next.get(name) ?? new Set();
      next.set(name, those);
      if (those.has(nameOf(follows))) return;
      those.add(nameOf(follows));
      before.set(nameOf(follows), (before.get(nameOf(follows)) ?? 0) + 1);
    });
  }
  // Takes away, again and again, what nothing is before (Kahn): what is left is in a circle, or behind one.
  const free = [...before].filter(([, count]) => count === 0).map(([name]) => name);
  for (let name = free.pop(); name !== undefined; name = free.pop()) {
    before.delete(name);
    for (const follows of next.get(name) ?? []) {
      const left = (before.get(follows) ?? 0) - 1;
      before.set(follows, left);
      if (left === 0) free.push(follows);
    }
  }
  return before.size === 0 ? [] : [`no one order has what all saw: ${[...before.keys()].slice(0, 8).join(', ')}`];
};

/** A receiver that is ordered is given nothing, also not again, while something is not acknowledged that goes before it. */
export const settledFirst: OrderChecker = (history) => {
  const pasts = causalPasts(history);
  const unsettled = new Map<string, Map<string, Event>>();
  const faults: string[] = [];
  for (const fact of history) {
    if (fact.kind === 'killed') unsettled.clear();
    if (fact.kind === 'killed' || fact.kind === 'published' || !fact.receiver.ordered) continue;
    if (fact.kind === 'delivered' && fact.late === true) continue;
    const { receiver, event } = fact;
    const mine = unsettled.get(receiver.name) ?? new Map<string, Event>();
    unsettled.set(receiver.name, mine);
    if (fact.kind === 'acknowledged') {
      mine.delete(nameOf(event));
      continue;
    }
    for (const earlier of mine.values()) {
      if (nameOf(earlier) === nameOf(event) || !goesBefore(receiver, earlier, event, pasts)) continue;
      faults.push(`${receiver.name}: ${nameOf(event)} came while ${nameOf(earlier)} was not settled`);
    }
    mine.set(nameOf(event), event);
  }
  return faults;
};

/** An event that waits for nobody's acknowledgement any more does not come again. */
export const notAfterFollowers: OrderChecker = (history) => {
  const done = new Map<string, Map<string, number>>();
  const faults: string[] = [];
  for (const fact of history) {
    if (fact.kind === 'killed') done.clear();
    if (fact.kind === 'killed' || fact.kind === 'published' || !fact.receiver.ordered) continue;
    if (fact.kind === 'delivered' && fact.late === true) continue;
    const { receiver, event, kind } = fact;
    const last = done.get(receiver.name) ?? new Map<string, number>();
    done.set(receiver.name, last);
    const followed = last.get(event.publisher) ?? 0;
    if (kind === 'delivered') last.set(event.publisher, Math.max(followed, event.number));
    if (kind === 'delivered' && event.number < followed) {
      faults.push(`${receiver.name}: ${nameOf(event)} came, though ${event.publisher}#${followed} had come`);
    }
  }
  return faults;
};

function goesBefore({ order }: Receiver, earlier: Event, later: Event, pasts: ReadonlyMap<string, Clock>): boolean {
  if (order === 'total') return true;
  if (earlier.publisher === later.publisher) return true;
  return order === 'causal' && knows(pasts.get(nameOf(later)), earlier);
}

/** Every checker of an order, by its name. */
export const ORDER_CHECKERS = { fifo, causal, total, settledFirst, notAfterFollowers } as const satisfies {
  readonly [name: string]: OrderChecker;
};

/** The faults that all find, each with the name of its checker. */
export function orderFaults(history: readonly OrderFact[]): readonly string[] {
  return Object.entries(ORDER_CHECKERS).flatMap(([name, check]) => check(history).map((fault) => `${name}: ${fault}`));
}
