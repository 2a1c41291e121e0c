import type { Config } from '../config/index.ts';
import type { DeliveryTerms } from '../delivery/delivery.ts';
import { type ClientControl, type ControlOf, ProtocolError } from '../protocol/index.ts';

type Field = keyof ControlOf<ClientControl, 'subscribe'>;

/** Fills in the defaults and checks the bounds. Throws ProtocolError with a code and the name of the field. */
export function deliveryTerms(request: ControlOf<ClientControl, 'subscribe'>, config: Config): DeliveryTerms {
  const mode = request.mode ?? 'push';
  const ack = request.ack ?? (mode === 'pull' ? 'explicit' : 'none');
  if (mode === 'pull' && ack === 'none') {
    throw new ProtocolError('subscription_mode', 'pull is always with ack: explicit; leave ack out');
  }
  const creditEvents = request.creditEvents ?? config.creditEventsDefault;
  const creditBytes = request.creditBytes ?? config.creditBytesDefault;
  if (creditEvents > config.creditEventsMax || creditBytes > config.creditBytesMax) {
    const { creditEventsMax, creditBytesMax } = config;
    throw new ProtocolError('credit_limit', `at most ${creditEventsMax} events and ${creditBytesMax} bytes of credit`);
  }
  return {
    mode,
    ack,
    // A notification costs no bytes, so any credit in bytes is enough for it.
    credit: { events: creditEvents, bytes: mode === 'pull' ? Math.max(1, creditBytes) : creditBytes },
    queueEvents: within('queueEvents', request.queueEvents ?? config.queueEventsDefault, config.queueEventsMax),
    queueBytes: within('queueBytes', request.queueBytes ?? config.queueBytesDefault, config.queueBytesMax),
    overflow: request.overflow ?? 'drop-oldest',
    deliveryLeaseMs: leaseWithin(
      'deliveryLeaseMs',
      request.deliveryLeaseMs ?? config.deliveryLeaseMsDefault,
      config.deliveryLeaseMsMin,
      config.deliveryLeaseMsMax,
    ),
    retentionMs: leaseWithin(
      'retentionMs',
      request.retentionMs ?? config.retentionMsDefault,
      config.retentionMsMin,
      config.retentionMsMax,
    ),
    attemptsMax: request.attemptsMax ?? config.attemptsMaxDefault,
    order: request.order,
    ordered: request.ordered,
  };
}

function within(name: Field, value: number, max: number): number {
  if (value <= max) return value;
  throw new ProtocolError('frame_malformed', `subscribe.${name} is ${value}; at most ${max}`);
}

function leaseWithin(name: Field, value: number, min: number, max: number): number {
  if (value >= min && value <= max) return value;
  throw new ProtocolError('lease_ttl_range', `subscribe.${name} is ${value}; from ${min} to ${max}`);
}
