import { connect as connectTcp } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { SUBPROTOCOL } from '../../broker/protocol/index.ts';
import type { NetworkOptions } from '../../broker/transports/network-options.ts';
import type { ConnectionHandler, Door, Transport } from '../../broker/transports/transport.ts';
import { createUwsTransport as createIfThere } from '../../broker/transports/uws.ts';
import { baseOptions, networkHarness, until, webSocketClient } from '../support/network-harness.ts';
import { describeHttp } from './http.conformance.ts';
import { describeTransport } from './transport.conformance.ts';

async function createUwsTransport(options: NetworkOptions): Promise<Transport> {
  const transport = await createIfThere(options);
  if (transport === undefined) throw new Error('uWebSockets.js did not load');
  return transport;
}

/** Loudly: on a Node that the binary is not for, there is nothing to test. */
const isThere = (await createIfThere(baseOptions)) !== undefined;
if (!isThere) console.warn(`uWebSockets.js has no binary for Node ${process.version}: its tests are skipped`);

describe.runIf(isThere)('uWebSockets.js', () => {
  describeTransport('uws', (limits) => networkHarness(createUwsTransport, limits));
  describeHttp('uws', (limits) => networkHarness(createUwsTransport, limits));
});

describe.runIf(isThere)('uws on the wire', () => {
  const transports: Transport[] = [];

  afterEach(async () => {
    await Promise.all(transports.splice(0).map((transport) => transport.close()));
  });

  async function listening(door: Partial<Door> = {}): Promise<{ port: number; calls: string[] }> {
    const calls: string[] = [];
    const handler: ConnectionHandler = {
      onText: (message) => void calls.push(`text ${message}`),
      onBinary: () => {},
      onWritable: () => {},
      onClose: (code) => void calls.push(`close ${code}`),
    };
    const transport = await createUwsTransport(baseOptions);
    transports.push(transport);
    const { port } = await transport.listen({
      admit: () => ({ protocol: SUBPROTOCOL }),
      accept: () => handler,
      request: ({ path }, reply) => reply.send({ status: path === '/page' ? 200 : 404, headers: {}, body: 'abc' }),
      ...door,
    });
    return { port, calls };
  }

  it('says which port was bound', async () => {
    expect((await listening()).port).toBeGreaterThan(0);
  });

  it('survives bytes that are no HTTP', async () => {
    const { port } = await listening();
    await rawAnswer(port, '\u0000\u0001garbage\r\n\r\n');
    expect(await (await fetch(`http://127.0.0.1:${port}/page`)).text()).toBe('abc');
  });

  it('tells a peer that only shut its sending side, or that sends bytes that are no frame, as 1006', async () => {
    const { port, calls } = await listening();
    for (const misdeed of ['end', 'garbage'] as const) {
      const socket = connectTcp(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(`${UPGRADE}Sec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n\r\n`);
      await new Promise((resolve) => socket.once('data', resolve));
      if (misdeed === 'end') socket.end();
      else socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]));
      await until(() => calls.length > 0);
      expect([misdeed, ...calls.splice(0)]).toEqual([misdeed, 'close 1006']);
      socket.destroy();
    }
  });

  it('cuts off a frame of more than twice the limit without reading it', async () => {
    const { port, calls } = await listening();
    const client = webSocketClient(`ws://127.0.0.1:${port}/`, SUBPROTOCOL);
    await until(() => client.state === 'open');
    client.sendBinary(new Uint8Array(2 * baseOptions.frameBytesMax + 1));
    await until(() => client.closedWith !== undefined && calls.length > 0);
    expect([client.closedWith?.code, ...calls]).toEqual([1006, 'close 1006']);
  });

  it('says what is wrong with an address', async () => {
    const door: Door = {
      admit: () => ({ protocol: SUBPROTOCOL }),
      accept: () => ({ onText: () => {}, onBinary: () => {}, onWritable: () => {}, onClose: () => {} }),
      request: () => {},
    };
    for (const host of ['no-such-host.invalid', '192.0.2.1']) {
      const transport = await createUwsTransport({ ...baseOptions, host });
      transports.push(transport);
      await expect(transport.listen(door)).rejects.toMatchObject({
        code: 'address_invalid',
        message: expect.stringContaining(host),
      });
    }
  });
});

const UPGRADE = [
  'GET / HTTP/1.1',
  'Host: x',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '',
].join('\r\n');

/** Sends bytes on a bare connection; what comes back within the first reads, until it closes or falls silent. */
function rawAnswer(port: number, request: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectTcp(port, '127.0.0.1');
    socket.setEncoding('utf8');
    let answer = '';
    const finish = (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('data', (data) => {
      answer += data;
      if (answer.includes('\r\n\r\n')) finish();
    });
    socket.on('close', finish);
    socket.on('error', finish);
    socket.write(request);
  });
}
