import {
  type BodyFields,
  type BrokerControl,
  ByteWriter,
  type ClientControl,
  type ControlOf,
  type Delivery,
  decodeControls,
  type FindWish,
  type LeaseGrant,
  type NothingReason,
  type OutOptions,
  type PublishOptions,
  type Receipt,
  readClientControl,
  readClientRecords,
  type Settlement,
  type Written,
  writeBody,
  writeBrokerRecord,
  writeSpaceAnswer,
} from '../../broker/protocol/index.ts';
import type { WebSocketFactory, WebSocketLike } from '../../client/websocket.ts';
import { clientRecordsOneByOne } from './one-by-one.ts';

/** A record of a data frame, as the broker reads it. */
export type SentRecord =
  | { readonly kind: 'topic'; readonly alias: number; readonly text: string }
  | {
      readonly kind: 'publish';
      readonly ref: number;
      readonly alias: number;
      readonly text: string;
      readonly id: string | undefined;
      readonly source: string | undefined;
      readonly options: PublishOptions;
    }
  | { readonly kind: 'credit'; readonly subscription: number; readonly events: number; readonly bytes: number }
  | { readonly kind: 'fetch'; readonly ref: number; readonly subscription: number; readonly seq: number }
  | {
      readonly kind: 'settle';
      readonly ref: number;
      readonly settlement: Settlement;
      readonly ms: number;
      readonly lease: number;
      readonly token: number;
    }
  | {
      readonly kind: 'out';
      readonly ref: number;
      readonly space: number;
      readonly options: OutOptions;
      readonly tuple: unknown;
    }
  | {
      readonly kind: 'find';
      readonly ref: number;
      readonly space: number;
      readonly wish: FindWish;
      readonly template: unknown;
    }
  | { readonly kind: 'cancel'; readonly ref: number }
  | { readonly kind: 'begin'; readonly ref: number; readonly leaseMs: number }
  | {
      readonly kind: 'renew';
      readonly ref: number;
      readonly space: number;
      readonly tuple: number;
      readonly leaseMs: number;
    };
type RecordOf<K extends SentRecord['kind']> = Extract<SentRecord, { readonly kind: K }>;

export interface FakeEvent {
  readonly seq?: number;
  readonly topic?: string;
  readonly data?: unknown;
  readonly attempt?: number;
  readonly lease?: LeaseGrant;
  readonly retained?: boolean;
}

const PLAIN_RECEIPT: Receipt = {
  seq: 0,
  matched: 0,
  durable: false,
  unreadable: false,
  repeated: false,
  delayed: false,
};

type MailboxStatus = ControlOf<BrokerControl, 'listed'>['mailboxes'][number];

const EMPTY_MAILBOX: MailboxStatus = {
  mailbox: '',
  topic: '#',
  cost: 'indexed',
  consumers: 1,
  paused: false,
  entries: 0,
  bytes: 0,
  leased: 0,
  resting: 0,
  oldestMs: 0,
  entered: 0,
  settled: 0,
  redelivered: 0,
  deadLettered: 0,
  dropped: 0,
  limits: { events: 100_000, bytes: 1 << 28, ageMs: 604_800_000, keepMs: 0 },
  overflow: 'reject',
  atEnd: 'drop',
  attemptsMax: 5,
  leaseMs: 86_400_000,
};

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * A peer made with the protocol's codecs, that does what a test says and no more: it welcomes, and confirms control
 * requests unless `onControl` takes them; records it only notes, unless `receipts` is set.
 */
export class FakeBroker {
  readonly peers: FakePeer[] = [];
  limits: ControlOf<BrokerControl, 'welcome'>['limits'] = {
    controlFrameBytes: 65_536,
    dataFrameBytes: 65_536,
    eventBytes: 16_384,
    topicAliases: 64,
    creditEvents: 4_096,
    creditBytes: 1 << 24,
    requests: 16,
  };
  credit = { events: 8, bytes: 4_096 };
  /** What deliveries are given, as it is told with `subscribed`. */
  deliveryLeaseMs: number | undefined;
  /** Whether sessions are resumed, and what they still have. */
  resumed: readonly number[] | undefined;
  reachable = true;
  welcomes = true;
  receipts = false;
  /** Those that subscriptions have made. */
  readonly mailboxes = new Map<string, MailboxStatus>();
  /** Returns true for a frame it has dealt with. */
  onControl: (frame: ClientControl, peer: FakePeer) => boolean = () => false;
  /** The numbers of those that were opened. */
  readonly #spaces = new Map<string, number>();
  #lastSubscription = 0;
  #lastSeq = 0;

  readonly webSocket: WebSocketFactory = (url) => {
    const peer = new FakePeer(this, url);
    this.peers.push(peer);
    setImmediate(() => (this.reachable ? peer.accept() : peer.close(1006)));
    return peer.socket;
  };

  /** The latest connection. */
  get peer(): FakePeer {
    const peer = this.peers.at(-1);
    if (peer === undefined) throw new Error('nobody has connected');
    return peer;
  }

  nextSeq(): number {
    this.#lastSeq += 1;
    return this.#lastSeq;
  }

  answer(frame: ClientControl, peer: FakePeer): void {
    if (this.onControl(frame, peer)) return;
    const { ref } = frame;
    switch (frame.kind) {
      case 'hello':
        if (this.welcomes) peer.control(this.#welcome(frame));
        break;
      case 'subscribe': {
        this.#lastSubscription += 1;
        const creditEvents = frame.creditEvents ?? this.credit.events;
        const creditBytes = frame.creditBytes ?? this.credit.bytes;
        peer.control({
          kind: 'subscribed',
          ref,
          subscription: this.#lastSubscription,
          seq: 10,
          cost: 'indexed',
          creditEvents,
          creditBytes,
          deliveryLeaseMs: this.deliveryLeaseMs,
          mailbox: frame.mailbox === undefined ? undefined : this.#join(frame.mailbox, frame),
        });
        break;
      }
      case 'replace':
        peer.control({ kind: 'replaced', ref, subscription: frame.subscription, seq: 20, cost: 'partly' });
        break;
      case 'unsubscribe':
        peer.control({ kind: 'unsubscribed', ref, subscription: frame.subscription, seq: 30 });
        break;
      case 'renew':
        peer.control({ kind: 'renewed', ref, lease: { id: 1, token: 1, remainingMs: frame.leaseMs } });
        break;
      case 'explain':
        peer.control({ kind: 'explained', ref, explanation: {} as never, text: 'because' });
        break;
      case 'match':
        peer.control({ kind: 'matched', ref, total: 0, matches: [] });
        break;
      case 'price':
        peer.control({
          kind: 'priced',
          ref,
          cost: 'indexed',
          subscriptions: 0,
          keys: [],
          keysInAll: 0,
          offersPerEvent: 0,
          testsPerOffer: 0,
          testsPerEvent: 0,
        });
        break;
      case 'rank': {
        const sweep = { at: 0, of: 0, rounds: 0 };
        peer.control({ kind: 'ranked', ref, filters: [], listed: 0, held: 0, sweep });
        break;
      }
      case 'mailboxes':
        peer.control({ kind: 'listed', ref, mailboxes: [...this.mailboxes.values()] });
        break;
      case 'inspect': {
        const status = this.mailboxes.get(frame.mailbox);
        if (status === undefined) {
          peer.control({ kind: 'refused', ref, code: 'mailbox_unknown', message: 'no such mailbox' });
        } else peer.control({ kind: 'inspected', ref, ...status });
        break;
      }
      case 'peek':
        peer.control({ kind: 'peeked', ref, entries: [] });
        break;
      case 'pause':
        peer.control({ kind: 'paused', ref, paused: frame.paused });
        break;
      case 'purge':
        peer.control({ kind: 'purged', ref, entries: 3 });
        break;
      case 'remove':
        this.mailboxes.delete(frame.mailbox);
        peer.control({ kind: 'removed', ref, entries: 4 });
        break;
      case 'replay':
        peer.control({ kind: 'replayed', ref, entries: 5 });
        break;
      case 'redrive':
        peer.control({ kind: 'redriven', ref, entries: 6, left: 7 });
        break;
      case 'openSpace': {
        const number = this.#spaces.get(frame.space) ?? this.#spaces.size + 1;
        const created = !this.#spaces.has(frame.space);
        this.#spaces.set(frame.space, number);
        const { space, durable = false } = frame;
        peer.control({ kind: 'spaceOpened', ref, space, number, created, durable, tuples: 0 });
        break;
      }
      case 'ping':
        peer.control({ kind: 'pong', ref });
        break;
      case 'goodbye':
        peer.control({ kind: 'farewell', ref });
    }
  }

  #join(
    name: string,
    { topic = '#', when }: { readonly topic?: string | undefined; readonly when?: string | undefined },
  ) {
    const known = this.mailboxes.get(name);
    const status = known ?? { ...EMPTY_MAILBOX, mailbox: name, topic, when };
    this.mailboxes.set(name, status);
    return { name, created: known === undefined, entries: status.entries, topic: status.topic, when: status.when };
  }

  #welcome({ ref, session }: ControlOf<ClientControl, 'hello'>): BrokerControl {
    const resumed = session !== undefined && this.resumed !== undefined;
    return {
      kind: 'welcome',
      ref,
      version: '0',
      session: { id: resumed ? session.id : `session ${this.peers.length}`, key: 'key', resumed },
      subscriptions: resumed ? (this.resumed ?? []) : [],
      limits: this.limits,
    };
  }
}

/** The broker's end of one connection. */
export class FakePeer {
  readonly socket: FakeSocket;
  readonly url: string;
  readonly controls: ClientControl[] = [];
  readonly records: SentRecord[] = [];
  /** Everything that arrived, in its order, by kind. */
  readonly order: string[] = [];
  dataFrames = 0;
  /** How the client closed it. */
  closed: { readonly code: number | undefined } | undefined;
  readonly #broker: FakeBroker;
  readonly #aliases = new Map<string, number>();

  constructor(broker: FakeBroker, url: string) {
    this.#broker = broker;
    this.url = url;
    this.socket = new FakeSocket(this);
  }

  accept(): void {
    this.socket.tell('open', {});
  }

  /** As a handshake that fails: some sockets tell of it by this alone. */
  fail(error: Error): void {
    this.socket.tell('error', { error });
  }

  receive(frame: string | Uint8Array): void {
    if (typeof frame === 'string') {
      for (const { value } of decodeControls(frame)) {
        const control = readClientControl(value);
        this.controls.push(control);
        this.order.push(control.kind);
        this.#broker.answer(control, this);
      }
    } else {
      this.dataFrames += 1;
      const before = this.records.length;
      readClientRecords(frame, clientRecordsOneByOne(this.#reader));
      for (const record of this.records.slice(before)) this.#note(record);
    }
  }

  /** The client's records of one kind, so far. */
  sent<K extends SentRecord['kind']>(kind: K): RecordOf<K>[] {
    return this.records.filter((record): record is RecordOf<K> => record.kind === kind);
  }

  asked<K extends ClientControl['kind']>(kind: K): ControlOf<ClientControl, K>[] {
    return this.controls.filter((frame): frame is ControlOf<ClientControl, K> => frame.kind === kind);
  }

  control(frame: BrokerControl): void {
    this.socket.tell('message', { data: JSON.stringify(frame) });
  }

  /** One data frame of what `write` writes. */
  data(write: (to: ByteWriter) => void): void {
    const writer = new ByteWriter();
    write(writer);
    this.socket.tell('message', { data: writer.written().slice().buffer });
  }

  /** Sends events in one frame; returns the bytes of credit that each costs. */
  events(subscription: number, ...events: FakeEvent[]): number[] {
    const costs: number[] = [];
    this.data((to) => {
      for (const event of events) {
        const body = encodedBody({ data: encoder.encode(JSON.stringify(event.data ?? {})) });
        const alias = this.#alias(to, event.topic ?? 'a');
        writeBrokerRecord.event(to, subscription, delivery(event, alias, this.#broker), body);
        costs.push(body.length);
      }
    });
    return costs;
  }

  /** Sends events in one run, as those are sent that nobody has to acknowledge. Returns the bytes of credit of each. */
  run(subscription: number, seq: number, bodies: readonly BodyFields[], topic = 'a'): number[] {
    const encoded = bodies.map(encodedBody);
    this.data((to) => {
      const alias = this.#alias(to, topic);
      const together = new ByteWriter();
      for (const body of encoded) together.raw(body);
      const first = { alias, time: 1_700_000_000_000, seq };
      writeBrokerRecord.events(to, subscription, first, encoded.length, together.written());
    });
    return encoded.map(({ length }) => length);
  }

  notice(subscription: number, { seq = this.#broker.nextSeq(), topic = 'a', attempt = 0, lease }: FakeEvent): void {
    this.data((to) => {
      const alias = this.#alias(to, topic);
      const retention = lease ?? { id: 1_000 + seq, token: 1, remainingMs: 300_000 };
      writeBrokerRecord.notice(to, subscription, { seq, alias, size: 2, attempt, retention });
    });
  }

  fetched(ref: number, event: FakeEvent): void {
    this.data((to) => {
      const body = encodedBody({ data: encoder.encode(JSON.stringify(event.data ?? {})) });
      const alias = this.#alias(to, event.topic ?? 'a');
      writeBrokerRecord.fetched(to, ref, delivery(event, alias, this.#broker), body);
    });
  }

  settled(ref: number, remainingMs = 0): void {
    this.data((to) => writeBrokerRecord.settled(to, ref, remainingMs));
  }

  refused(ref: number, code: Parameters<typeof writeBrokerRecord.refused>[2]): void {
    this.data((to) => writeBrokerRecord.refused(to, ref, code, `refused: ${code}`));
  }

  written(ref: number, said: Partial<Written> = {}): void {
    const first = { tuple: ref, remainingMs: 3_600_000, durable: false, repeated: false, ...said };
    this.data((to) => writeSpaceAnswer.written(to, ref, 1, first));
  }

  /** @param next of a find of many, where it goes on */
  found(ref: number, tuples: readonly unknown[], lease?: LeaseGrant, next = 0): void {
    const found = tuples.map((tuple, i) => ({ tuple: i + 1, text: JSON.stringify(tuple) }));
    this.data((to) => writeSpaceAnswer.found(to, ref, lease, next, found));
  }

  nothing(ref: number, reason: NothingReason): void {
    this.data((to) => writeSpaceAnswer.nothing(to, ref, reason));
  }

  begun(ref: number, lease: LeaseGrant): void {
    this.data((to) => writeSpaceAnswer.begun(to, ref, lease));
  }

  receipt(ref: number, said: Partial<Receipt> = {}): void {
    const seq = said.seq ?? this.#broker.nextSeq();
    this.data((to) => writeBrokerRecord.receipts(to, ref, 1, { ...PLAIN_RECEIPT, ...said, seq }));
  }

  close(code: number, reason = ''): void {
    this.socket.tell('close', { code, reason });
  }

  #alias(to: ByteWriter, topic: string): number {
    const known = this.#aliases.get(topic);
    if (known !== undefined) return known;
    const alias = this.#aliases.size;
    this.#aliases.set(topic, alias);
    writeBrokerRecord.topic(to, alias, topic);
    return alias;
  }

  #note(record: SentRecord): void {
    this.order.push(record.kind);
    if (record.kind === 'publish' && record.ref !== 0 && this.#broker.receipts) this.receipt(record.ref);
  }

  readonly #reader = {
    topic: (alias: number, text: string): void => void this.records.push({ kind: 'topic', alias, text }),
    publish: (ref: number, alias: number, { data, id, source }: BodyFields, options: PublishOptions): void =>
      void this.records.push({ kind: 'publish', ref, alias, text: decoder.decode(data), id, source, options }),
    credit: (subscription: number, events: number, bytes: number): void =>
      void this.records.push({ kind: 'credit', subscription, events, bytes }),
    fetch: (ref: number, subscription: number, seq: number): void =>
      void this.records.push({ kind: 'fetch', ref, subscription, seq }),
    settle: (ref: number, settlement: Settlement, ms: number, lease: number, token: number): void =>
      void this.records.push({ kind: 'settle', ref, settlement, ms, lease, token }),
    spaces: {
      out: (ref: number, space: number, options: OutOptions, tuple: string): void =>
        void this.records.push({ kind: 'out', ref, space, options, tuple: JSON.parse(tuple) }),
      find: (ref: number, space: number, wish: FindWish, template: string): void =>
        void this.records.push({ kind: 'find', ref, space, wish, template: JSON.parse(template) }),
      cancel: (ref: number): void => void this.records.push({ kind: 'cancel', ref }),
      begin: (ref: number, leaseMs: number): void => void this.records.push({ kind: 'begin', ref, leaseMs }),
      renew: (ref: number, space: number, tuple: number, leaseMs: number): void =>
        void this.records.push({ kind: 'renew', ref, space, tuple, leaseMs }),
    },
  };
}

interface SocketEvents {
  readonly open: object;
  readonly error: object;
  readonly message: { readonly data: unknown };
  readonly close: { readonly code: number; readonly reason: string };
}

/** The client's end. What it sends is there at once. */
class FakeSocket implements WebSocketLike {
  binaryType = 'blob';
  bufferedAmount = 0;
  readonly #peer: FakePeer;
  readonly #listeners: { readonly [T in keyof SocketEvents]: ((event: SocketEvents[T]) => void)[] };

  constructor(peer: FakePeer) {
    this.#peer = peer;
    this.#listeners = { open: [], error: [], message: [], close: [] };
  }

  addEventListener<T extends keyof SocketEvents>(type: T, listener: (event: SocketEvents[T]) => void): void {
    this.#listeners[type].push(listener);
  }

  send(frame: string | Uint8Array): void {
    this.#peer.receive(frame);
  }

  close(code?: number): void {
    this.#peer.closed ??= { code };
  }

  tell<T extends keyof SocketEvents>(type: T, event: SocketEvents[T]): void {
    for (const listener of this.#listeners[type]) listener(event);
  }
}

function encodedBody(body: BodyFields): Uint8Array {
  const writer = new ByteWriter();
  writeBody(writer, body);
  return writer.written().slice();
}

function delivery({ seq, attempt, lease, retained = false }: FakeEvent, alias: number, broker: FakeBroker): Delivery {
  return {
    seq: seq ?? broker.nextSeq(),
    time: 1_700_000_000_000,
    alias,
    attempt: attempt ?? (lease ? 1 : 0),
    lease,
    retained,
  };
}
