import { type BrokerControl, type ClientControl, type ControlOf, ProtocolError } from '../protocol/index.ts';
import type { Subscription } from '../subscribe/subscription.ts';
import type { Subscriptions } from '../subscribe/subscriptions.ts';
import type { Outbound } from './outbound.ts';
import type { Question } from './questions.ts';
import type { Session } from './session.ts';

export interface ControlMeans {
  readonly subscriptions: Subscriptions;
  readonly subscriptionsPerSessionMax: number;
  /** While true nothing new begins. */
  readonly draining: () => boolean;
}

/** What a session asks of its subscriptions. What concerns the connection itself, link.ts does; the rest, questions.ts. */
type Request = Exclude<ClientControl, { readonly kind: 'hello' | 'goodbye' } | Question>;
type Handler<K extends Request['kind']> = (
  session: Session,
  request: ControlOf<Request, K>,
  means: ControlMeans,
) => Answer;

interface Answer {
  readonly frame: BrokerControl;
  /** What follows once the answer is on its way. */
  readonly after?: (outbound: Outbound) => void;
}

/** One handler a kind: what it does, and its answer. A throw is a refusal. */
const handlers: { readonly [K in Request['kind']]: Handler<K> } = {
  subscribe(session, request, { subscriptions, subscriptionsPerSessionMax, draining }) {
    if (draining()) throw new ProtocolError('broker_draining', 'the broker is shutting down');
    if (session.subscriptions.size >= subscriptionsPerSessionMax) {
      throw new ProtocolError(
        'subscription_limit',
        `a session has at most ${subscriptionsPerSessionMax} subscriptions`,
      );
    }
    const subscription = subscriptions.add(session.id, request);
    session.subscriptions.set(subscription.id, subscription);
    const { credit, ack, deliveryLeaseMs } = subscription.terms;
    const frame = {
      kind: 'subscribed',
      ref: request.ref,
      subscription: subscription.id,
      seq: subscription.sinceSeq,
      cost: subscription.cost,
      creditEvents: credit.events,
      creditBytes: credit.bytes,
      ...(subscription.leaseId !== undefined && { leaseMs: subscriptions.leaseMs(subscription) }),
      ...(ack === 'explicit' && { deliveryLeaseMs }),
    } as const;
    // Attached only now, so that the subscriber knows of the subscription before its first event arrives.
    return { frame, after: (outbound) => subscription.delivery.attach(outbound) };
  },

  replace(session, { ref, subscription: id, when }) {
    const subscription = owned(session, id);
    const seq = subscription.keeper.replace(subscription, when);
    return { frame: { kind: 'replaced', ref, subscription: id, seq, cost: subscription.registration.cost } };
  },

  unsubscribe(session, { ref, subscription: id }) {
    const subscription = owned(session, id);
    session.subscriptions.delete(id);
    return { frame: { kind: 'unsubscribed', ref, subscription: id, seq: subscription.keeper.remove(subscription) } };
  },

  renew(session, { ref, subscription: id, leaseMs }) {
    const subscription = owned(session, id);
    const { id: lease, token, remainingMs } = subscription.keeper.renew(subscription, leaseMs);
    return { frame: { kind: 'renewed', ref, lease: { id: lease, token, remainingMs } } };
  },

  ping: (_session, { ref }) => ({ frame: { kind: 'pong', ref } }),
};

/** Does what is asked, and sends the answer. Throws ProtocolError or FilterError where it is refused. */
export function handleControl(session: Session, outbound: Outbound, request: Request, means: ControlMeans): void {
  const handler = handlers[request.kind] as Handler<Request['kind']>;
  const { frame, after } = handler(session, request, means);
  outbound.control(frame);
  after?.(outbound);
}

function owned(session: Session, id: number): Subscription {
  const subscription = session.subscriptions.get(id);
  if (subscription === undefined)
    throw new ProtocolError('subscription_unknown', `this session has no subscription ${id}`);
  return subscription;
}
