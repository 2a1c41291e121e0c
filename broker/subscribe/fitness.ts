import { type ClientControl, type ControlOf, ProtocolError } from '../protocol/index.ts';

type Subscribe = ControlOf<ClientControl, 'subscribe'>;

/**
 * Throws ProtocolError `subscription_mode` where a request says something that is only for a mailbox and names none, or the
 * reverse: an option that is ignored is one that somebody relies on.
 */
export function checkFitness(request: Subscribe): void {
  checkOrder(request);
  if (request.mailbox !== undefined) {
    if (request.retained === undefined) return;
    throw new ProtocolError('subscription_mode', 'subscribe.retained is not for a mailbox; leave it out');
  }
  for (const name of ['from', 'ageMs', 'keepMs', 'atEnd'] as const) {
    if (request[name] === undefined) continue;
    throw new ProtocolError('subscription_mode', `subscribe.${name} is for a mailbox; name one, or leave it out`);
  }
  if (request.overflow === 'reject' || request.overflow === 'dead-letter') {
    throw new ProtocolError('subscription_mode', `only a mailbox can ${request.overflow} what it has no room for`);
  }
}

/** Throws ProtocolError `order_unsupported` where an order is asked for that is not kept so. */
function checkOrder({ mailbox, mode, ack, order, ordered }: Subscribe): void {
  // What makes a mailbox says what its order is, and is looked at there.
  if (mailbox !== undefined) return;
  if (mode === 'pull' || ack === 'explicit') checkRedelivery({ order, ordered });
  else if (ordered === true) {
    throw new ProtocolError('order_unsupported', 'ordered waits for acknowledgements; ask for them with ack: explicit');
  }
}

/** What is acknowledged comes again: throws ProtocolError `order_unsupported` where that would break the order asked for. */
export function checkRedelivery({ order, ordered }: Pick<Subscribe, 'order' | 'ordered'>): void {
  if (ordered === true || order === undefined || order === 'fifo') return;
  throw new ProtocolError(
    'order_unsupported',
    `${order} order does not hold where events come again behind those that followed them, or go to several consumers; say ordered: true`,
  );
}
