import { PAGE_MAX, ref } from './control-fields.ts';
import { flag, integer, json, list, object, oneOf, optional, text } from './shape.ts';

/** Control frames of spaces: what is rare. What is frequent is in space-records.ts. */

const space = text(128);
const page = { limit: optional(integer(1, PAGE_MAX)), cursor: optional(integer(0)) };

const spaceStatus = {
  space,
  durable: flag,
  /** Those included that takers and transactions hold. */
  tuples: integer(0),
  bytes: integer(0),
  /** Taken, and neither committed nor given back. */
  taken: integer(0),
  /** Finds that wait. */
  waiting: integer(0),
  /** Since the space was made, of a durable one too since the broker started. */
  outs: integer(0),
  takes: integer(0),
  expired: integer(0),
  limits: object({ tuples: integer(1), bytes: integer(1) }),
};

/** Requests of a client. A template is a JSON value here; see template.ts. */
export const spaceRequests = {
  /** Makes the space if need be. Records mean it, on this connection, by the number in the answer. */
  openSpace: object({
    kind: oneOf(['openSpace']),
    ref,
    space,
    /** Its tuples survive the end of the broker. Absent: as it is; of a new one, false. */
    durable: optional(flag),
    /** Who puts tuples: ids of `out` are known again under this name. */
    source: optional(text(64)),
  }),
  spaces: object({ kind: oneOf(['spaces']), ref, ...page }),
  inspectSpace: object({ kind: oneOf(['inspectSpace']), ref, space }),
  /** Ends the space with its tuples, and the finds that wait. */
  removeSpace: object({ kind: oneOf(['removeSpace']), ref, space }),
  /** How many tuples fit? Counts in parts: where the answer has `next`, ask again with it as `after`, and add. */
  countTuples: object({ kind: oneOf(['countTuples']), ref, space, template: json, after: optional(integer(0)) }),
  /** Why does nothing fit? The tuples that come closest, and what each fails. */
  explainTemplate: object({
    kind: oneOf(['explainTemplate']),
    ref,
    space,
    template: json,
    limit: optional(integer(1, 20)),
  }),
} as const;

/** Answers of the broker. */
export const spaceAnswers = {
  spaceOpened: object({
    kind: oneOf(['spaceOpened']),
    ref,
    space,
    /** What records call it, until the connection ends. */
    number: integer(1),
    /** By this request. */
    created: flag,
    durable: flag,
    tuples: integer(0),
  }),
  spacesListed: object({
    kind: oneOf(['spacesListed']),
    ref,
    spaces: list(object(spaceStatus), 100),
    next: optional(integer(0)),
  }),
  spaceInspected: object({ kind: oneOf(['spaceInspected']), ref, ...spaceStatus }),
  spaceRemoved: object({ kind: oneOf(['spaceRemoved']), ref, tuples: integer(0) }),
  tuplesCounted: object({ kind: oneOf(['tuplesCounted']), ref, count: integer(0), next: optional(integer(1)) }),
  templateExplained: object({
    kind: oneOf(['templateExplained']),
    ref,
    /** Tuples that were looked at. */
    looked: integer(0),
    /** Of those, how many fit, though somebody else has them. */
    held: integer(0),
    nearest: list(object({ tuple: integer(1), tupleText: text(8_192), text: text(100_000) }), 20),
  }),
} as const;
