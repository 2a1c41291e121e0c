import type { z } from '../../../kernel/schema.ts';
import { ProtocolError, type Settlement } from '../../../protocol/index.ts';
import { type SettlingMeans, settle } from '../../../session/settling.ts';
import type { HttpSubscriptions } from '../http-subscriptions.ts';
import { HttpProblem } from '../problem.ts';
import { type Route, route } from '../route.ts';
import { lease, NO_QUERY, settleWish } from '../schemas.ts';

export interface LeaseRoutesMeans extends SettlingMeans {
  readonly subscriptions: HttpSubscriptions;
}

const SUMMARIES: Readonly<Record<Settlement, string>> = {
  ack: 'The event is dealt with, and not given again.',
  release: 'The event is given back, to be given again.',
  extend: 'The lease gets a new end.',
};

export function leaseRoutes(means: LeaseRoutesMeans): readonly Route[] {
  const settlements = Object.keys(SUMMARIES) as Settlement[];
  return settlements.map((settlement) =>
    route<unknown, z.infer<typeof settleWish>>({
      method: 'POST',
      path: `/v1/leases/{id}:${settlement}`,
      tag: 'leases',
      summary: SUMMARIES[settlement],
      query: NO_QUERY,
      body: { schema: settleWish, types: ['application/json'] },
      answers:
        settlement === 'extend'
          ? { 200: { meaning: 'The lease, with its new time.', schema: lease } }
          : { 204: { meaning: 'Done. What came of it is on its way to disk, if the event is stored.' } },
      handle(call) {
        const id = Number(call.params['id']);
        const { token, delayMs = 0, leaseMs } = call.body;
        if (!Number.isSafeInteger(id)) throw new ProtocolError('lease_unknown', 'the id of a lease is a number');
        if (settlement === 'extend' && leaseMs === undefined) {
          throw new HttpProblem('request_malformed', 'body.leaseMs: the new time is missing');
        }
        const held = means.subscriptions.ownerOf(id);
        // Of a lease of another door nobody here is the owner.
        const principal = held?.session.id ?? '';
        const ms = settlement === 'extend' ? (leaseMs ?? 0) : delayMs;
        const { remainingMs } = settle({ settlement, ms, id, token, principal }, means);
        if (held !== undefined) means.subscriptions.touch(held);
        if (settlement === 'extend') call.json(200, { id, token, remainingMs });
        else call.send({ status: 204, headers: {}, body: '' });
      },
    }),
  );
}
