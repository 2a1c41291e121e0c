/**
 * The wire contract between broker and client, version 1. PROTOCOL.md beside this file is the prose. Nothing here
 * needs Node: the browser client is built from it.
 */

/** The WebSocket subprotocol. Another version is another name. */
export const SUBPROTOCOL = 'tellwhen.1';
/** Spells TELL on a telephone. */
export const DEFAULT_PORT = 8355;

export * from './body.ts';
export * from './broker-records.ts';
export { ByteReader, ByteWriter } from './bytes.ts';
export * from './client-records.ts';
export * from './codes.ts';
export * from './control.ts';
export {
  ACKS,
  type Ack,
  AT_ENDS,
  type AtEnd,
  COSTS,
  type From,
  MODES,
  type Mode,
  OVERFLOWS,
  type Overflow,
  PAGE_MAX,
  RETAINEDS,
  type Retained,
} from './control-fields.ts';
export type { LeaseGrant } from './lease-grant.ts';
export { ENTRY_STATES } from './mailbox-controls.ts';
export * from './order.ts';
export { FATES, type Fate } from './question-controls.ts';
export { CONCURRENCY_MAX } from './request-controls.ts';
export {
  type Call,
  encodeReply,
  type OverReason,
  type RepliesOverReason,
  type Reply,
  type ReplyError,
  type ReplyHandler,
  type ReplyKind,
  type RequestHandler,
  type RequestWish,
  writeReplyRecord,
  writeRequestRecord,
} from './request-records.ts';
export { BodyRun, RUN_EVENTS_MAX } from './run.ts';
export {
  type FindMany,
  type FindWish,
  type FoundTuple,
  NO_OUT_OPTIONS,
  NOTHING_REASONS,
  type NothingReason,
  type OutOptions,
  type SpaceAnswerHandler,
  type SpaceRequestHandler,
  WRITTEN_MAX,
  type Written,
  writeSpaceAnswer,
  writeSpaceRequest,
} from './space-records.ts';
export * from './template.ts';
