import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import {
  type Client,
  type ConnectOptions,
  connect,
  type ReceivedRequest,
  ServiceError,
  type WebSocketFactory,
} from '../../client/index.ts';
import {
  type BrokerProcess,
  CliProcess,
  freePort,
  jsonLines,
  runCli,
  startBrokerProcess,
} from '../support/processes.ts';

let broker: BrokerProcess;
beforeAll(async () => {
  broker = await startBrokerProcess();
});
afterAll(async () => {
  await broker[Symbol.asyncDispose]();
});

/** Clients that are closed with their test. */
class Clients implements AsyncDisposable {
  readonly #clients: Client[] = [];

  async connect(options: ConnectOptions = {}, url = broker.url): Promise<Client> {
    const client = await connect(url, options);
    this.#clients.push(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }
}

/** A way to cut the connections of a client, as a broken network does. */
function breakable(): { readonly webSocket: WebSocketFactory; cut(): void } {
  let current: WebSocket | undefined;
  return {
    webSocket: (url, protocol) => {
      current = new WebSocket(url, protocol);
      return current as unknown as ReturnType<WebSocketFactory>;
    },
    cut: () => current?.terminate(),
  };
}

/** A promise, and what settles it. */
function gate<T = void>(): { readonly opened: Promise<T>; open(value: T): void } {
  let open!: (value: T) => void;
  const opened = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'no error';
  } catch (error) {
    return (error as { readonly code: string }).code;
  }
}

describe('request and reply over real connections', () => {
  it('gives the handler all that was said, and the asker what it returns', async () => {
    await using clients = new Clients();
    const [server, asker] = [await clients.connect(), await clients.connect()];
    await server.serve('calc/+', (request) => {
      const { a, b } = request.json<{ a: number; b: number }>();
      return { sum: a + b, topic: request.topic, room: request.attributes['room'], inTime: request.remainingMs > 500 };
    });
    const reply = await asker.request('calc/add', { a: 1, b: 2 }, { attributes: { room: 'hall' }, timeoutMs: 5_000 });
    expect(reply.json()).toEqual({ sum: 3, topic: 'calc/add', room: 'hall', inTime: true });
    const bytes = new Uint8Array([1, 2, 3]);
    await server.serve('bytes', (request) => request.data);
    const echoed = await asker.request('bytes', bytes);
    expect([echoed.data, echoed.contentType]).toEqual([bytes, 'application/octet-stream']);
  });

  it('carries the failure of a handler, typed; of what it did not mean to say, nothing', async () => {
    await using clients = new Clients();
    const faults: unknown[] = [];
    const server = await clients.connect({ onCallbackError: (error) => faults.push(error) });
    const asker = await clients.connect();
    await server.serve('fails/+', ({ topic }) => {
      if (topic === 'fails/typed') throw new ServiceError('too_poor', 'not enough', { missing: 5 });
      throw new Error('the password is 1234');
    });
    const typed = await asker.request('fails/typed').catch((error) => error);
    expect(typed).toBeInstanceOf(ServiceError);
    expect(typed).toMatchObject({ code: 'too_poor', message: 'not enough', data: { missing: 5 } });
    const untyped = await asker.request('fails/other').catch((error) => error);
    expect(untyped.code).toBe('handler_failed');
    expect(`${untyped.message}${JSON.stringify(untyped)}`).not.toContain('1234');
    expect(faults).toMatchObject([{ message: 'the password is 1234' }]);
  });

  it('pipelines: as many as are asked at once are answered, each its own', async () => {
    await using clients = new Clients();
    const [server, asker] = [await clients.connect(), await clients.connect()];
    await server.serve('twice', (request) => 2 * request.json<number>());
    const replies = await Promise.all(
      Array.from({ length: 2_000 }, async (_, n) => (await asker.request('twice', n)).json<number>()),
    );
    expect(replies).toEqual(Array.from({ length: 2_000 }, (_, n) => 2 * n));
  });

  it('tells the handler when its asker gives up, or its time is over', async () => {
    await using clients = new Clients();
    const [server, asker] = [await clients.connect(), await clients.connect()];
    const reasons: string[] = [];
    const begun = gate();
    await server.serve('slow/+', async (request) => {
      const over = once(request.signal, 'abort');
      begun.open();
      await over;
      reasons.push((request.signal.reason as { code: string }).code);
      throw request.signal.reason;
    });
    const controller = new AbortController();
    const given = asker.request('slow/a', 1, { signal: controller.signal });
    await begun.opened;
    controller.abort();
    expect(await codeOf(given)).toBe('aborted');
    expect(await codeOf(asker.request('slow/b', 1, { timeoutMs: 100 }))).toBe('deadline_exceeded');
    await expect.poll(() => reasons).toEqual(['aborted', 'deadline_exceeded']);
  });

  it('streams a reply no faster than it is taken, and stops where the loop does', async () => {
    await using clients = new Clients();
    const [server, asker] = [await clients.connect(), await clients.connect()];
    let sent = 0;
    const stopped = gate();
    await server.serve('count', async function* (request) {
      try {
        for (; sent < 1_000_000; sent++) yield sent;
      } finally {
        if (request.signal.aborted) stopped.open();
      }
    });
    const taken: number[] = [];
    for await (const part of asker.requestStream('count', null, { ahead: 4 })) {
      taken.push(part.json<number>());
      if (taken.length === 20) break;
    }
    expect(taken).toEqual(Array.from({ length: 20 }, (_, n) => n));
    await stopped.opened;
    expect(sent).toBeLessThan(20 + 2 * 4 + 2);
  });

  it('streams to the end, and rejects in the loop with what the server throws there', async () => {
    await using clients = new Clients();
    const [server, asker] = [await clients.connect(), await clients.connect()];
    await server.serve('some/+', async function* ({ topic }) {
      yield* [1, 2, 3];
      if (topic === 'some/bad') throw new ServiceError('enough', 'no more');
    });
    const all: unknown[] = [];
    for await (const part of asker.requestStream('some/good', 1)) all.push(part.json());
    expect(all).toEqual([1, 2, 3]);
    const taken: unknown[] = [];
    const bad = (async () => {
      for await (const part of asker.requestStream('some/bad', 1)) taken.push(part.json());
    })();
    expect(await codeOf(bad)).toBe('enough');
    expect(taken).toEqual([1, 2, 3]);
    expect(await codeOf(asker.request('some/good', 1))).toBe('reply_streamed');
  });

  it('streams nothing: an end, and for who asked for one reply the same refusal', async () => {
    await using clients = new Clients();
    const [server, asker] = [await clients.connect(), await clients.connect()];
    await server.serve('none', async function* () {});
    for await (const part of asker.requestStream('none', 1)) expect(part).toBeUndefined();
    expect(await codeOf(asker.request('none', 1))).toBe('reply_streamed');
  });

  it('gathers the replies of many, errors among them', async () => {
    await using clients = new Clients();
    const asker = await clients.connect();
    for (const name of ['a', 'b', 'c']) {
      const server = await clients.connect();
      await server.serve('offers', () => (name === 'c' ? Promise.reject(new ServiceError('sold_out', 'none')) : name), {
        group: name,
      });
    }
    const sequence = asker.requestMany('offers', 'now');
    const replies: unknown[] = [];
    for await (const reply of sequence) replies.push(reply.error?.code ?? reply.json());
    expect(replies.sort()).toEqual(['a', 'b', 'sold_out']);
    expect(sequence.end).toEqual({ servers: 3, replies: 3, reason: 'all' });
    let first = 0;
    for await (const _ of asker.requestMany('offers', 'now', { replies: 1 })) first += 1;
    expect(first).toBe(1);
  });
});

describe('at each failure, with real processes', () => {
  /** A process that serves, by a command that says when it has begun. */
  async function serving(topic: string, exec: string, url = broker.url): Promise<CliProcess> {
    const server = new CliProcess(['reply', topic, '--exec', exec, '--url', url]);
    await server.says(/replying to/);
    return server;
  }

  it('a server killed before it answered: the asker is told at once', async () => {
    await using clients = new Clients();
    const asker = await clients.connect();
    await using server = await serving('kill/1', 'echo begun >&2; sleep 8');
    const asked = codeOf(asker.request('kill/1', 1, { timeoutMs: 30_000 }));
    await server.says(/begun/);
    server.signal('SIGKILL');
    expect(await asked).toBe('server_lost');
  });

  it('a server killed before it answered, asked with a key: another answers', async () => {
    await using clients = new Clients();
    const asker = await clients.connect();
    await using server = await serving('kill/2', 'echo begun >&2; sleep 8');
    const asked = asker.request('kill/2', 1, { timeoutMs: 30_000, idempotencyKey: 'k' });
    await server.says(/begun/);
    const attempts: number[] = [];
    const other = await clients.connect();
    await other.serve('kill/2', ({ attempt, id }) => {
      attempts.push(attempt);
      return `done by another: ${id}`;
    });
    server.signal('SIGKILL');
    expect((await asked).json()).toBe('done by another: k');
    expect(attempts).toEqual([2]);
  });

  it('a server killed after it answered: who says it again gets the first answer', async () => {
    await using clients = new Clients();
    const [asker, again] = [await clients.connect(), await clients.connect()];
    await using server = await serving('kill/3', 'echo begun >&2; echo 1; date +%N');
    const options = { idempotencyKey: 'k', source: 'shop' };
    const first = await asker.request('kill/3', 1, options);
    server.signal('SIGKILL');
    const second = await again.request('kill/3', 1, options);
    expect([second.text(), second.repeated]).toEqual([first.text(), true]);
    expect(await codeOf(again.request('kill/3', 2, { ...options, idempotencyKey: 'other' }))).toBe('no_responders');
  });

  it('a reply lost with the asker’s connection: with a key it is said again, and done once', async () => {
    await using clients = new Clients();
    const network = breakable();
    const asker = await clients.connect({ webSocket: network.webSocket, reconnect: { minMs: 1, maxMs: 10 } });
    const server = await clients.connect();
    const calls: ReceivedRequest[] = [];
    const [begun, go] = [gate(), gate()];
    await server.serve('lost/+', async (request) => {
      calls.push(request);
      begun.open();
      await go.opened;
      return 'done';
    });
    // A broker knows again what came since its start; it is to be there for longer than the request is under way.
    const [safe, unsafe] = [
      asker.request('lost/safe', 1, { idempotencyKey: 'k' }),
      codeOf(asker.request('lost/unsafe', 1)),
    ];
    await begun.opened;
    network.cut();
    expect(await unsafe).toBe('connection_lost');
    go.open();
    expect((await safe).json()).toBe('done');
    expect(calls.filter(({ topic }) => topic === 'lost/safe')).toHaveLength(1);
  });

  it('a broker that was killed: what was asked is lost, and servers are there again when it is', async () => {
    await using clients = new Clients();
    const port = await freePort();
    const first = await startBrokerProcess([], { port });
    const options = { reconnect: { minMs: 5, maxMs: 50 } };
    const server = await clients.connect(options, first.url);
    const asker = await clients.connect(options, first.url);
    const begun = gate<ReceivedRequest>();
    await server.serve('work/slow', (request) => {
      begun.open(request);
      return new Promise(() => {});
    });
    await server.serve('work/quick', () => 'quick');
    const [plain, keyed] = [
      codeOf(asker.request('work/slow', 1, { timeoutMs: 60_000 })),
      codeOf(asker.request('work/slow', 1, { timeoutMs: 60_000, idempotencyKey: 'k' })),
    ];
    const { signal } = await begun.opened;
    await first[Symbol.asyncDispose]();
    expect(await plain).toBe('connection_lost');
    await using second = await startBrokerProcess([], { port });
    // The new broker knows nothing of it: whether it was done, only the server could say.
    expect(await keyed).toBe('connection_lost');
    expect(signal.aborted).toBe(true);
    await expect
      .poll(async () => (await codeOf(asker.request('work/quick', 1))) === 'no error', { timeout: 10_000 })
      .toBe(true);
    expect(second.url).toBe(first.url);
  });

  it('nobody serves: the asker is told at once, and so by the command line', async () => {
    const exit = await runCli(['request', 'nobody/home', '1', '--url', broker.url, '--json']);
    expect(exit.code).toBe(1);
    expect(jsonLines(exit.stderr)).toMatchObject([{ error: { code: 'no_responders' } }]);
  });
});

describe('the command line', () => {
  it('asks and replies', async () => {
    await using server = new CliProcess(['reply', 'cli/+', '--echo', '--url', broker.url]);
    await server.says(/replying to/);
    const exit = await runCli(['request', 'cli/a', '{"n": 1}', '--url', broker.url, '--json']);
    expect(jsonLines(exit.stdout)).toMatchObject([{ data: { n: 1 } }]);
    const many = await runCli(['request', 'cli/a', '2', '--many', '--url', broker.url, '--json']);
    expect(jsonLines(many.stdout)).toMatchObject([{ data: 2 }]);
  });

  it('ends a command that nobody waits for any more, and says that time was over', async () => {
    await using server = new CliProcess(['reply', 'cli/slow', '--exec', 'sleep 60', '--url', broker.url]);
    await server.says(/replying to/);
    const exit = await runCli(['request', 'cli/slow', '1', '--timeout', '200ms', '--url', broker.url]);
    expect(exit.code).toBe(4);
    // It has one place: it could not serve this one if the first command still ran.
    const next = await runCli(['request', 'cli/slow', '1', '--timeout', '200ms', '--url', broker.url]);
    expect(next.stderr).toContain('deadline_exceeded');
  });
});
