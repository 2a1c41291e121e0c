/**
 * Every code a refusal can carry, for ever. The words of a message may change; a code's meaning may not.
 * `retry` says whether the same request, sent again later and unchanged, may succeed.
 */
export const CODES = {
  frame_malformed: { retry: false, meaning: 'A frame could not be read; the message says which field, or which byte.' },
  frame_too_large: { retry: false, meaning: 'A frame is longer than the broker accepts.' },
  frame_unknown: { retry: false, meaning: 'A frame or record of a kind this broker does not know.' },
  frame_unexpected: { retry: false, meaning: 'A known frame at the wrong moment, as anything before hello.' },
  protocol_unsupported: { retry: false, meaning: 'The broker speaks none of the offered subprotocols.' },
  session_limit: { retry: true, meaning: 'The broker holds as many sessions as it may.' },
  session_taken_over: { retry: false, meaning: 'The session was resumed on another connection; this one ends.' },

  topic_invalid: { retry: false, meaning: 'A topic to publish to breaks a rule of topics.' },
  topic_alias_invalid: { retry: false, meaning: 'A topic alias that was not defined, or is over the limit.' },
  event_too_large: { retry: false, meaning: 'The event is larger than the broker accepts.' },
  attributes_invalid: { retry: false, meaning: 'Too many attributes, a name twice, or a value that is no scalar.' },
  order_held: {
    retry: true,
    meaning: 'An earlier event of its publisher was refused for now; this one comes after it.',
  },
  rate_limited: { retry: true, meaning: 'This connection asks for more than it may at once.' },

  topic_filter_invalid: { retry: false, meaning: 'A topic filter breaks a rule of topic filters.' },
  predicate_empty: { retry: false, meaning: 'The predicate has no text.' },
  predicate_syntax: { retry: false, meaning: 'The predicate is not a sentence of the language.' },
  predicate_unsupported: { retry: false, meaning: 'The predicate uses something the language leaves out.' },
  predicate_type: { retry: false, meaning: 'A value stands where a condition is wanted, or the reverse.' },
  predicate_number_range: { retry: false, meaning: 'A number is outside the double range.' },
  predicate_too_long: {
    retry: false,
    meaning: 'The predicate has too many characters, or a part of a LIKE pattern with `_` over 64 of them.',
  },
  predicate_too_deep: { retry: false, meaning: 'The predicate is nested too deeply.' },
  predicate_too_many_atoms: { retry: false, meaning: 'The predicate has too many atoms.' },
  predicate_too_many_literals: { retry: false, meaning: 'An IN list has too many literals.' },
  subscription_unknown: { retry: false, meaning: 'No such subscription, or it is not this session’s.' },
  subscription_limit: { retry: true, meaning: 'The session or the broker holds as many subscriptions as it may.' },
  subscription_mode: { retry: false, meaning: 'The request does not fit the subscription’s delivery mode.' },
  residual_limit: {
    retry: true,
    meaning: 'As many filters as may be are tested on every event, or every event of the topic filter; see `cost`.',
  },
  order_unsupported: {
    retry: false,
    meaning: 'The order asked for cannot be kept by a subscription like this one.',
  },
  credit_limit: { retry: false, meaning: 'More credit than a subscription may have.' },

  event_gone: {
    retry: false,
    meaning: 'The event was there and is not any more: its retention ended, or it is settled.',
  },
  event_unknown: { retry: false, meaning: 'The broker has no such event for this subscription.' },
  event_leased: { retry: true, meaning: 'The event is fetched already and its lease runs.' },
  lease_expired: { retry: false, meaning: 'The lease ended by time.' },
  lease_superseded: { retry: false, meaning: 'The resource was granted again; this token is stale.' },
  lease_settled: { retry: false, meaning: 'The lease was acknowledged, released or closed before.' },
  lease_unknown: { retry: false, meaning: 'No such lease, or it ended so long ago that nobody remembers how.' },
  lease_not_owner: { retry: false, meaning: 'The lease belongs to somebody else.' },
  lease_ttl_range: { retry: false, meaning: 'The asked time is outside the range of this kind of lease.' },
  lease_max_total: { retry: false, meaning: 'The lease would last longer in total than its kind may.' },
  lease_limit: { retry: true, meaning: 'The session or the broker holds as many leases as it may.' },

  store_full: {
    retry: true,
    meaning: 'The disk has too little room left for what a mailbox would keep; consuming and acknowledging go on.',
  },
  store_busy: { retry: true, meaning: 'As many bytes wait to be written to disk as may.' },
  not_durable: { retry: false, meaning: 'Durability was asked for, and this broker keeps everything in memory.' },
  no_match: { retry: true, meaning: 'Nobody wants the event, and the publisher said that somebody must.' },
  retained_limit: { retry: true, meaning: 'The broker keeps last values for as many topics, or bytes, as it may.' },
  delayed_limit: { retry: true, meaning: 'As many events wait for their time as may.' },

  mailbox_unknown: { retry: false, meaning: 'No mailbox of this name.' },
  mailbox_differs: {
    retry: false,
    meaning: 'The mailbox exists, and is not as the request says; leave out what need not be changed.',
  },
  mailbox_full: { retry: true, meaning: 'A mailbox that wants the event is full, and its policy is to reject.' },
  mailbox_limit: { retry: true, meaning: 'The broker holds as many mailboxes as it may.' },
  mailbox_name_invalid: {
    retry: false,
    meaning: 'A mailbox name breaks a rule: 1 to 128 characters, none of / + # $ or control.',
  },
  mailbox_busy: { retry: true, meaning: 'The mailbox is being filled or emptied by an earlier request.' },

  no_responders: { retry: true, meaning: 'Nobody serves such requests; nothing was done.' },
  servers_busy: {
    retry: true,
    meaning: 'All who serve such requests have as many as they take, and as many wait as may; nothing was done.',
  },
  server_lost: {
    retry: true,
    meaning: 'The server was lost before it answered; it may have done what was asked, or not.',
  },
  deadline_exceeded: {
    retry: true,
    meaning: 'No reply came in the time that the asker gave; it may have been done, or not.',
  },
  request_limit: { retry: true, meaning: 'The connection or the broker has as many requests under way as it may.' },
  request_differs: { retry: false, meaning: 'Another request was sent with this source and id.' },
  reply_streamed: { retry: false, meaning: 'The server replies in parts, and the request takes one reply only.' },
  reply_too_large: { retry: false, meaning: 'The server’s reply is larger than the broker accepts; it was done.' },
  reply_overrun: { retry: false, meaning: 'The server sent more parts than were wanted.' },
  server_unknown: { retry: false, meaning: 'This connection has no such server.' },
  space_unknown: {
    retry: false,
    meaning: 'No space of this name; or no such number, or not opened by this connection.',
  },
  space_differs: { retry: false, meaning: 'The space exists, and is not as the request says.' },
  space_limit: { retry: true, meaning: 'The broker holds as many spaces as it may.' },
  space_name_invalid: {
    retry: false,
    meaning: 'A space name breaks a rule: 1 to 128 characters, none of / + # $ or control.',
  },
  space_full: { retry: true, meaning: 'The space holds as many tuples, or as many bytes, as it may.' },
  tuple_invalid: { retry: false, meaning: 'A tuple is no JSON array or object, or nested too deeply.' },
  tuple_gone: { retry: false, meaning: 'The tuple is taken or ended, or was never there.' },
  template_invalid: { retry: false, meaning: 'A template is not as templates are; the message says where.' },
  waiter_limit: { retry: true, meaning: 'The connection or the broker has as many waiting finds as it may.' },
  transaction_unknown: {
    retry: false,
    meaning: 'No such transaction, or it is not this session’s, or it has ended.',
  },

  broker_draining: { retry: true, meaning: 'The broker is shutting down.' },
  slow_consumer: { retry: true, meaning: 'The connection did not read for too long, or by its own policy.' },
  internal: { retry: true, meaning: 'A fault of the broker. It is logged there.' },
} as const satisfies Record<string, { readonly retry: boolean; readonly meaning: string }>;

export type Code = keyof typeof CODES;

export function isCode(text: string): text is Code {
  return Object.hasOwn(CODES, text);
}

/** What the other side sent is refused. `offset` points into the refused text or frame, where there is one. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: Code;
  readonly offset: number | undefined;

  constructor(code: Code, message: string, offset?: number) {
    super(message);
    this.code = code;
    this.offset = offset;
  }
}

/** WebSocket close codes in the private range (RFC 6455 §7.4.2), each with what a client should do. */
export const CLOSE = {
  /** The broker is going away; reconnect, elsewhere or later. */
  goingAway: 1001,
  /** What was sent cannot be read; reconnecting with the same software will not help. */
  malformed: 4400,
  /** No hello in time. */
  helloTimeout: 4408,
  /** The session is now used by another connection; do not reconnect. */
  takenOver: 4409,
  /** Too slow to read; reconnect and expect a gap. */
  slowConsumer: 4429,
  /** The broker holds as many connections or sessions as it may; reconnect later. */
  full: 4503,
} as const;
