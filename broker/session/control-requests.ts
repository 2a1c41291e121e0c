import type { MailboxAnswers } from '../mailboxes/mailbox-answers.ts';
import type { Mailboxes } from '../mailboxes/mailboxes.ts';
import { type BrokerControl, type ClientControl, type ControlOf, ProtocolError } from '../protocol/index.ts';
import { checkFitness } from '../subscribe/fitness.ts';
import type { Subscription } from '../subscribe/subscription.ts';
import type { Subscriptions } from '../subscribe/subscriptions.ts';
import type { Outbound } from './outbound.ts';
import type { Question } from './questions.ts';
import type { ServerRequest } from './server-requests.ts';
import type { Session } from './session.ts';
import type { SpaceRequest } from './space-control-requests.ts';

export interface ControlMeans {
  readonly subscriptions: Subscriptions;
  readonly mailboxes: Mailboxes;
  readonly mailboxAnswers: MailboxAnswers;
  /** Puts dead letters back; `done` is told how many, and how many are left. Throws ProtocolError. */
  readonly redrive: (
    wish: { readonly from: string | undefined; readonly limit: number },
    done: (result: { readonly entries: number; readonly left: number }) => void,
  ) => void;
  /** Offers the last values of the topics that a new subscription matches. */
  readonly offerRetained: (subscription: Subscription, isThere: () => boolean) => void;
  /** Calls `then` when what was changed by now is on disk. */
  readonly afterFlush: (then: () => void) => void;
  readonly subscriptionsPerSessionMax: number;
  /** While true nothing new begins. */
  readonly draining: () => boolean;
}

/** What a session asks of its subscriptions, and of mailboxes. What concerns the connection itself, link.ts does; the rest, questions.ts. */
type Request = Exclude<ClientControl, { readonly kind: 'hello' | 'goodbye' } | Question | ServerRequest | SpaceRequest>;
type Handler<K extends Request['kind']> = (
  session: Session,
  request: ControlOf<Request, K>,
  means: ControlMeans,
) => Answer;

type Answer =
  | {
      /** A function: made when it is sent. */
      readonly frame: BrokerControl | (() => BrokerControl);
      /** What the answer says must be on disk before. */
      readonly durable?: boolean;
      /** What follows once the answer is on its way. */
      readonly after?: (outbound: Outbound) => void;
    }
  /** It takes longer: calls `done` with the answer. */
  | { readonly later: (done: (frame: BrokerControl) => void) => void };

/** One handler a kind: what it does, and its answer. A throw is a refusal. */
const handlers: { readonly [K in Request['kind']]: Handler<K> } = {
  subscribe(session, request, means) {
    if (means.draining()) throw new ProtocolError('broker_draining', 'the broker is shutting down');
    const { subscriptionsPerSessionMax } = means;
    if (session.subscriptions.size >= subscriptionsPerSessionMax) {
      throw new ProtocolError(
        'subscription_limit',
        `a session has at most ${subscriptionsPerSessionMax} subscriptions`,
      );
    }
    return request.mailbox === undefined ? subscribe(session, request, means) : consume(session, request, means);
  },

  replace(session, { ref, subscription: id, when }) {
    const subscription = owned(session, id);
    const seq = subscription.keeper.replace(subscription, when);
    const frame = { kind: 'replaced', ref, subscription: id, seq, cost: subscription.registration.cost } as const;
    return { frame, durable: subscription.keeper.isDurable };
  },

  unsubscribe(session, { ref, subscription: id }) {
    const subscription = owned(session, id);
    session.subscriptions.delete(id);
    return { frame: { kind: 'unsubscribed', ref, subscription: id, seq: subscription.keeper.remove(subscription) } };
  },

  renew(session, { ref, subscription: id, leaseMs }) {
    const subscription = owned(session, id);
    const { id: lease, token, remainingMs } = subscription.keeper.renew(subscription, leaseMs);
    const frame = { kind: 'renewed', ref, lease: { id: lease, token, remainingMs } } as const;
    return { frame, durable: subscription.keeper.isDurable };
  },

  inspect: (_session, { ref, mailbox }, { mailboxAnswers }) => ({
    frame: { ...mailboxAnswers.inspect(mailbox), kind: 'inspected', ref },
  }),

  pause(_session, { ref, mailbox, paused }, { mailboxes }) {
    mailboxes.pause(mailbox, paused);
    return { frame: { kind: 'paused', ref, paused }, durable: true };
  },

  purge: (_session, { ref, mailbox }, { mailboxes }) => ({
    later: (done) => mailboxes.purge(mailbox, (entries) => done({ kind: 'purged', ref, entries })),
  }),

  remove(_session, { ref, mailbox }, { mailboxes }) {
    return { frame: { kind: 'removed', ref, entries: mailboxes.end(mailbox) }, durable: true };
  },

  replay: (_session, { ref, mailbox, from }, { mailboxes }) => ({
    later: (done) => mailboxes.replay(mailbox, from, (entries) => done({ kind: 'replayed', ref, entries })),
  }),

  redrive: (_session, { ref, mailbox, limit = Number.MAX_SAFE_INTEGER }, { redrive }) => ({
    later: (done) => redrive({ from: mailbox, limit }, (result) => done({ kind: 'redriven', ref, ...result })),
  }),

  ping: (_session, { ref }) => ({ frame: { kind: 'pong', ref } }),
};

/** Does what is asked, and sends the answer. Throws ProtocolError or FilterError where it is refused. */
export function handleControl(session: Session, outbound: Outbound, request: Request, means: ControlMeans): void {
  const handler = handlers[request.kind] as Handler<Request['kind']>;
  const answer = handler(session, request, means);
  if ('later' in answer) {
    answer.later((frame) => outbound.control(frame));
    return;
  }
  const send = (): void => {
    outbound.control(typeof answer.frame === 'function' ? answer.frame() : answer.frame);
    answer.after?.(outbound);
  };
  if (answer.durable === true) means.afterFlush(send);
  else send();
}

type Subscribe = ControlOf<Request, 'subscribe'>;

function subscribe(session: Session, request: Subscribe, { subscriptions, offerRetained }: ControlMeans): Answer {
  checkFitness(request);
  const subscription = subscriptions.add(session.id, request);
  session.subscriptions.set(subscription.id, subscription);
  const isThere = (): boolean => session.subscriptions.get(subscription.id) === subscription;
  return {
    frame: subscribed(request, subscription),
    // Attached only now, so that the subscriber knows of the subscription before its first event arrives.
    after(outbound) {
      subscription.delivery.attach(outbound);
      if (request.retained !== 'skip') offerRetained(subscription, isThere);
    },
  };
}

function consume(session: Session, request: Subscribe, { mailboxes }: ControlMeans): Answer {
  checkFitness(request);
  const name = request.mailbox as string;
  const { subscription, created } = mailboxes.attach(session.id, name, request);
  session.subscriptions.set(subscription.id, subscription);
  const { topic, when } = subscription.registration.filters.present;
  const entries = mailboxes.get(name).mailbox.length;
  const frame = {
    ...subscribed(request, subscription),
    mailbox: { name, created, entries, topic, ...(when !== undefined && { when }) },
  };
  const isThere = (): boolean => session.subscriptions.get(subscription.id) === subscription;
  return {
    // The mailbox may have been removed while the answer waited; then the consumer is not to wait for its events.
    frame: () =>
      isThere()
        ? frame
        : { kind: 'refused', ref: request.ref, code: 'mailbox_unknown', message: `mailbox ${name} was just removed` },
    // Also where it was there: it may have been made a moment ago, and gone with a crash.
    durable: true,
    after(outbound) {
      // Its connection may have ended while the answer waited.
      if (isThere()) subscription.delivery.attach(outbound);
    },
  };
}

function subscribed({ ref }: Subscribe, subscription: Subscription) {
  const { id, registration, terms, keeper } = subscription;
  const leaseMs = keeper.leaseMs(subscription);
  return {
    kind: 'subscribed',
    ref,
    subscription: id,
    seq: registration.sinceSeq,
    cost: registration.cost,
    creditEvents: terms.credit.events,
    creditBytes: terms.credit.bytes,
    ...(leaseMs !== undefined && { leaseMs }),
    ...(terms.ack === 'explicit' && { deliveryLeaseMs: terms.deliveryLeaseMs }),
  } as const;
}

function owned(session: Session, id: number): Subscription {
  const subscription = session.subscriptions.get(id);
  if (subscription === undefined)
    throw new ProtocolError('subscription_unknown', `this session has no subscription ${id}`);
  return subscription;
}
