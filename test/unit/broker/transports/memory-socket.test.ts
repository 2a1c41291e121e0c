import { describe, expect, it } from 'vitest';
import { SimulatedTime } from '../../../../broker/kernel/simulated-time.ts';
import { SUBPROTOCOL } from '../../../../broker/protocol/index.ts';
import { MemoryTransport } from '../../../../broker/transports/memory.ts';
import { memorySockets } from '../../../../broker/transports/memory-socket.ts';
import type { Connection } from '../../../../broker/transports/transport.ts';
import type { WebSocketFactory } from '../../../../client/websocket.ts';

async function world() {
  const time = new SimulatedTime();
  const received: (string | Uint8Array)[] = [];
  const closes: (readonly [number, string])[] = [];
  const connections: Connection[] = [];
  const transport = new MemoryTransport({
    time,
    onFault: (fault) => {
      throw fault;
    },
  });
  await transport.listen({
    accept: (connection) => {
      connections.push(connection);
      return {
        onText: (message) => void received.push(message),
        onBinary: (message) => void received.push(message),
        onWritable: () => {},
        onClose: (code, reason) => void closes.push([code, reason]),
      };
    },
    admit: () => ({ protocol: SUBPROTOCOL }),
    request: () => {},
  });
  const connect = memorySockets(transport);
  const open = () => {
    const socket = connect('memory:', SUBPROTOCOL);
    const events: unknown[] = [];
    socket.addEventListener('open', () => events.push('open'));
    socket.addEventListener('message', ({ data }) => events.push(data));
    socket.addEventListener('error', () => events.push('error'));
    socket.addEventListener('close', ({ code, reason, wasClean }) => events.push({ code, reason, wasClean }));
    return { socket, events };
  };
  return { time, transport, connect, open, received, closes, connections };
}

describe('MemorySocket', () => {
  it('is what the client library takes for a WebSocket', async () => {
    const factory: WebSocketFactory = (await world()).connect;
    expect(factory('memory:', SUBPROTOCOL)).toHaveProperty('readyState', 0);
  });

  it('opens in the next turn and carries messages both ways', async () => {
    const { time, open, received, connections } = await world();
    const { socket, events } = open();
    expect(events).toEqual([]);
    time.settle();
    expect([socket.readyState, ...events]).toEqual([1, 'open']);
    socket.send('text');
    socket.send(Uint8Array.of(0, 1, 2).subarray(1));
    socket.send(Uint8Array.of(3).buffer);
    connections[0]?.sendBinary(Uint8Array.of(4));
    time.settle();
    expect(received).toEqual(['text', Uint8Array.of(1, 2), Uint8Array.of(3)]);
    expect(events.at(-1)).toEqual(Uint8Array.of(4).buffer);
  });

  it('throws where a browser does', async () => {
    const { time, open } = await world();
    const { socket } = open();
    expect(() => socket.send('too early')).toThrow(expect.objectContaining({ name: 'InvalidStateError' }));
    time.settle();
    expect(() => socket.close(1001)).toThrow(expect.objectContaining({ name: 'InvalidAccessError' }));
    expect(socket.readyState).toBe(1);
  });

  it('closes by handshake', async () => {
    const { time, open, closes } = await world();
    const { socket, events } = open();
    time.settle();
    socket.close(4000, 'enough');
    expect(socket.readyState).toBe(2);
    time.settle();
    expect(socket.readyState).toBe(3);
    expect(events.at(-1)).toEqual({ code: 4000, reason: 'enough', wasClean: true });
    expect(closes).toEqual([[4000, 'enough']]);
  });

  it('given up while connecting never opens', async () => {
    const { time, open, connections } = await world();
    const { socket, events } = open();
    socket.close();
    expect(events).toEqual([]);
    time.settle();
    expect(events).toEqual(['error', { code: 1006, reason: '', wasClean: false }]);
    expect(connections).toEqual([]);
  });

  it('that is turned away errs, then closes', async () => {
    const { time, transport, open } = await world();
    transport.stopAccepting();
    const { events } = open();
    time.settle();
    expect(events).toEqual(['error', { code: 1006, reason: '', wasClean: false }]);
  });
});

describe('MemoryPeer', () => {
  it('that vanishes loses what is under way, in both directions', async () => {
    const { time, open, received, connections, closes } = await world();
    const { socket, events } = open();
    time.settle();
    socket.send('never arrives');
    connections[0]?.sendText('nor does this');
    socket.peer.vanish();
    time.settle();
    expect(received).toEqual([]);
    expect(events.slice(1)).toEqual(['error', { code: 1006, reason: '', wasClean: false }]);
    expect(closes).toEqual([[1006, '']]);
  });

  it('that pauses while it reads gets the rest when it resumes', async () => {
    const { time, open, connections } = await world();
    const { socket, events } = open();
    time.settle();
    socket.addEventListener('message', () => socket.peer.pause());
    for (const text of ['one', 'two', 'three']) connections[0]?.sendText(text);
    time.settle();
    expect(events).toEqual(['open', 'one']);
    socket.peer.resume();
    time.settle();
    expect(events).toEqual(['open', 'one', 'two']);
  });
});
