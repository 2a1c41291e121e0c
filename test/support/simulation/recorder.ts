import {
  type Body,
  type BrokerControl,
  type ClientControl,
  type ControlOf,
  decodeControls,
  type PublishOptions,
  readBrokerControl,
  readBrokerRecords,
  readClientControl,
  readClientRecords,
} from '../../../broker/protocol/index.ts';
import { brokerRecordsOneByOne, clientRecordsOneByOne } from '../one-by-one.ts';
import type { Fact, FactKind, FactOf, Origin, SettleRequest, To, Wanted } from './history.ts';
import type { Tap } from './tapped-transport.ts';

type Request = Exclude<ClientControl, { readonly kind: 'goodbye' | 'ping' }>;

/** What the recorder remembers of a connection, to make sense of the answers. */
interface Line {
  /** By ref. */
  readonly requests: Map<number, Request>;
  readonly publishes: Map<number, number>;
  readonly settles: Map<number, SettleRequest>;
  readonly fetches: Map<number, { readonly subscription: number; readonly seq: number }>;
  readonly heardTopics: Map<number, string>;
  readonly toldTopics: Map<number, string>;
  /** By subscription: its mailbox. */
  readonly mailboxes: Map<number, string>;
}

const decoder = new TextDecoder();

/** Listens at the broker's edge, and writes down what passes as facts. */
export class Recorder implements Tap {
  readonly history: Fact[] = [];
  /** Answers of the broker that break the protocol. */
  readonly unreadable: string[] = [];
  readonly #nowMs: () => number;
  readonly #lines = new Map<number, Line>();
  #connections = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  nextConnection(): number {
    return ++this.#connections;
  }

  add<K extends FactKind>(kind: K, fields: Omit<FactOf<K>, 'kind' | 'atMs'>): void {
    this.history.push({ kind, atMs: this.#nowMs(), ...fields } as Fact);
  }

  /** The process is gone, and its connections with it. */
  ended(run: number): void {
    this.#lines.clear();
    this.add('ended', { run });
  }

  opened(connection: number): void {
    this.#lines.set(connection, {
      requests: new Map(),
      publishes: new Map(),
      settles: new Map(),
      fetches: new Map(),
      heardTopics: new Map(),
      toldTopics: new Map(),
      mailboxes: new Map(),
    });
    this.add('opened', { connection });
  }

  closed(connection: number): void {
    if (this.#lines.delete(connection)) this.add('closed', { connection });
  }

  gotText(connection: number, text: string): void {
    const line = this.#lines.get(connection);
    if (line === undefined) return;
    for (const { value } of decodeControls(text)) {
      const request = readClientControl(value);
      if (request.kind === 'goodbye' || request.kind === 'ping') continue;
      line.requests.set(request.ref, request);
      this.#asked(connection, line, request);
    }
  }

  sentText(connection: number, text: string): void {
    const line = this.#lines.get(connection);
    if (line === undefined) return;
    const answers = this.#understood(() => decodeControls(text).map(({ value }) => readBrokerControl(value)));
    for (const answer of answers ?? []) {
      if (!('ref' in answer)) continue;
      const request = line.requests.get(answer.ref);
      line.requests.delete(answer.ref);
      if (request !== undefined) this.#answered(connection, line, request, answer);
    }
  }

  gotBinary(connection: number, frame: Uint8Array): void {
    const line = this.#lines.get(connection);
    if (line === undefined) return;
    readClientRecords(
      frame,
      clientRecordsOneByOne({
        topic: (alias, text) => void line.heardTopics.set(alias, text),
        credit: () => {},
        publish: (ref, alias, body, options) => this.#publish(connection, line, { ref, alias, body, options }),
        fetch: (ref, subscription, seq) => {
          line.fetches.set(ref, { subscription, seq });
          this.add('fetch', { ...to(connection, subscription, line), ref, seq });
        },
        settle: (ref, settlement, ms, lease, token) => {
          const request = { connection, ref, settlement, ms, lease, token };
          line.settles.set(ref, request);
          this.add('settle', request);
        },
      }),
    );
  }

  sentBinary(connection: number, frame: Uint8Array): void {
    const line = this.#lines.get(connection);
    if (line === undefined) return;
    readBrokerRecords(
      frame,
      brokerRecordsOneByOne({
        topic: (alias, text) => void line.toldTopics.set(alias, text),
        receipt: (ref, receipt) => {
          const n = line.publishes.get(ref);
          line.publishes.delete(ref);
          if (n !== undefined) this.add('receipt', { ...receipt, connection, ref, n });
        },
        event: (subscription, delivery, body) => this.#handed(connection, line, subscription, delivery, body, 'push'),
        notice: (subscription, { seq, attempt, retention }) =>
          this.add('noticed', { ...to(connection, subscription, line), seq, attempt, retention }),
        gap: (subscription, reason, total) => this.add('gap', { ...to(connection, subscription, line), reason, total }),
        fetched: (ref, delivery, body) => {
          const subscription = line.fetches.get(ref)?.subscription ?? 0;
          line.fetches.delete(ref);
          this.#handed(connection, line, subscription, delivery, body, 'fetch');
        },
        settled: (ref, remainingMs) => {
          const request = line.settles.get(ref);
          line.settles.delete(ref);
          if (request !== undefined) this.add('settled', { ...request, remainingMs });
        },
        refused: (ref, code, message) => this.#refused(connection, line, { ref, code, message }),
      }),
    );
  }

  /** What the broker says must be readable; that it is not must not end up in the broker. */
  #understood<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      this.unreadable.push(String(error));
      return undefined;
    }
  }

  #publish(
    connection: number,
    line: Line,
    publish: {
      readonly ref: number;
      readonly alias: number;
      readonly body: Body;
      readonly options: PublishOptions;
    },
  ): void {
    const { ref, alias, body, options } = publish;
    const { n, p, x } = contentOf(body);
    line.publishes.set(ref, n);
    const topic = line.heardTopics.get(alias) ?? '';
    this.add('publish', { connection, ref, n, publisher: p, topic, x, id: body.id, ...options });
  }

  #handed(
    connection: number,
    line: Line,
    subscription: number,
    delivery: Parameters<Parameters<typeof readBrokerRecords>[1]['event']>[1],
    body: Body,
    by: 'push' | 'fetch',
  ): void {
    const { seq, attempt, lease, retained, alias } = delivery;
    const { n, x } = contentOf(body);
    const topic = line.toldTopics.get(alias) ?? '';
    const at = to(connection, subscription, line);
    this.add('handed', { ...at, n, x, topic, seq, attempt, lease, retained, by, origin: originOf(body) });
  }

  #refused(
    connection: number,
    line: Line,
    {
      ref,
      code,
      message,
    }: { readonly ref: number; readonly code: FactOf<'refused'>['code']; readonly message: string },
  ): void {
    const n = line.publishes.get(ref);
    const settle = line.settles.get(ref);
    const fetch = line.fetches.get(ref);
    line.publishes.delete(ref);
    line.settles.delete(ref);
    line.fetches.delete(ref);
    let request = 'record';
    if (n !== undefined) {
      request = 'publish';
      this.add('unpublished', { connection, n, code });
    } else if (settle !== undefined) {
      request = settle.settlement;
      this.add('unsettled', { ...settle, code });
    } else if (fetch !== undefined) {
      request = 'fetch';
      this.add('unfetched', { ...to(connection, fetch.subscription, line), seq: fetch.seq, code });
    }
    this.add('refused', { connection, request, code, message });
  }

  #asked(connection: number, line: Line, request: Request): void {
    switch (request.kind) {
      case 'subscribe': {
        const { mailbox, topic, when, from, overflow = 'reject', ageMs } = request;
        if (mailbox === undefined) return;
        const wanted = topic === undefined ? undefined : { topic, threshold: thresholdOf(when) };
        const past = from !== undefined && from !== 'now';
        this.add('attach', {
          connection,
          mailbox,
          wanted,
          past,
          forgets: overflow !== 'reject' || ageMs !== undefined,
        });
        return;
      }
      case 'replace':
        this.add('replace', {
          ...to(connection, request.subscription, line),
          threshold: thresholdOf(request.when ?? undefined),
        });
        return;
      case 'purge':
        this.add('purge', { mailbox: request.mailbox });
        return;
      case 'replay':
      case 'remove':
        this.add(request.kind, { mailbox: request.mailbox });
        return;
      case 'pause':
        this.add('pause', { mailbox: request.mailbox, paused: request.paused });
    }
  }

  #answered(connection: number, line: Line, request: Request, answer: BrokerControl): void {
    if (answer.kind === 'refused') {
      const { code, message } = answer;
      this.add('refused', { connection, request: request.kind, code, message });
    } else if (request.kind === 'subscribe' && answer.kind === 'subscribed') {
      this.#subscribed(connection, line, request, answer);
    } else if (request.kind === 'unsubscribe') {
      this.add('detached', to(connection, request.subscription, line));
    } else if (request.kind === 'replace' && answer.kind === 'replaced') {
      const threshold = thresholdOf(request.when ?? undefined);
      this.add('replaced', { ...to(connection, request.subscription, line), threshold, seq: answer.seq });
    } else if (request.kind === 'purge' && answer.kind === 'purged') {
      this.add('purged', { mailbox: request.mailbox, entries: answer.entries });
    } else if (request.kind === 'replay') {
      this.add('replayed', { mailbox: request.mailbox });
    } else if (request.kind === 'pause') {
      this.add('paused', { mailbox: request.mailbox, paused: request.paused });
    } else if (answer.kind === 'inspected') {
      const { mailbox, entries, bytes, limits } = answer;
      this.add('inspected', { mailbox, entries, bytes, eventsMax: limits.events, bytesMax: limits.bytes });
    }
  }

  #subscribed(
    connection: number,
    line: Line,
    request: ControlOf<ClientControl, 'subscribe'>,
    { subscription, seq, mailbox }: ControlOf<BrokerControl, 'subscribed'>,
  ): void {
    if (mailbox === undefined) return;
    line.mailboxes.set(subscription, mailbox.name);
    const { name, created } = mailbox;
    this.add('attached', { connection, subscription, mailbox: name, mode: request.mode ?? 'push', created, seq });
  }
}

/** The predicate that wants events whose x is at least this. */
export function predicateOf({ threshold }: Pick<Wanted, 'threshold'>): string {
  return `x >= ${threshold}`;
}

function thresholdOf(when: string | undefined): number {
  return when === undefined ? Number.NEGATIVE_INFINITY : Number(/^x >= (\d+)$/.exec(when)?.[1] ?? Number.NaN);
}

function to(connection: number, subscription: number, line: Line): To {
  return { connection, subscription, mailbox: line.mailboxes.get(subscription) };
}

/** Data that is not what a publisher of the simulation sent has numbers that no event has. */
function contentOf({ data }: Body): { readonly n: number; readonly p: number; readonly x: number } {
  try {
    return JSON.parse(decoder.decode(data));
  } catch {
    return { n: Number.NaN, p: Number.NaN, x: Number.NaN };
  }
}

function originOf({ attributes }: Body): Origin | undefined {
  const mailbox = attributes?.['dead.mailbox'];
  if (typeof mailbox !== 'string') return undefined;
  return { mailbox, seq: Number(attributes?.['dead.seq']), reason: String(attributes?.['dead.reason']) };
}
