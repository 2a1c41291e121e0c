import type { Config } from '../config/index.ts';
import {
  type AtEnd,
  type ClientControl,
  type ControlOf,
  type Order,
  type Overflow,
  ProtocolError,
} from '../protocol/index.ts';
import { checkRedelivery } from '../subscribe/fitness.ts';

/** What becomes of events that a full mailbox has no room for. */
export type MailboxOverflow = Extract<Overflow, 'reject' | 'drop-oldest' | 'dead-letter'>;

/** What a mailbox is, every default filled in and every bound checked. It stays so; but for its predicate. */
export interface MailboxTerms {
  readonly name: string;
  /** Bounds of what it holds. */
  readonly events: number;
  readonly bytes: number;
  /** Older entries are dropped. */
  readonly ageMs: number;
  /** So long an entry can be replayed after it was settled. */
  readonly keepMs: number;
  readonly overflow: MailboxOverflow;
  readonly atEnd: AtEnd;
  readonly attemptsMax: number;
  /** How long it outlives its last consumer. */
  readonly leaseMs: number;
  /** As in DeliveryTerms. */
  readonly order?: Order | undefined;
  readonly ordered?: boolean | undefined;
}

type Request = ControlOf<ClientControl, 'subscribe'>;

/** Of names that only the broker gives. Such a mailbox has no lease: who asked the broker for it ends it. */
const OWN = '$';

export function isOwnName(name: string): boolean {
  return name.startsWith(OWN);
}

const NAME_CHARACTERS_MAX = 128;
// One level of a topic, so that dead letters have a topic of their own; `$` is for the broker's.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
const NOT_IN_NAMES = /[/+#$\u0000-\u001f\u007f]/;

/** Throws ProtocolError `mailbox_name_invalid`. */
export function checkMailboxName(name: string): void {
  if (name.length > 0 && name.length <= NAME_CHARACTERS_MAX && !NOT_IN_NAMES.test(name)) return;
  throw new ProtocolError(
    'mailbox_name_invalid',
    `a mailbox is named by 1 to ${NAME_CHARACTERS_MAX} characters, none of them / + # $ or control`,
  );
}

/** Throws ProtocolError with a code and the name of the field. */
export function mailboxTerms(name: string, request: Request, config: Config): MailboxTerms {
  const bounded = (field: keyof Request, value: number, max: number): number => {
    if (value <= max) return value;
    throw new ProtocolError('frame_malformed', `subscribe.${field} is ${value}; at most ${max}`);
  };
  const leaseMs = request.leaseMs ?? config.subscriptionLeaseMsDefault;
  if (leaseMs < config.subscriptionLeaseMsMin || leaseMs > config.subscriptionLeaseMsMax) {
    const { subscriptionLeaseMsMin: min, subscriptionLeaseMsMax: max } = config;
    throw new ProtocolError('lease_ttl_range', `subscribe.leaseMs is ${leaseMs}; from ${min} to ${max}`);
  }
  checkRedelivery(request);
  return {
    name,
    events: bounded('queueEvents', request.queueEvents ?? config.mailboxEventsDefault, config.mailboxEventsMax),
    bytes: bounded('queueBytes', request.queueBytes ?? config.mailboxBytesDefault, config.mailboxBytesMax),
    ageMs: bounded('ageMs', request.ageMs ?? config.mailboxAgeMsDefault, config.mailboxAgeMsMax),
    keepMs: bounded('keepMs', request.keepMs ?? 0, config.mailboxAgeMsMax),
    overflow: overflowOf(request.overflow ?? 'reject'),
    atEnd: request.atEnd ?? 'drop',
    attemptsMax: request.attemptsMax ?? config.attemptsMaxDefault,
    leaseMs,
    ...(request.order !== undefined && { order: request.order }),
    ...(request.ordered === true && { ordered: true }),
  };
}

/**
 * Throws ProtocolError `mailbox_differs` where the request says something that a mailbox which exists is not. What it
 * leaves out is as it is.
 */
export function checkAgreement(
  { topic, when, terms }: { readonly topic: string; readonly when?: string | undefined; readonly terms: MailboxTerms },
  request: Request,
): void {
  const differing = [
    differs('topic', request.topic, topic),
    // A filter is named by its topic, so a predicate that is left out beside one is meant to be none.
    request.topic !== undefined && request.when !== when ? `when is ${when ?? 'absent'}` : undefined,
    differs('queueEvents', request.queueEvents, terms.events),
    differs('queueBytes', request.queueBytes, terms.bytes),
    differs('ageMs', request.ageMs, terms.ageMs),
    differs('keepMs', request.keepMs, terms.keepMs),
    differs('overflow', request.overflow, terms.overflow),
    differs('atEnd', request.atEnd, terms.atEnd),
    differs('attemptsMax', request.attemptsMax, terms.attemptsMax),
    differs('leaseMs', request.leaseMs, terms.leaseMs),
    differs('order', request.order, terms.order ?? 'fifo'),
    differs('ordered', request.ordered, terms.ordered ?? false),
  ].filter((difference) => difference !== undefined);
  if (differing.length === 0) return;
  throw new ProtocolError(
    'mailbox_differs',
    `mailbox ${terms.name} exists, and its ${differing.join(', its ')}; leave out what it should not change`,
  );
}

function differs(field: string, asked: unknown, present: unknown): string | undefined {
  return asked === undefined || asked === present ? undefined : `${field} is ${present}`;
}

function overflowOf(overflow: Overflow): MailboxOverflow {
  if (overflow === 'reject' || overflow === 'drop-oldest' || overflow === 'dead-letter') return overflow;
  throw new ProtocolError(
    'subscription_mode',
    `a mailbox that is full can reject, drop-oldest or dead-letter, not ${overflow}`,
  );
}
