import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HTTP } from 'cloudevents';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { messagesOf } from '../support/http-client.ts';
import { type BrokerProcess, startBrokerProcess } from '../support/processes.ts';

const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

async function brokerWith(...args: string[]): Promise<{ url: string; port: number; process: BrokerProcess }> {
  const process = await startBrokerProcess(['--mqtt-port', '0', ...args]);
  open.push(process);
  const url = process.url.replace('ws:', 'http:');
  return { url, port: Number(new URL(url).port), process };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('it never came about');
    await sleep(5);
  }
}

/** Sends bytes on a bare connection; what comes back until it closes, or until `enough` says so. */
async function raw(port: number, bytes: string, enough: (answer: string) => boolean = () => false): Promise<string> {
  const socket = connectTcp(port, '127.0.0.1');
  let answer = '';
  let closed = false;
  socket.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
  });
  socket
    .on('error', () => {})
    .on('close', () => {
      closed = true;
    });
  socket.write(bytes);
  await until(() => closed || enough(answer));
  socket.destroy();
  return answer;
}

const json = { 'Content-Type': 'application/json' };

/** Events of a stream, as the standard client of the platform brings them. */
async function streamOf(url: string, headers: { [name: string]: string } = {}) {
  const leaving = new AbortController();
  const response = await fetch(url, { headers, signal: leaving.signal });
  let text = '';
  const reading = (async () => {
    for await (const piece of response.body ?? []) text += Buffer.from(piece).toString();
  })().catch(() => {});
  open.push({
    async [Symbol.asyncDispose]() {
      leaving.abort();
      await reading;
    },
  });
  return { response, messages: () => messagesOf(text), leave: () => leaving.abort() };
}

describe('HTTP over the network', () => {
  const broker = () => brokerWith();

  it('publishes, streams, resumes, and shuts down in order', async () => {
    const { url } = await broker();
    const stream = await streamOf(`${url}/v1/events?filter=a/%23&when=n%20%3E%201`);
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream');
    for (const n of [1, 2, 3]) {
      const answer = await fetch(`${url}/v1/topics/a/b`, {
        method: 'POST',
        headers: json,
        body: JSON.stringify({ n }),
      });
      expect(await answer.json()).toMatchObject({ seq: n, matched: n > 1 ? 1 : 0 });
    }
    await until(() => stream.messages().length === 2);
    const again = await streamOf(`${url}/v1/events?filter=a/%23`, { 'Last-Event-ID': '2' });
    await until(() => again.messages().length === 1);
    expect(again.messages()).toMatchObject([{ id: '3', data: { data: { n: 3 } } }]);
  });

  it('waits in a long poll, and gives leases that are acknowledged', async () => {
    const { url } = await broker();
    await fetch(`${url}/v1/subscriptions/s`, { method: 'PUT', headers: json, body: '{"topic":"jobs/#"}' });
    const poll = fetch(`${url}/v1/subscriptions/s/events?wait=10000`);
    await fetch(`${url}/v1/topics/jobs/1`, { method: 'POST', body: 'x' });
    const { events } = (await (await poll).json()) as { events: { lease: { id: number; token: number } }[] };
    const lease = events[0]?.lease;
    const acked = await fetch(`${url}/v1/leases/${lease?.id}:ack`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ token: lease?.token }),
    });
    expect(acked.status).toBe(204);
  });
});

describe.each(['auto', 'node'])('hostile HTTP, transport %s', (transport) => {
  let shared: Awaited<ReturnType<typeof brokerWith>>;
  const broker = () => shared;

  beforeAll(async () => {
    shared = await brokerWith(`--transport=${transport}`);
    // It serves all of these tests: what one of them does must not harm the next.
    open.splice(open.indexOf(shared.process), 1);
  });
  afterAll(() => shared.process[Symbol.asyncDispose]());

  /** Whether the broker still does what it should, and is the same process. */
  async function isUnharmed(url: string): Promise<void> {
    const answer = await fetch(`${url}/v1/topics/still/here`, { method: 'POST', body: 'x' });
    expect(answer.status).toBe(200);
  }
  const HEAD = 'POST /v1/topics/a HTTP/1.1\r\nHost: x\r\n';

  it.each([
    ['two different lengths', `${HEAD}Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde`],
    ['a length twice', `${HEAD}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`],
    ['a length and chunks', `${HEAD}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`],
    ['chunks inside another encoding', `${HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`],
    ['an encoding that looks like chunks', `${HEAD}Transfer-Encoding: xchunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`],
    ['a chunk whose length is none', `${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n`],
    ['a chunk of less than nothing', `${HEAD}Transfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n`],
    ['a chunk longer than numbers go', `${HEAD}Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nabc\r\n`],
    ['a length of less than nothing', `${HEAD}Content-Length: -3\r\n\r\nabc`],
    ['a length with more behind it', `${HEAD}Content-Length: 3x\r\n\r\nabc`],
    ['a length longer than numbers go', `${HEAD}Content-Length: 99999999999999999999999\r\n\r\nabc`],
    ['a body longer than may be', `${HEAD}Content-Length: 999999999\r\n\r\nabc`],
    ['more headers than may be', `${HEAD}${'h: v\r\n'.repeat(5_000)}\r\n`],
    ['a header longer than may be', `${HEAD}h: ${'v'.repeat(200_000)}\r\n\r\n`],
    ['a body in chunks of a byte', `${HEAD}Transfer-Encoding: chunked\r\n\r\n${'1\r\na\r\n'.repeat(20_000)}`],
    ['no HTTP', '\u0000\u0001garbage\r\n\r\n'],
  ])('%s: refused, and the connection ends', async (_, bytes) => {
    const { url, port } = broker();
    const answer = await raw(port, bytes);
    expect(answer).not.toMatch(/HTTP\/1.1 2\d\d/);
    expect(answer.match(/^HTTP\/1.1 /gm)?.length ?? 0).toBeLessThanOrEqual(1);
    await isUnharmed(url);
  });

  it('a body in chunks is one body', async () => {
    const { port } = broker();
    const chunked = `${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`;
    const answer = await raw(port, chunked, (text) => text.includes('matched'));
    expect(answer).toMatch(/HTTP\/1.1 200 /);
  });

  it('a head or a body that comes a byte at a time is not waited for', async () => {
    const { url, port } = broker();
    const slow = [`${HEAD}X: `, `${HEAD}Content-Length: 100000\r\n\r\n`].map(async (beginning) => {
      const socket = connectTcp(port, '127.0.0.1');
      let closed = false;
      socket
        .on('error', () => {})
        .on('close', () => {
          closed = true;
        });
      socket.write(beginning);
      while (!closed) {
        socket.write('a');
        await sleep(500);
      }
    });
    const stream = await streamOf(`${url}/v1/events`);
    await isUnharmed(url);
    await until(() => stream.messages().length > 0);
    await Promise.all(slow);
    await isUnharmed(url);
  }, 60_000);

  it('whoever leaves amid a body, an answer, a poll or a stream leaves nothing behind', async () => {
    const { url, port } = broker();
    await fetch(`${url}/v1/subscriptions/s`, { method: 'PUT', headers: json, body: '{"topic":"none"}' });
    const beginnings = [
      `${HEAD}Content-Length: 1000\r\n\r\nabc`,
      `${HEAD}Transfer-Encoding: chunked\r\n\r\nff\r\nabc`,
      'GET /v1/subscriptions/s/events?wait=60000 HTTP/1.1\r\nHost: x\r\n\r\n',
      'GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n',
      'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n',
    ];
    for (let round = 0; round < 20; round++) {
      for (const beginning of beginnings) {
        const socket = connectTcp(port, '127.0.0.1');
        socket.on('error', () => {});
        await once(socket, 'connect');
        socket.write(beginning);
        if (round % 2 === 0) await sleep(2);
        if (round % 3 === 0) socket.resetAndDestroy();
        else socket.destroy();
      }
    }
    await until(async () => {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      return (
        /^tellwhen_http_waiting\{kind="stream"\} 0$/m.test(metrics) &&
        /^tellwhen_http_waiting\{kind="poll"\} 0$/m.test(metrics)
      );
    });
    await isUnharmed(url);
  });

  it('a page of another site can neither publish nor open a WebSocket', async () => {
    const { url, port } = broker();
    const answer = await fetch(`${url}/v1/topics/a`, {
      method: 'POST',
      body: 'x',
      headers: { Origin: 'https://evil.example' },
    });
    expect(answer.status).toBe(403);
    const upgrade = [
      'GET / HTTP/1.1',
      'Host: x',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Protocol: tellwhen.1',
    ].join('\r\n');
    const done = (text: string): boolean => text.includes('\r\n\r\n');
    expect(await raw(port, `${upgrade}\r\nOrigin: https://evil.example\r\n\r\n`, done)).toMatch(/^HTTP\/1.1 403 /);
    expect(await raw(port, `${upgrade}\r\n\r\n`, done)).toMatch(/^HTTP\/1.1 101 /);
  });
});

const CONSENT = { 'WebHook-Allowed-Origin': '*', 'WebHook-Allowed-Rate': '*' };

/** A server to send events to, which takes them if it says so: answers with what `answer` says, and keeps what came. */
async function sink(answer: (n: number) => number, consent: { readonly [name: string]: string } = CONSENT) {
  const received: { headers: IncomingMessage['headers']; body: string }[] = [];
  const asked: IncomingMessage['headers'][] = [];
  const server = createServer((request, response) => {
    if (request.method === 'OPTIONS') {
      asked.push(request.headers);
      response.writeHead(200, { Allow: 'POST', ...consent }).end();
      return;
    }
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      response.writeHead(answer(received.length)).end('thanks');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push({
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received, asked };
}

describe('where uWebSockets.js has no binary', () => {
  it('the server of Node takes its place, and /version says so', async () => {
    const { url } = await brokerWith('--transport=node');
    expect(await (await fetch(`${url}/version`)).json()).toMatchObject({ transport: 'node' });
    const stream = await streamOf(`${url}/v1/events`);
    await fetch(`${url}/v1/topics/a`, { method: 'POST', body: 'x' });
    await until(() => stream.messages().length === 1);
  });
});

describe('events sent to a URL', () => {
  const broker = brokerWith;

  const put = (url: string, body: object) =>
    fetch(`${url}/v1/subscriptions/hook`, { method: 'PUT', headers: json, body: JSON.stringify(body) });
  const publish = (url: string, n: number) =>
    fetch(`${url}/v1/topics/orders/${n}`, { method: 'POST', headers: json, body: JSON.stringify({ n }) });

  it('go out in order, as CloudEvents that the npm package reads, and again where that failed', async () => {
    const { url } = await broker('--webhook-private-allowed');
    const { url: hook, received } = await sink((n) => (n === 2 ? 503 : 204));
    expect((await put(url, { topic: 'orders/#', when: 'n > 0', sink: hook, protocol: 'HTTP' })).status).toBe(201);
    for (const n of [1, 0, 2, 3]) await publish(url, n);
    await until(() => received.length === 4);
    const events = received.map(({ headers, body }) => HTTP.toEvent<{ n: number }>({ headers, body }));
    const numbers = events.map((event) => ('data' in event ? event.data?.n : undefined));
    expect(numbers.slice(0, 2)).toEqual([1, 2]);
    expect([...numbers.slice(2)].sort()).toEqual([2, 3]);
    expect(received[0]?.headers['ce-tellwhentopic']).toBe('orders/1');
    const again = received.find(({ headers, body }) => body === '{"n":2}' && headers['ce-tellwhenattempt'] === '2');
    expect(again).toBeDefined();
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/^tellwhen_sink_posts_total\{outcome="failed"\} 1$/m);
  });

  it('are asked for first, by the handshake of CloudEvents, with a broker at both ends', async () => {
    const { url } = await broker(
      '--webhook-private-allowed',
      '--webhook-origin=a.example',
      '--webhook-asked-per-minute=500',
    );
    const {
      url: hook,
      received,
      asked,
    } = await sink(() => 204, {
      'WebHook-Allowed-Origin': 'a.example',
      'WebHook-Allowed-Rate': '120',
    });
    await put(url, { topic: 'orders/#', sink: hook });
    await publish(url, 1);
    await until(() => received.length === 1);
    expect(asked[0]).toMatchObject({ 'webhook-request-origin': 'a.example', 'webhook-request-rate': '500' });
    expect(received[0]?.headers['webhook-request-origin']).toBe('a.example');
    const shown = await (await fetch(`${url}/v1/subscriptions/hook`)).json();
    expect(shown).toMatchObject({ sinkConsent: true, sinkPerMinute: 120 });

    const other = await broker();
    await put(url, { topic: 'orders/#', sink: `${other.url}/v1/topics/from/elsewhere` });
    const stream = await streamOf(`${other.url}/v1/events`);
    await publish(url, 2);
    await until(() => stream.messages().length === 1);
    expect(stream.messages()[0]).toMatchObject({ data: { topic: 'from/elsewhere', data: { n: 2 } } });
    expect(await (await fetch(`${url}/v1/subscriptions/hook`)).json()).toMatchObject({ sinkConsent: true });
  });

  it('become dead letters when they fail too often', async () => {
    const { url } = await broker('--webhook-private-allowed');
    const { url: hook } = await sink(() => 500);
    await put(url, { topic: 'orders/#', sink: hook, attemptsMax: 1 });
    await publish(url, 1);
    await until(async () => {
      const dead = (await (await fetch(`${url}/v1/mailboxes/%24dead`)).json()) as { entries: number };
      return dead.entries === 1;
    });
  });

  it('go on after kill -9, those that were on disk and not taken included', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tellwhen-sink-'));
    open.push({ [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) });
    let fails = true;
    const { url: hook, received } = await sink(() => (fails ? 503 : 204));
    const args = ['--webhook-private-allowed', `--data-dir=${folder}`];
    const first = await broker(...args);
    await put(first.url, { topic: 'orders/#', sink: hook });
    await publish(first.url, 1);
    await until(() => received.length > 0);
    first.process.process.signal('SIGKILL');
    await first.process.process.exit();
    fails = false;
    const before = received.length;
    await broker(...args);
    await until(() => received.slice(before).some(({ body }) => body === '{"n":1}'));
  });

  it('keep to another predicate, also after a restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tellwhen-sink-'));
    open.push({ [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) });
    const { url: hook, received } = await sink(() => 204);
    const args = ['--webhook-private-allowed', `--data-dir=${folder}`];
    const first = await broker(...args);
    await put(first.url, { topic: 'orders/#', when: 'n > 0', sink: hook });
    expect((await put(first.url, { topic: 'orders/#', when: 'n > 5', sink: hook })).status).toBe(200);
    const patched = await fetch(`${first.url}/v1/subscriptions/hook`, {
      method: 'PATCH',
      headers: json,
      body: JSON.stringify({ when: 'n > 10' }),
    });
    expect(patched.status).toBe(200);
    first.process.process.signal('SIGKILL');
    await first.process.process.exit();
    const second = await broker(...args);
    for (const n of [1, 6, 11]) await publish(second.url, n);
    await until(() => received.length > 0);
    expect(received.map(({ body }) => body)).toEqual(['{"n":11}']);
  });

  it('stop when the URL says that it is gone', async () => {
    const { url } = await broker('--webhook-private-allowed');
    const { url: hook } = await sink(() => 410);
    await put(url, { topic: 'orders/#', sink: hook });
    await publish(url, 1);
    await until(async () => (await fetch(`${url}/v1/subscriptions/hook`)).status === 404);
  });

  it('do not go to a name that stands for this machine', async () => {
    const { url } = await broker();
    const { url: hook, received } = await sink(() => 204);
    expect((await put(url, { topic: 'orders/#', sink: hook })).status).toBe(422);
    // A name is looked at when it is connected to, whatever it stood for before.
    expect((await put(url, { topic: 'orders/#', sink: hook.replace('127.0.0.1', 'localhost') })).status).toBe(201);
    await publish(url, 1);
    await until(async () =>
      /^tellwhen_sink_posts_total\{outcome="failed"\} [1-9]/m.test(await (await fetch(`${url}/metrics`)).text()),
    );
    expect(received).toEqual([]);
  });
});
