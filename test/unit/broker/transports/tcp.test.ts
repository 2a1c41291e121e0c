import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { realTime } from '../../../../broker/kernel/time.ts';
import { TcpTransport } from '../../../../broker/transports/tcp.ts';
import type { Connection, Door } from '../../../../broker/transports/transport.ts';

const open: TcpTransport[] = [];

function transport(port: number): TcpTransport {
  const made = new TcpTransport({
    host: '127.0.0.1',
    port,
    protocol: 'mqtt',
    backpressureBytesMax: 65_536,
    time: realTime,
    onFault: (fault) => {
      throw fault;
    },
  });
  open.push(made);
  return made;
}

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** Says back what it is told, and goodbye before it closes. */
function echo(): Door & { readonly accepted: Connection[] } {
  const accepted: Connection[] = [];
  return {
    accepted,
    admit: () => ({ protocol: 'none' }),
    request() {},
    accept(connection) {
      accepted.push(connection);
      return {
        onText() {},
        onBinary: (bytes) => void connection.sendBinary(bytes),
        onWritable() {},
        onClose() {},
      };
    },
  };
}

it('moves bytes both ways, and sends what waits before it closes', async () => {
  const door = echo();
  const { port } = await transport(0).listen(door);
  const socket = connect(port, '127.0.0.1');
  socket.write('hello');
  const [said] = await once(socket, 'data');
  expect(String(said)).toBe('hello');
  const [connection] = door.accepted;
  expect(connection?.protocol).toBe('mqtt');
  connection?.sendBinary(Buffer.from('goodbye'));
  connection?.close(1000, '');
  expect(connection?.sendBinary(Buffer.from('too late'))).toBe('lost');
  const [last] = await once(socket, 'data');
  expect(String(last)).toBe('goodbye');
  await once(socket, 'close');
});

it('never shares a port, and says which one it is about', async () => {
  const { port } = await transport(0).listen(echo());
  await expect(transport(port).listen(echo())).rejects.toMatchObject({ code: 'address_in_use', service: 'mqtt' });
});
