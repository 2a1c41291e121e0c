import {
  type Attributes,
  type Body,
  type BodyToWrite,
  type BrokerControl,
  ByteWriter,
  type ClientControl,
  type ControlOf,
  decodeControls,
  encodeReply,
  NO_OPTIONS,
  type PublishOptions,
  type Reply,
  type ReplyError,
  type ReplyHandler,
  type ReplyKind,
  type RequestWish,
  readBrokerControl,
  readBrokerRecords,
  type SpaceAnswerHandler,
  writeClientRecord,
  writeRequestRecord,
} from '../../broker/protocol/index.ts';
import type { MemoryPeer } from '../../broker/transports/memory-peer.ts';
import { brokerRecordsOneByOne, type SingleBrokerRecords } from './one-by-one.ts';

type RecordKind =
  | Exclude<keyof SingleBrokerRecords, 'requests' | 'spaces'>
  | keyof ReplyHandler
  | keyof SpaceAnswerHandler;

/** One record from the broker, as a test likes to compare it. */
export interface ReceivedRecord {
  readonly record: RecordKind;
  readonly [field: string]: unknown;
}

/** An event to publish, and how. */
export interface RawPublication extends Omit<BodyToWrite, 'data'> {
  readonly topic: string;
  readonly data?: unknown;
  readonly ref?: number;
  readonly options?: Partial<PublishOptions>;
}

/** What a request wants, besides what its test cares about. */
export interface RawWish extends Partial<RequestWish> {
  readonly id?: string;
  readonly attributes?: Attributes;
}

type Fields<K extends ClientControl['kind']> = Omit<ControlOf<ClientControl, K>, 'kind' | 'ref'>;

/** A client that speaks frames: what it sends is what the test says, what it was told is kept in order. */
export class RawPeer {
  readonly peer: MemoryPeer;
  readonly controls: BrokerControl[] = [];
  readonly records: ReceivedRecord[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  #ref = 0;
  readonly #topics = new Map<number, string>();
  readonly #settle: () => void;

  /** `settle` runs the broker until nothing more is to be done now. */
  constructor(peer: MemoryPeer, settle: () => void) {
    this.peer = peer;
    this.#settle = settle;
    peer.handler = {
      onText: (text) => void this.controls.push(...decodeControls(text).map(({ value }) => readBrokerControl(value))),
      onBinary: (frame) => readBrokerRecords(frame, brokerRecordsOneByOne(this.#handler)),
      onClose: (code, reason) => {
        this.closed = { code, reason };
      },
    };
  }

  /** Sends a request, and answers what it was answered. */
  request<K extends ClientControl['kind']>(kind: K, fields: Fields<K>): BrokerControl {
    const answer = this.answerTo(this.ask(kind, fields));
    if (answer === undefined) throw new Error(`${kind} was not answered`);
    return answer;
  }

  /** Sends a request, and answers its ref. */
  ask<K extends ClientControl['kind']>(kind: K, fields: Fields<K>): number {
    const ref = ++this.#ref;
    this.peer.sendText(JSON.stringify({ kind, ref, ...fields }));
    this.#settle();
    return ref;
  }

  /** What a request was answered, if it was. */
  answerTo(ref: number): BrokerControl | undefined {
    return this.controls.find((frame) => 'ref' in frame && frame.ref === ref);
  }

  hello(session?: { id: string; key: string }, publisher?: string): ControlOf<BrokerControl, 'welcome'> {
    const answer = this.request('hello', {
      client: 'test',
      ...(publisher !== undefined && { publisher }),
      ...(session !== undefined && { session: { id: session.id, key: session.key } }),
    });
    if (answer.kind !== 'welcome') throw new Error(`hello was answered ${JSON.stringify(answer)}`);
    return answer;
  }

  subscribe(fields: Fields<'subscribe'>): ControlOf<BrokerControl, 'subscribed'> {
    const answer = this.request('subscribe', fields);
    if (answer.kind !== 'subscribed') throw new Error(`subscribe was answered ${JSON.stringify(answer)}`);
    return answer;
  }

  /** Publishes in one frame. Refs are 1001 and up, so that a test can tell them. Without data it is empty. */
  publish(...events: RawPublication[]): void {
    this.send((to) => {
      events.forEach(({ topic, data = '', ref, options, ...body }, i) => {
        writeClientRecord.topic(to, i, topic);
        const text = typeof data === 'string' ? data : JSON.stringify(data);
        writeClientRecord.publish(to, ref ?? 1001 + i, i, { ...body, data: text }, { ...NO_OPTIONS, ...options });
      });
    });
  }

  send(write: (to: ByteWriter) => void): void {
    const to = new ByteWriter();
    write(to);
    this.peer.sendBinary(to.written());
    this.#settle();
  }

  credit(subscription: number, events: number, bytes = 0): void {
    this.send((to) => writeClientRecord.credit(to, subscription, events, bytes));
  }

  ack(lease: { id: number; token: number }, ref = 1): void {
    this.send((to) => writeClientRecord.settle(to, ref, 'ack', 0, lease.id, lease.token));
  }

  release(lease: { id: number; token: number }, delayMs = 0, ref = 1): void {
    this.send((to) => writeClientRecord.settle(to, ref, 'release', delayMs, lease.id, lease.token));
  }

  extend(lease: { id: number; token: number }, ms: number, ref = 1): void {
    this.send((to) => writeClientRecord.settle(to, ref, 'extend', ms, lease.id, lease.token));
  }

  fetch(subscription: number, seq: number, ref = 1, leaseMs = 0): void {
    this.send((to) => writeClientRecord.fetch(to, ref, subscription, seq, leaseMs));
  }

  serve(fields: Fields<'serve'>): ControlOf<BrokerControl, 'serving'> {
    const answer = this.request('serve', fields);
    if (answer.kind !== 'serving') throw new Error(`serve was answered ${JSON.stringify(answer)}`);
    return answer;
  }

  /** Sends a request for a reply, of another client's. With `id` it has a source too. */
  askFor(ref: number, topic: string, data: unknown, { id, attributes, ...wish }: RawWish = {}): void {
    this.send((to) => {
      writeClientRecord.topic(to, 0, topic);
      const source = id === undefined ? undefined : 'test';
      const body = { data: JSON.stringify(data), id, source, attributes };
      writeRequestRecord.request(to, ref, 0, { timeoutMs: 1_000, many: undefined, parts: undefined, ...wish }, body);
    });
  }

  cancelRequest(ref: number): void {
    this.send((to) => writeRequestRecord.cancelRequest(to, ref));
  }

  wantParts(ref: number, parts: number): void {
    this.send((to) => writeRequestRecord.wantParts(to, ref, parts));
  }

  /** Replies to a call. */
  reply(call: unknown, data?: unknown, kind: ReplyKind = 'result', error?: ReplyError): void {
    this.send((to) => {
      const bytes = data === undefined ? undefined : encodeReply({ data: JSON.stringify(data) }, error);
      writeRequestRecord.reply(to, call as number, kind, bytes);
    });
  }

  /** What came since the last call, of this kind. Kinds that were not asked for stay. */
  take(record: RecordKind): ReceivedRecord[] {
    const taken = this.records.filter((one) => one.record === record);
    const left = this.records.filter((one) => one.record !== record);
    this.records.splice(0, this.records.length, ...left);
    return taken;
  }

  readonly #requests: ReplyHandler = {
    call: ({ alias, ...call }, body) =>
      this.#got({ record: 'call', ...call, topic: this.#topics.get(alias), data: dataOf(body), id: body.id }),
    callOver: (call, reason) => this.#got({ record: 'callOver', call, reason }),
    wantedParts: (call, parts) => this.#got({ record: 'wantedParts', call, parts }),
    replied: (ref, repeated, reply) => this.#got({ record: 'replied', ref, repeated, ...plainReply(reply) }),
    repliesOver: (ref, servers, replies, reason) => this.#got({ record: 'repliesOver', ref, servers, replies, reason }),
  };

  readonly #handler: SingleBrokerRecords = {
    requests: this.#requests,
    topic: (alias, text) => void this.#topics.set(alias, text),
    provenance: (provenance) => this.#got({ record: 'provenance', ...provenance }),
    receipt: (ref, receipt) => this.#got({ record: 'receipt', ref, ...receipt }),
    event: (subscription, { alias, ...delivery }, body) =>
      this.#got({ record: 'event', subscription, ...delivery, topic: this.#topics.get(alias), data: dataOf(body) }),
    notice: (subscription, { alias, ...notice }) =>
      this.#got({ record: 'notice', subscription, ...notice, topic: this.#topics.get(alias) }),
    gap: (subscription, reason, total, seq) => this.#got({ record: 'gap', subscription, reason, total, seq }),
    fetched: (ref, { alias, ...delivery }, body) =>
      this.#got({ record: 'fetched', ref, ...delivery, topic: this.#topics.get(alias), data: dataOf(body) }),
    settled: (ref, remainingMs) => this.#got({ record: 'settled', ref, remainingMs }),
    refused: (ref, code, message) => this.#got({ record: 'refused', ref, code, message }),
    spaces: {
      written: (firstRef, count, { tuple, ...first }) => {
        for (let i = 0; i < count; i++) {
          this.#got({ record: 'written', ref: firstRef + i, tuple: tuple + i, ...first });
        }
      },
      found: (ref, lease, next, tuples) =>
        this.#got({
          record: 'found',
          ref,
          lease,
          next,
          tuples: tuples.map(({ tuple, text }) => ({ tuple, value: JSON.parse(text) })),
        }),
      nothing: (ref, reason) => this.#got({ record: 'nothing', ref, reason }),
      begun: (ref, lease) => this.#got({ record: 'begun', ref, lease }),
    },
  };

  #got(record: ReceivedRecord): void {
    this.records.push(record);
  }
}

function plainReply({ kind, error, body }: Reply): object {
  return { kind, ...(error !== undefined && { error }), ...(body !== undefined && { data: dataOf(body) }) };
}

function dataOf(body: Body): unknown {
  const text = new TextDecoder().decode(body.data);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
