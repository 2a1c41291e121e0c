import { COSTS, ref } from './control-fields.ts';
import { integer, object, oneOf, optional, text } from './shape.ts';

/** Control frames of request/reply: what is rare. What is frequent is in request-records.ts. */

const server = integer(0, 0x7fff_ffff);
const cost = oneOf(COSTS);

/** At most so many requests are handed to one server at a time, if it does not say less. */
export const CONCURRENCY_MAX = 4_096;

/** Requests of a client. */
export const requestRequests = {
  /** From the answer on, requests that the filter matches may be handed to this connection. Ends with the connection. */
  serve: object({
    kind: oneOf(['serve']),
    ref,
    topic: text(512),
    when: optional(text(65_536)),
    /** Who asks many is answered by one server of each group. Absent: the topic filter. */
    group: optional(text(128)),
    /** Requests at a time. Absent: as the broker is configured. */
    concurrency: optional(integer(1, CONCURRENCY_MAX)),
  }),
  /** Is handed nothing more. What it has, it may answer. */
  unserve: object({ kind: oneOf(['unserve']), ref, server }),
} as const;

/** Answers of the broker. */
export const requestAnswers = {
  serving: object({ kind: oneOf(['serving']), ref, server, group: text(512), concurrency: integer(1), cost }),
  unserved: object({ kind: oneOf(['unserved']), ref, server }),
} as const;
