import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { realTime, type Time } from '../../../../broker/kernel/time.ts';
import { TcpTransport } from '../../../../broker/transports/tcp.ts';
import type { Connection, Door } from '../../../../broker/transports/transport.ts';

const open: TcpTransport[] = [];

function transport(port: number, time: Time = realTime): TcpTransport {
  const made = new TcpTransport({
    host: '127.0.0.1',
    port,
    protocol: 'mqtt',
    backpressureBytesMax: 65_536,
    time,
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

it('serves others while one sends more than a turn is long, and loses nothing of that', async () => {
  let nowMs = 0;
  // Whatever is read takes a millisecond.
  const made = transport(0, { ...realTime, monotonicMs: () => nowMs++ });
  const told: { bytes: number; ordered: boolean }[] = [];
  let whileBusy = -1;
  const { port } = await made.listen({
    admit: () => ({ protocol: 'none' }),
    request() {},
    accept() {
      const mine = { bytes: 0, ordered: true };
      told.push(mine);
      return {
        onText() {},
        onBinary(bytes) {
          mine.ordered &&= bytes.every((byte, i) => byte === (mine.bytes + i) % 251);
          mine.bytes += bytes.length;
          if (mine !== told[0]) whileBusy = told[0]?.bytes ?? -1;
          else if (whileBusy === -1) other.write(Buffer.of(0));
        },
        onWritable() {},
        onClose() {},
      };
    },
  });
  const sent = Buffer.from(Uint8Array.from({ length: 2 << 20 }, (_, i) => i % 251));
  const busy = connect(port, '127.0.0.1');
  await once(busy, 'connect');
  const other = connect(port, '127.0.0.1');
  await once(other, 'connect');
  busy.write(sent);
  while ((told[0]?.bytes ?? 0) < sent.length) await new Promise((then) => setImmediate(then));
  expect(told[0]).toMatchObject({ bytes: sent.length, ordered: true });
  expect(whileBusy).toBeGreaterThanOrEqual(0);
  expect(whileBusy).toBeLessThan(sent.length);
  for (const socket of [busy, other]) socket.destroy();
});

it('reads for a part of a turn only, however many send more than that', async () => {
  let nowMs = 0;
  const made = transport(0, { ...realTime, monotonicMs: () => nowMs });
  let bytesRead = 0;
  let accepted = 0;
  const { port } = await made.listen({
    ...echo(),
    accept() {
      accepted += 1;
      return {
        onText() {},
        onBinary(bytes) {
          bytesRead += bytes.length;
          nowMs += 1;
        },
        onWritable() {},
        onClose() {},
      };
    },
  });
  const sockets = Array.from({ length: 20 }, () => connect(port, '127.0.0.1'));
  while (accepted < sockets.length) await new Promise((then) => setImmediate(then));
  const each = 65_536;
  for (const socket of sockets) socket.write(Buffer.alloc(each));
  let longestMs = 0;
  while (bytesRead < each * sockets.length) {
    const beganMs = nowMs;
    await new Promise((then) => setImmediate(then));
    longestMs = Math.max(longestMs, nowMs - beganMs);
  }
  // Four milliseconds are a slice. One may begin before the loop looks and the next one behind it.
  expect(longestMs).toBeGreaterThan(0);
  expect(longestMs).toBeLessThanOrEqual(10);
  for (const socket of sockets) socket.destroy();
});
