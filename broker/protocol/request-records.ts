import { type Body, type BodyToWrite, readBody, writeBody } from './body.ts';
import { type ByteReader, ByteWriter } from './bytes.ts';
import { ProtocolError } from './codes.ts';

/**
 * Records of request/reply. An asker means its request by `ref`; broker and server mean what was handed over by the
 * number of the *call*, which rises on each connection of a server.
 */

/** From client to broker: the first three of an asker, the last of a server. */
const REQUEST = 0x30;
const CANCEL = 0x31;
const WANT = 0x32;
const REPLY = 0x33;

/** From broker to client: the first three for a server, the last two for an asker. */
const CALL = 0xb0;
const CALL_OVER = 0xb1;
const CALL_WANT = 0xb2;
const REPLIED = 0xb3;
const REPLIES_OVER = 0xb4;

/** What an asker wants, besides what its request says. */
export interface RequestWish {
  /** After so many milliseconds it is told `deadline_exceeded`, and the server to stop. */
  readonly timeoutMs: number;
  /** Replies of several servers, one of each group that matches: at most so many, 0 for as many as come. Absent: one. */
  readonly many: number | undefined;
  /** The reply may come in parts: so many before `want` says more. Absent: in one. */
  readonly parts: number | undefined;
}

const WISH_MANY = 1;
const WISH_PARTS = 2;
const KNOWN_WISHES = 3;

/**
 * What a server says to a call: all of its answer; a part of it; that no more parts follow; that it failed, with the
 * service's own code; or that it has stopped, as it was told to, and there is no answer.
 */
export const REPLY_KINDS = ['result', 'part', 'end', 'error', 'stopped'] as const;
export type ReplyKind = (typeof REPLY_KINDS)[number];

/** Why a server need not go on with a call. The last one: it has answered, and that came too late. */
export const OVER_REASONS = ['cancelled', 'asker_gone', 'deadline', 'enough', 'refused', 'late'] as const;
export type OverReason = (typeof OVER_REASONS)[number];

/** Why no more replies come to a request for many. */
export const REPLIES_OVER_REASONS = ['all', 'enough', 'deadline'] as const;
export type RepliesOverReason = (typeof REPLIES_OVER_REASONS)[number];

/** What a server says of its failure. */
export interface ReplyError {
  /** A word of the service's own, for programs. */
  readonly code: string;
  /** For people. */
  readonly message: string;
}

/** A reply as it travels, from server to broker and on to the asker, byte for byte. */
export interface Reply {
  readonly kind: ReplyKind;
  /** Of an error only. */
  readonly error: ReplyError | undefined;
  /** Of a result, a part and an error. */
  readonly body: Body | undefined;
  /** All that follows the kind, encoded. A view. */
  readonly bytes: Uint8Array;
}

/** A request as it is handed to a server. */
export interface Call {
  readonly server: number;
  readonly call: number;
  readonly alias: number;
  /** Until the asker's deadline. */
  readonly remainingMs: number;
  /** 1 at first; more when a server before was lost with it. */
  readonly attempt: number;
  /** So many parts may be sent before more are wanted; 0: the reply must not come in parts. */
  readonly parts: number;
}

/** Longer ones are cut off by the writer, and refused by the reader. */
export const ERROR_CODE_CHARACTERS_MAX = 128;
export const ERROR_MESSAGE_CHARACTERS_MAX = 4_096;

/** Takes the records of a client that concern requests, as `ClientRecordHandler` takes the others. */
export interface RequestHandler {
  /** Answered by `replied`, or `refused`. With both `source` and `id` it may be said again. */
  request(ref: number, alias: number, wish: RequestWish, body: Body): void;
  /** Nobody waits for the answer any more. Not answered. */
  cancelRequest(ref: number): void;
  /** So many parts more. */
  wantParts(ref: number, parts: number): void;
  reply(call: number, reply: Reply): void;
}

/** Takes the records of a broker that concern requests, as `BrokerRecordHandler` takes the others. */
export interface ReplyHandler {
  call(call: Call, body: Body): void;
  callOver(call: number, reason: OverReason): void;
  wantedParts(call: number, parts: number): void;
  /** `repeated`: it is what another request with the same `source` and `id` was answered. */
  replied(ref: number, repeated: boolean, reply: Reply): void;
  /** Of a request for many: nothing more comes of the `servers` that were asked, of which `replies` replied. */
  repliesOver(ref: number, servers: number, replies: number, reason: RepliesOverReason): void;
}

/** Where the content of a reply is put together. */
const single = new ByteWriter();
const NOTHING = new Uint8Array(0);

/** The bytes of a result, part or error. A view: valid until the next call. */
export function encodeReply(body: BodyToWrite, error?: ReplyError): Uint8Array {
  single.clear();
  if (error !== undefined) {
    single.string(error.code.slice(0, ERROR_CODE_CHARACTERS_MAX));
    single.string(error.message.slice(0, ERROR_MESSAGE_CHARACTERS_MAX).toWellFormed());
  }
  writeBody(single, body);
  return single.written();
}

export const writeRequestRecord = {
  request(
    to: ByteWriter,
    ref: number,
    alias: number,
    { timeoutMs, many, parts }: RequestWish,
    body: BodyToWrite,
  ): void {
    to.u8(REQUEST);
    to.varint(ref);
    to.varint(alias);
    to.u8((many === undefined ? 0 : WISH_MANY) | (parts === undefined ? 0 : WISH_PARTS));
    to.varint(timeoutMs);
    if (many !== undefined) to.varint(many);
    if (parts !== undefined) to.varint(parts);
    writeBody(to, body);
  },

  cancelRequest(to: ByteWriter, ref: number): void {
    to.u8(CANCEL);
    to.varint(ref);
  },

  wantParts(to: ByteWriter, ref: number, parts: number): void {
    to.u8(WANT);
    to.varint(ref);
    to.varint(parts);
  },

  /** `bytes`: by `encodeReply`; of an end or a stop, none. */
  reply(to: ByteWriter, call: number, kind: ReplyKind, bytes: Uint8Array = NOTHING): void {
    to.u8(REPLY);
    to.varint(call);
    to.u8(REPLY_KINDS.indexOf(kind));
    to.raw(bytes);
  },
};

export const writeReplyRecord = {
  /** `bodyBytes`: as the asker sent it. */
  call(to: ByteWriter, { server, call, alias, remainingMs, attempt, parts }: Call, bodyBytes: Uint8Array): void {
    to.u8(CALL);
    to.varint(server);
    to.varint(call);
    to.varint(alias);
    to.varint(remainingMs);
    to.varint(attempt);
    to.varint(parts);
    to.raw(bodyBytes);
  },

  callOver(to: ByteWriter, call: number, reason: OverReason): void {
    to.u8(CALL_OVER);
    to.varint(call);
    to.u8(OVER_REASONS.indexOf(reason));
  },

  wantedParts(to: ByteWriter, call: number, parts: number): void {
    to.u8(CALL_WANT);
    to.varint(call);
    to.varint(parts);
  },

  /** `bytes`: as the server sent them. */
  replied(to: ByteWriter, ref: number, repeated: boolean, kind: ReplyKind, bytes: Uint8Array): void {
    to.u8(REPLIED);
    to.varint(ref);
    to.u8(repeated ? 1 : 0);
    to.u8(REPLY_KINDS.indexOf(kind));
    to.raw(bytes);
  },

  repliesOver(to: ByteWriter, ref: number, servers: number, replies: number, reason: RepliesOverReason): void {
    to.u8(REPLIES_OVER);
    to.varint(ref);
    to.varint(servers);
    to.varint(replies);
    to.u8(REPLIES_OVER_REASONS.indexOf(reason));
  },
};

/** Reads what follows a tag. False, and nothing is read, when the tag is none of request/reply. */
export function readRequestRecord(tag: number, from: ByteReader, handler: RequestHandler): boolean {
  switch (tag) {
    case REQUEST:
      handler.request(from.varint(), from.varint(), readWish(from), readBody(from));
      return true;
    case CANCEL:
      handler.cancelRequest(from.varint());
      return true;
    case WANT:
      handler.wantParts(from.varint(), from.varint());
      return true;
    case REPLY:
      handler.reply(from.varint(), readReply(from));
      return true;
    default:
      return false;
  }
}

/** Reads what follows a tag. False, and nothing is read, when the tag is none of request/reply. */
export function readReplyRecord(tag: number, from: ByteReader, handler: ReplyHandler): boolean {
  switch (tag) {
    case CALL:
      handler.call(readCall(from), readBody(from));
      return true;
    case CALL_OVER:
      handler.callOver(from.varint(), wordIn(OVER_REASONS, from, 'reason'));
      return true;
    case CALL_WANT:
      handler.wantedParts(from.varint(), from.varint());
      return true;
    case REPLIED:
      handler.replied(from.varint(), from.u8() !== 0, readReply(from));
      return true;
    case REPLIES_OVER:
      handler.repliesOver(from.varint(), from.varint(), from.varint(), wordIn(REPLIES_OVER_REASONS, from, 'reason'));
      return true;
    default:
      return false;
  }
}

function readWish(from: ByteReader): RequestWish {
  const at = from.at;
  const flags = from.u8();
  if (flags > KNOWN_WISHES) throw new ProtocolError('frame_malformed', `unknown flags ${flags} of a request`, at);
  return {
    timeoutMs: from.varint(),
    many: (flags & WISH_MANY) !== 0 ? from.varint() : undefined,
    parts: (flags & WISH_PARTS) !== 0 ? from.varint() : undefined,
  };
}

function readCall(from: ByteReader): Call {
  return {
    server: from.varint(),
    call: from.varint(),
    alias: from.varint(),
    remainingMs: from.varint(),
    attempt: from.varint(),
    parts: from.varint(),
  };
}

function readReply(from: ByteReader): Reply {
  const kind = wordIn(REPLY_KINDS, from, 'kind of reply');
  const start = from.at;
  const error = kind === 'error' ? readError(from) : undefined;
  const body = kind === 'end' || kind === 'stopped' ? undefined : readBody(from);
  return { kind, error, body, bytes: from.since(start) };
}

function readError(from: ByteReader): ReplyError {
  const at = from.at;
  const error = { code: from.string(), message: from.string() };
  if (error.code.length > ERROR_CODE_CHARACTERS_MAX || error.message.length > ERROR_MESSAGE_CHARACTERS_MAX) {
    throw new ProtocolError('frame_malformed', 'the code or the message of an error is too long', at);
  }
  return error;
}

function wordIn<const W extends string>(words: readonly W[], from: ByteReader, what: string): W {
  const at = from.at;
  const word = words[from.u8()];
  if (word === undefined) throw new ProtocolError('frame_malformed', `an unknown ${what}`, at);
  return word;
}
