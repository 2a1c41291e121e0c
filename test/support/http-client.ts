import type { SimulatedTime } from '../../broker/kernel/simulated-time.ts';
import type { MemoryRequest, MemoryTransport } from '../../broker/transports/memory.ts';
import type { MemoryAnswer } from '../../broker/transports/memory-answer.ts';

/** An answer as a test likes to compare it. */
export interface HttpResult {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly text: string;
  /** Of a body that is JSON; a test looks into it by whatever names it expects. */
  readonly json: ReturnType<typeof JSON.parse>;
}

/** A message of an event stream. */
export interface StreamMessage {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: unknown;
}

/** A client of the HTTP door in memory, on the test's clock. */
export class HttpClient {
  readonly #transport: MemoryTransport;
  readonly #time: SimulatedTime;

  constructor(transport: MemoryTransport, time: SimulatedTime) {
    this.#transport = transport;
    this.#time = time;
  }

  /** What is answered without waiting. Throws when nothing is. */
  send(method: string, path: string, body?: unknown, headers: { readonly [name: string]: string } = {}): HttpResult {
    return this.result(this.begin(method, path, body, headers));
  }

  /** A request that may be answered later. */
  begin(method: string, path: string, body?: unknown, headers: { readonly [name: string]: string } = {}): MemoryAnswer {
    const isText = typeof body === 'string' || body instanceof Uint8Array || body === undefined;
    const request: MemoryRequest = {
      method,
      path,
      headers: { ...(body !== undefined && { 'Content-Type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: isText ? body : JSON.stringify(body) }),
    };
    const answer = this.#transport.request(request);
    this.#time.settle();
    return answer;
  }

  result(answer: MemoryAnswer): HttpResult {
    this.#time.settle();
    const { head, text } = answer;
    if (head === undefined || !answer.isComplete) throw new Error(`not answered, or not yet: ${text}`);
    const isJson = /json/.test(head.headers['Content-Type'] ?? '');
    return { status: head.status, headers: head.headers, text, json: isJson ? JSON.parse(text) : undefined };
  }

  /** Goes away, and lets the broker notice. */
  leave(answer: MemoryAnswer): void {
    answer.leave();
    this.#time.settle();
  }

  /** The messages of an event stream by now, without comments. */
  messages(answer: MemoryAnswer): StreamMessage[] {
    this.#time.settle();
    return messagesOf(answer.text);
  }
}

export function messagesOf(text: string): StreamMessage[] {
  return text
    .split('\n\n')
    .filter((block) => /^data:/m.test(block))
    .map((block) => {
      const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
      return { event: field('event') ?? 'message', id: field('id'), data: JSON.parse(field('data') ?? 'null') };
    });
}
