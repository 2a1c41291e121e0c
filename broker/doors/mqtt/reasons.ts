import type { Code } from '../../protocol/index.ts';

/** Reason codes of MQTT 5, section 2.4. Those from 0x80 on are refusals. */
export const REASON = {
  success: 0x00,
  disconnectWithWill: 0x04,
  noMatchingSubscribers: 0x10,
  noSubscriptionExisted: 0x11,
  unspecified: 0x80,
  malformedPacket: 0x81,
  protocolError: 0x82,
  implementationSpecific: 0x83,
  unsupportedVersion: 0x84,
  clientIdInvalid: 0x85,
  badCredentials: 0x86,
  notAuthorized: 0x87,
  serverUnavailable: 0x88,
  serverBusy: 0x89,
  serverShuttingDown: 0x8b,
  badAuthenticationMethod: 0x8c,
  keepAliveTimeout: 0x8d,
  sessionTakenOver: 0x8e,
  topicFilterInvalid: 0x8f,
  topicNameInvalid: 0x90,
  packetIdInUse: 0x91,
  packetIdNotFound: 0x92,
  topicAliasInvalid: 0x94,
  packetTooLarge: 0x95,
  messageRateTooHigh: 0x96,
  quotaExceeded: 0x97,
  payloadFormatInvalid: 0x99,
} as const;

export type Reason = (typeof REASON)[keyof typeof REASON];

/** What the peer sent cannot be read or must not be sent: the connection ends with this reason. */
export class MqttError extends Error {
  override readonly name = 'MqttError';
  readonly reason: Reason;

  constructor(reason: Reason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/**
 * How a refusal of the broker is called in PUBACK, PUBREC and SUBACK of MQTT 5, each of which knows these; what is none of
 * them is implementation specific.
 */
const REASONS: { readonly [C in Code]?: Reason } = {
  topic_invalid: REASON.topicNameInvalid,
  topic_filter_invalid: REASON.topicFilterInvalid,
  predicate_empty: REASON.topicFilterInvalid,
  predicate_syntax: REASON.topicFilterInvalid,
  predicate_unsupported: REASON.topicFilterInvalid,
  predicate_type: REASON.topicFilterInvalid,
  predicate_number_range: REASON.topicFilterInvalid,
  predicate_too_long: REASON.topicFilterInvalid,
  predicate_too_deep: REASON.topicFilterInvalid,
  predicate_too_many_atoms: REASON.topicFilterInvalid,
  predicate_too_many_literals: REASON.topicFilterInvalid,
  event_too_large: REASON.quotaExceeded,
  attributes_invalid: REASON.quotaExceeded,
  rate_limited: REASON.quotaExceeded,
  session_limit: REASON.quotaExceeded,
  subscription_limit: REASON.quotaExceeded,
  residual_limit: REASON.quotaExceeded,
  lease_limit: REASON.quotaExceeded,
  mailbox_limit: REASON.quotaExceeded,
  mailbox_full: REASON.quotaExceeded,
  store_full: REASON.quotaExceeded,
  store_busy: REASON.quotaExceeded,
  retained_limit: REASON.quotaExceeded,
  delayed_limit: REASON.quotaExceeded,
  internal: REASON.unspecified,
};

export function reasonOf(code: Code): Reason {
  return REASONS[code] ?? REASON.implementationSpecific;
}
