import { type ClientControl, type ControlOf, ProtocolError } from '../protocol/index.ts';

/**
 * Throws ProtocolError `subscription_mode` where a request says something that is only for a mailbox and names none, or the
 * reverse: an option that is ignored is one that somebody relies on.
 */
export function checkFitness(request: ControlOf<ClientControl, 'subscribe'>): void {
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
