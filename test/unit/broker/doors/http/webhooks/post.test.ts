import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createPost } from '../../../../../../broker/doors/http/webhooks/post.ts';
import { SimulatedTime } from '../../../../../../broker/kernel/simulated-time.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A server that answers so, and a post to it. `connected` is the next connection to the server. */
async function posting(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer((request, response) => {
    request.resume();
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const time = new SimulatedTime();
  const post = createPost({ time, privateAllowed: true, timeoutMs: 1_000 });
  ends.push(() => {
    post.close();
    server.closeAllConnections();
    server.close();
  });
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const connected = once(server, 'connection').then(([socket]) => socket as Socket);
  return { time, connected, result: post.post(url, {}, Uint8Array.of(1)) };
}

describe('createPost', () => {
  it('lets go of a server that never answers', async () => {
    const { time, connected, result } = await posting(() => {});
    const closed = once(await connected, 'close');
    time.advance(1_001);
    await expect(result).rejects.toThrow('no answer within 1000 ms');
    await closed;
  });

  it('lets go of a server whose answer has no end, and takes the head for the answer', async () => {
    const { time, connected, result } = await posting((_, response) => {
      response.writeHead(202).write('and');
    });
    const closed = once(await connected, 'close');
    expect(await result).toEqual({ status: 202, retryAfterMs: undefined });
    time.advance(1_001);
    await closed;
  });

  it('does not go where a redirect points', async () => {
    const paths: (string | undefined)[] = [];
    const { result } = await posting(({ url }, response) => {
      paths.push(url);
      response.writeHead(307, { Location: '/elsewhere' }).end();
    });
    expect(await result).toMatchObject({ status: 307 });
    expect(paths).toEqual(['/']);
  });
});
