import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Taken } from '../../../../../bench/peers/pubsub-peer.ts';
import { MqttWire } from '../../../../../bench/peers/wire/mqtt-wire.ts';
import { NatsWire } from '../../../../../bench/peers/wire/nats-wire.ts';
import { RedisWire } from '../../../../../bench/peers/wire/redis-wire.ts';
import { StompWire } from '../../../../../bench/peers/wire/stomp-wire.ts';

const HOST = '127.0.0.1';
const TOPIC = 'a.topic';

/** A protocol as a server speaks it, written down here once more and slowly. */
interface Protocol {
  readonly name: string;
  /** What a server says to what it has been told; nothing if that needs no answer. */
  readonly answer: (told: string) => string;
  /** An event of `TOPIC` as a server sends it to the first subscription. */
  readonly event: (body: Buffer) => Buffer;
  /** What a client sends to publish to `TOPIC`. */
  readonly published: (body: Buffer) => Buffer;
  readonly open: (port: number) => Promise<Client>;
}

interface Client {
  subscribe(taken: Taken): Promise<void>;
  publish(body: Buffer): void;
  close(): Promise<void>;
}

const framed = (head: string, body: Buffer, tail: string): Buffer =>
  Buffer.concat([Buffer.from(head, 'latin1'), body, Buffer.from(tail, 'latin1')]);

const PROTOCOLS: readonly Protocol[] = [
  {
    name: 'NATS',
    answer: (told) => (told.endsWith('PING\r\n') ? 'PONG\r\n' : ''),
    event: (body) => framed(`MSG ${TOPIC} 0 ${body.length}\r\n`, body, '\r\n'),
    published: (body) => framed(`PUB ${TOPIC} ${body.length}\r\n`, body, '\r\n'),
    open: async (port) => clientOf(await NatsWire.open(HOST, port)),
  },
  {
    name: 'Redis',
    answer: (told) => (told.includes('SUBSCRIBE') ? `*3\r\n$9\r\nsubscribe\r\n$7\r\n${TOPIC}\r\n:1\r\n` : ''),
    event: (body) => framed(`*3\r\n$7\r\nmessage\r\n$7\r\n${TOPIC}\r\n$${body.length}\r\n`, body, '\r\n'),
    published: (body) => framed(`*3\r\n$7\r\nPUBLISH\r\n$7\r\n${TOPIC}\r\n$${body.length}\r\n`, body, '\r\n'),
    open: async (port) => clientOf(await RedisWire.open(HOST, port)),
  },
  {
    name: 'MQTT',
    answer: (told) => (told[0] === '\x10' ? '\x20\x02\0\0' : told[0] === '\x82' ? '\x90\x03\0\x01\0' : ''),
    event: mqttPublish,
    published: mqttPublish,
    open: async (port) => clientOf(await MqttWire.open(HOST, port)),
  },
  {
    name: 'STOMP',
    answer: (told) => (told.startsWith('CONNECT') ? 'CONNECTED\nversion:1.2\n\n\0\n' : 'RECEIPT\nreceipt-id:0\n\n\0\n'),
    event: (body) =>
      framed(`MESSAGE\ndestination:/topic/x\ncontent-length:${body.length}\nsubscription:0\nack:7\n\n`, body, '\0\n'),
    published: (body) =>
      framed(`SEND\ndestination:/topic/${TOPIC}\ncontent-length:${body.length}\nsite:7\n\n`, body, '\0'),
    open: async (port) => {
      const wire = await StompWire.open(HOST, port);
      return {
        subscribe: (taken) => wire.subscribe(TOPIC, taken, {}),
        publish: (body) => wire.publish(TOPIC, body, { site: 7 }),
        close: () => wire.close(),
      };
    },
  },
];

/** MQTT 3.1.1, 3.3: bodies here are short enough for a length of one byte. */
function mqttPublish(body: Buffer): Buffer {
  return framed(`\x30${String.fromCharCode(2 + TOPIC.length + body.length)}\0\x07${TOPIC}`, body, '');
}

function clientOf(wire: MqttWire | NatsWire | RedisWire): Client {
  return {
    subscribe: (taken) => wire.subscribe(TOPIC, taken),
    publish: (body) => wire.publish(TOPIC, body),
    close: () => wire.close(),
  };
}

/** Any bytes, those of which frames are made above all. */
const aByte = fc.oneof(fc.constantFrom(0, 10, 13, 32, 36, 42, 48, 58), fc.nat(255));
const aBody = fc.array(aByte, { maxLength: 60 }).map((bytes) => Buffer.from(bytes));
const bodies = fc.array(aBody, { minLength: 1, maxLength: 12 });
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 });

describe.each(PROTOCOLS)('$name', (protocol) => {
  it('hands over what was sent, wherever the network cuts it', async () => {
    await withServer(protocol, async (port, accepted) => {
      await fc.assert(
        fc.asyncProperty(bodies, cuts, async (sent, pieces) => {
          const client = await protocol.open(port);
          const got: Buffer[] = [];
          await client.subscribe((bytes, start, end) => got.push(Buffer.from(bytes.subarray(start, end))));
          const socket = accepted();
          const bytes = Buffer.concat(sent.map(protocol.event));
          for (let at = 0, i = 0; at < bytes.length; i += 1) {
            const end = at + (pieces[i % pieces.length] ?? 1);
            socket.write(bytes.subarray(at, end));
            at = end;
            await nextTurn();
          }
          while (got.length < sent.length) await nextTurn();
          await client.close();
          expect(got).toEqual(sent);
        }),
        { numRuns: 25 },
      );
    });
  });

  it('sends what was published, whole and in order', async () => {
    await withServer(protocol, async (port, accepted, told) => {
      const sent = fc.sample(aBody, { numRuns: 5_000, seed: 3 });
      const client = await protocol.open(port);
      accepted();
      for (const body of sent) client.publish(body);
      await client.close();
      const expected = Buffer.concat(sent.map(protocol.published));
      while (told().length < expected.length) await nextTurn();
      expect(told().includes(expected)).toBe(true);
    });
  });
});

/** @param use Given the port, the connection made last, and all that came from it. */
async function withServer(
  { answer }: Protocol,
  use: (port: number, accepted: () => Socket, told: () => Buffer) => Promise<void>,
): Promise<void> {
  let last: Socket | undefined;
  let told: Buffer[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    last = socket;
    told = [];
    socket.on('data', (bytes) => {
      told.push(bytes);
      const words = answer(bytes.toString('latin1'));
      if (words !== '' && bytes.length < 1_000) socket.write(Buffer.from(words, 'latin1'));
    });
    socket.on('end', () => socket.end());
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  const accepted = (): Socket => {
    if (last === undefined) throw new Error('nobody has connected');
    return last;
  };
  await use((server.address() as AddressInfo).port, accepted, () => Buffer.concat(told));
  server.close();
}
