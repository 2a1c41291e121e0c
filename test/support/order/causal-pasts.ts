import { type Event, nameOf, type OrderHistory } from './history.ts';

/** By publisher, up to which number of its events is known (a vector clock: Fidge 1988, Mattern 1989). */
export type Clock = ReadonlyMap<string, number>;

/**
 * The causal past of every event, by its name, itself included, out of nothing but what clients wrote down: whatever its
 * publisher had published or been delivered before, and the past of all that. The facts of one client have to be in its order, and a
 * delivery behind its publish.
 */
export function causalPasts(history: OrderHistory): ReadonlyMap<string, Clock> {
  const clients = new Map<string, Map<string, number>>();
  const pasts = new Map<string, Clock>();
  for (const fact of history) {
    if (fact.kind === 'acknowledged' || fact.kind === 'killed') continue;
    const known = clients.get(fact.client) ?? new Map<string, number>();
    clients.set(fact.client, known);
    const { publisher, number } = fact.event;
    if (fact.kind === 'delivered') merge(known, pasts.get(nameOf(fact.event)) ?? new Map([[publisher, number]]));
    else {
      merge(known, new Map([[publisher, number]]));
      pasts.set(nameOf(fact.event), new Map(known));
    }
  }
  return pasts;
}

export function knows(clock: Clock | undefined, { publisher, number }: Event): boolean {
  return (clock?.get(publisher) ?? 0) >= number;
}

function merge(into: Map<string, number>, clock: Clock): void {
  for (const [publisher, number] of clock) if (number > (into.get(publisher) ?? 0)) into.set(publisher, number);
}
