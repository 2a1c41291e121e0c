import { connect, type Socket } from 'node:net';

/** Whom an attack is on. */
export interface Target {
  readonly port: number;
  readonly mqttPort: number;
}

export interface Attack {
  /** For people. */
  readonly what: string;
  /** Begins it; it goes on until the process ends. `done` counts what was tried. */
  readonly begin: (target: Target, done: () => void) => void;
}

const HOST = '127.0.0.1';
const HEAD = 'POST /v1/topics/attack HTTP/1.1\r\nHost: x\r\n';
/** After a connection was refused or closed, the next one. */
const AGAIN_MS = 1;

/** So many connections at a time, each with something on it to begin with. Each is counted; one that ends is replaced. */
function keepOpen(count: number, port: number, done: () => void, begin: (socket: Socket) => void): void {
  const open = (): void => {
    const socket = connect({ port, host: HOST, noDelay: true });
    socket.on('error', () => {});
    socket.once('connect', () => {
      done();
      begin(socket);
    });
    socket.once('close', () => setTimeout(open, AGAIN_MS));
    socket.on('data', () => {});
  };
  for (let i = 0; i < count; i++) open();
}

/** Writes what `next` gives for as long as the other side takes it. */
function flood(socket: Socket, next: () => Buffer | string, done: () => void): void {
  const more = (): void => {
    for (let i = 0; i < 16; i++) {
      if (socket.destroyed) return;
      done();
      if (socket.write(next())) continue;
      socket.once('drain', more);
      return;
    }
    setImmediate(more);
  };
  more();
}

const UPGRADE = [
  'GET / HTTP/1.1',
  'Host: x',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Protocol: tellwhen.1',
  '\r\n',
].join('\r\n');

/** Pieces of one byte of a message that never ends (RFC 6455 §5.4), and pings between them. */
function fragments(): Buffer {
  const piece = [0x00, 0x81, 0, 0, 0, 0, 0x61];
  return Buffer.from([...Array.from({ length: 500 }, () => piece).flat(), 0x89, 0x80, 0, 0, 0, 0]);
}

/** A CONNECT of MQTT 5, of a session that outlives its connection. */
function connectPacket(clientId: string): Buffer {
  const id = Buffer.from(clientId);
  const body = [0, 4, ...Buffer.from('MQTT'), 5, 0, 0, 60, 5, 0x11, 0, 0, 0x0e, 0x10, 0, id.length, ...id];
  return Buffer.from([0x10, body.length, ...body]);
}

/** A hundred messages with QoS 2 under one identifier each, never released. */
function unreleased(first: number): Buffer {
  const packet = (id: number): number[] => [0x34, 12, 0, 6, ...Buffer.from('attack'), id >> 8, id & 255, 0, 0x78];
  return Buffer.from(Array.from({ length: 100 }, (_, i) => packet(1 + ((first + i) % 0xffff))).flat());
}

function subscriptions(n: number): Buffer {
  const filter = Buffer.from(`attack/${n}/+/#`);
  const named = [0, filter.length, ...filter];
  const [subscribe, unsubscribe] = [
    [0, 1, 0, ...named, 0],
    [0, 2, 0, ...named],
  ];
  return Buffer.from([0x82, subscribe.length, ...subscribe, 0xa2, unsubscribe.length, ...unsubscribe]);
}

const LONG_PREDICATE = Array.from({ length: 60 }, (_, i) => `a${i} LIKE '%x%y%z%' AND b${i} * 2 > ${i}`).join(' OR ');

/** Seeded, so that every run is the same. */
let seed = 42;
function random(below: number): number {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
  return seed % below;
}

export const ATTACKS: { readonly [name: string]: Attack } = {
  slowloris: {
    what: '500 requests, a byte every half second',
    begin: ({ port }, done) =>
      keepOpen(500, port, done, (socket) => {
        socket.write(`${HEAD}X: `);
        const drip = setInterval(() => socket.write('a'), 500);
        socket.once('close', () => clearInterval(drip));
      }),
  },
  headers: {
    what: 'requests with 5,000 headers, and with one of 200 KB',
    begin: ({ port }, done) => {
      const heads = [`${HEAD}${'h: v\r\n'.repeat(5_000)}\r\n`, `${HEAD}h: ${'v'.repeat(200_000)}\r\n\r\n`];
      keepOpen(8, port, done, (socket) => socket.write(heads[random(2)] ?? ''));
    },
  },
  chunks: {
    what: 'bodies in 20,000 chunks of a byte, of which the last is none',
    begin: ({ port }, done) => {
      const body = `${HEAD}Transfer-Encoding: chunked\r\n\r\n${'1\r\na\r\n'.repeat(20_000)}zz\r\n`;
      keepOpen(8, port, done, (socket) => socket.write(body));
    },
  },
  churn: {
    what: 'connections that end at once, half of them amid a request',
    begin: ({ port, mqttPort }, done) => {
      const cut = (socket: Socket): void => {
        if (random(2) === 0) socket.write(`${HEAD}Content-Length: 100\r\n\r\nabc`);
        if (random(2) === 0) socket.resetAndDestroy();
        else socket.destroy();
      };
      keepOpen(16, port, done, cut);
      keepOpen(16, mqttPort, done, cut);
    },
  },
  upgrades: {
    what: 'WebSockets that are opened and left',
    begin: ({ port }, done) =>
      keepOpen(16, port, done, (socket) => {
        socket.write(UPGRADE);
        socket.once('data', () => socket.destroy());
      }),
  },
  fragments: {
    what: 'WebSocket messages without end, a byte a frame, and pings',
    begin: ({ port }, done) => {
      const pieces = fragments();
      // The first of a message, and 499 more of it.
      keepOpen(
        8,
        port,
        () => {},
        (socket) => {
          socket.write(UPGRADE);
          socket.once('data', () => {
            socket.write(Buffer.from([0x01, 0x81, 0, 0, 0, 0, 0x61]));
            flood(socket, () => pieces, done);
          });
        },
      );
    },
  },
  garbage: {
    what: 'MQTT that is none after CONNECT, and packets of 268 MB that never come',
    begin: ({ mqttPort }, done) =>
      keepOpen(16, mqttPort, done, (socket) => {
        socket.write(connectPacket(`g${random(1_000)}`));
        if (random(2) === 0) socket.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f, 1, 2, 3]));
        else socket.write(Buffer.from(Array.from({ length: 200 }, () => random(256))));
      }),
  },
  'qos-2': {
    what: 'messages with QoS 2 that are never released, in sessions that last',
    begin: ({ mqttPort }, done) => {
      let clients = 0;
      keepOpen(
        2,
        mqttPort,
        () => {},
        (socket) => {
          socket.write(connectPacket(`q${clients++ % 2}`));
          let first = 0;
          flood(
            socket,
            () => {
              first += 100;
              return unreleased(first - 100);
            },
            done,
          );
        },
      );
    },
  },
  subscribers: {
    what: 'SUBSCRIBE and UNSUBSCRIBE without a pause, in sessions that last',
    begin: ({ mqttPort }, done) => {
      let clients = 0;
      keepOpen(
        4,
        mqttPort,
        () => {},
        (socket) => {
          socket.write(connectPacket(`s${clients++ % 4}`));
          flood(socket, () => subscriptions(random(10_000)), done);
        },
      );
    },
  },
  questions: {
    what: 'what long predicates cost and whom an event would reach, asked without a pause',
    begin: ({ port }, done) => {
      const body = JSON.stringify({
        event: { topic: 'a', data: { a1: 'x'.repeat(20_000), b1: 1 } },
        filter: { topic: '#', when: LONG_PREDICATE },
      });
      const head = `Host: x\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
      const request = `POST /v1/explain HTTP/1.1\r\n${head}${body}`;
      keepOpen(
        8,
        port,
        () => {},
        (socket) => {
          const ask = (): void => {
            done();
            socket.write(request);
          };
          socket.on('data', (piece: Buffer) => {
            if (piece.includes('HTTP/1.1 ')) ask();
          });
          ask();
        },
      );
    },
  },
  'slow-readers': {
    what: '20 event streams of all that is published, which are not read',
    begin: ({ port }, done) =>
      keepOpen(20, port, done, (socket) => {
        socket.pause();
        socket.write('GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n');
      }),
  },
};
