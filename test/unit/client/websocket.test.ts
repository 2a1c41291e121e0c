import { afterEach, expect, test, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { platformWebSocket } from '../../../client/websocket.ts';

afterEach(() => vi.unstubAllGlobals());

class Native {
  readonly asked: readonly string[];
  constructor(...asked: string[]) {
    this.asked = asked;
  }
}

test('the browser’s own WebSocket is used where there is one', () => {
  vi.stubGlobal('WebSocket', Native);
  vi.stubGlobal('navigator', { userAgent: 'Mozilla/5.0' });
  expect(platformWebSocket('ws://broker', 'tellwhen.1')).toEqual(new Native('ws://broker', 'tellwhen.1'));
});

test('that of Node is not: it cannot be ended without the other side', async () => {
  vi.stubGlobal('WebSocket', Native);
  vi.stubGlobal('navigator', { userAgent: 'Node.js/22' });
  const socket = await platformWebSocket('ws://127.0.0.1:1', 'tellwhen.1');
  const failed = new Promise<void>((resolve) => socket.addEventListener('error', () => resolve()));
  expect(socket.terminate).toBeTypeOf('function');
  await failed;
});

test('elsewhere the package ws: it speaks the subprotocol and gives bytes as ArrayBuffer', async () => {
  vi.stubGlobal('WebSocket', undefined);
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { readonly port: number };
  server.on('connection', (socket) => socket.on('message', (data) => socket.send(data, { binary: true })));

  const socket = await platformWebSocket(`ws://127.0.0.1:${port}`, 'tellwhen.1');
  socket.binaryType = 'arraybuffer';
  const echoed = new Promise<unknown>((resolve) => socket.addEventListener('message', ({ data }) => resolve(data)));
  await new Promise<void>((resolve) => socket.addEventListener('open', resolve));
  socket.send(Uint8Array.of(1, 2, 3));
  const data = await echoed;
  expect(data).toBeInstanceOf(ArrayBuffer);
  expect(new Uint8Array(data as ArrayBuffer)).toEqual(Uint8Array.of(1, 2, 3));
  const closed = new Promise<void>((resolve) => socket.addEventListener('close', () => resolve()));
  socket.close();
  await closed;
  server.close();
});
