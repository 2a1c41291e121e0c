import { fileURLToPath } from 'node:url';
import { connectAsync, type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  MOSQUITTO,
  MOSQUITTO_CLIENTS_INSTALLED,
  MOSQUITTO_INSTALLED,
  type MqttBroker,
  PAHO_INSTALLED,
  PYTHON,
  TELLWHEN,
} from '../support/mqtt/mqtt-brokers.ts';
import { jsonLines } from '../support/processes.ts';
import { type Exit, Program } from '../support/program.ts';

const PAHO = fileURLToPath(new URL('../support/mqtt/paho-round-trip.py', import.meta.url));

const BROKERS = [
  { kind: TELLWHEN, there: true },
  { kind: MOSQUITTO, there: MOSQUITTO_INSTALLED },
];

/** The clients that people have, with their habits, against our broker and the one they were made with. */
describe.each(BROKERS)('clients of MQTT, at $kind.name', ({ kind, there }) => {
  let broker: MqttBroker;
  beforeAll(async () => {
    if (there) broker = await kind.start();
  });
  afterAll(async () => {
    if (there) await broker[Symbol.asyncDispose]();
  });

  const place = (url: string): { readonly host: string; readonly port: string } => {
    const { hostname: host, port } = new URL(url);
    return { host, port };
  };

  describe.skipIf(!there || !MOSQUITTO_CLIENTS_INSTALLED)('of mosquitto', () => {
    const start = (command: string, ...args: string[]): Program => {
      const { host, port } = place(broker.tcp);
      // A line at a time, or they keep what they say to themselves until they end.
      return new Program('stdbuf', ['-oL', command, '-h', host, '-p', port, ...args]);
    };
    const run = async (command: string, ...args: string[]): Promise<Exit> => {
      await using program = start(command, ...args);
      return await program.exit();
    };

    it.each(['mqttv311', 'mqttv5'])('publish and subscribe, as %s', async (version) => {
      const topic = `tools/${version}`;
      await using sub = start('mosquitto_sub', '-V', version, '-t', `${topic}/#`, '-q', '2', '-C', '3', '-v', '-d');
      await sub.says(/received SUBACK/);
      for (const qos of ['0', '1', '2']) {
        const pub = ['-V', version, '-t', `${topic}/${qos}`, '-m', `as ${qos}`, '-q', qos];
        expect(await run('mosquitto_pub', ...pub)).toMatchObject({ code: 0, stderr: '' });
      }
      const { code, stdout } = await sub.exit();
      expect(code).toBe(0);
      const told = stdout.split('\n').filter((line) => line.startsWith(topic));
      expect(told).toEqual([`${topic}/0 as 0`, `${topic}/1 as 1`, `${topic}/2 as 2`]);
    });

    it('publish a thousand lines, and all of them arrive in order', async () => {
      await using sub = start('mosquitto_sub', '-t', 'tools/lines', '-q', '1', '-C', '1000', '-d');
      await sub.says(/received SUBACK/);
      await using pub = new Program(
        'mosquitto_pub',
        ['-h', place(broker.tcp).host, '-p', place(broker.tcp).port, '-t', 'tools/lines', '-q', '1', '-l'],
        { input: Array.from({ length: 1_000 }, (_, n) => `line ${n}\n`).join('') },
      );
      expect((await pub.exit()).code).toBe(0);
      const told = (await sub.exit()).stdout.split('\n').filter((line) => line.startsWith('line '));
      expect(told).toEqual(Array.from({ length: 1_000 }, (_, n) => `line ${n}`));
    });

    it('get what is retained, and a will', async () => {
      await run('mosquitto_pub', '-t', 'tools/kept', '-m', 'kept', '-r', '-q', '1');
      expect((await run('mosquitto_sub', '-t', 'tools/kept', '-C', '1')).stdout).toBe('kept\n');
      await run('mosquitto_pub', '-t', 'tools/kept', '-n', '-r', '-q', '1');
      await using heir = start('mosquitto_sub', '-t', 'tools/will', '-C', '1', '-d');
      await heir.says(/received SUBACK/);
      const will = ['--will-topic', 'tools/will', '--will-payload', 'gone'];
      await using doomed = start('mosquitto_sub', '-t', 'tools/other', '-d', ...will);
      await doomed.says(/received SUBACK/);
      doomed.signal('SIGKILL');
      expect((await heir.exit()).stdout).toContain('gone\n');
    });

    it('miss nothing between two runs of a lasting session', async () => {
      const session = ['-i', 'tools-lasting', '-c', '-q', '1', '-t', 'tools/missed'];
      await run('mosquitto_sub', ...session, '-E');
      for (const n of ['1', '2']) await run('mosquitto_pub', '-t', 'tools/missed', '-m', n, '-q', '1');
      expect((await run('mosquitto_sub', ...session, '-C', '2')).stdout).toBe('1\n2\n');
    });

    it.each(['mqttv311', 'mqttv5'])('ask and answer, as %s', async (version) => {
      const { tcp } = broker;
      await using responder = await connectAsync(tcp, { protocolVersion: 5 }).then(disposable);
      responder.client.on('message', (topic, payload, packet) => {
        const to = packet.properties?.responseTopic ?? `${topic}/answer`;
        const correlationData = packet.properties?.correlationData;
        responder.client.publish(to, `pong ${payload}`, correlationData ? { properties: { correlationData } } : {});
      });
      await responder.client.subscribeAsync(`tools/ask/${version}`);
      const rr = ['-V', version, '-t', `tools/ask/${version}`, '-e', `tools/ask/${version}/answer`, '-m', 'ping'];
      expect(await run('mosquitto_rr', ...rr, '-W', '10')).toMatchObject({ code: 0, stdout: 'pong ping\n' });
    });
  });

  describe.skipIf(!there || !PAHO_INSTALLED)('of paho', () => {
    it.each([
      ['tcp', '3'],
      ['tcp', '5'],
      ['websockets', '3'],
      ['websockets', '5'],
    ])('publish and subscribe over %s, as version %s', async (transport, version) => {
      const { host, port } = place(transport === 'tcp' ? broker.tcp : broker.webSocket);
      await using paho = new Program(PYTHON, [PAHO, host, port, transport, version, `paho/${transport}/${version}`]);
      const { code, stdout, stderr } = await paho.exit();
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(jsonLines(stdout)).toEqual([
        [0, 1, 2].map((qos) => ({
          qos,
          data: { n: qos },
          user: version === '5' ? { qos: `${qos}` } : {},
          type: 'application/json',
        })),
      ]);
    });
  });

  describe.skipIf(!there)('of mqtt.js', () => {
    const connect = async (door: 'tcp' | 'webSocket', options: IClientOptions = {}) =>
      disposable(await connectAsync(broker[door], { reconnectPeriod: 50, ...options }));

    it.each([
      ['tcp', 4],
      ['tcp', 5],
      ['webSocket', 4],
      ['webSocket', 5],
    ] as const)('publish and subscribe over %s, as version %i', async (door, protocolVersion) => {
      await using publisher = await connect(door, { protocolVersion });
      await using subscriber = await connect(door, { protocolVersion });
      const topic = `js/${door}/${protocolVersion}`;
      const told = messages(subscriber.client, 3);
      await subscriber.client.subscribeAsync(`${topic}/+`, { qos: 2 });
      for (const qos of [0, 1, 2] as const)
        await publisher.client.publishAsync(`${topic}/${qos}`, `as ${qos}`, { qos });
      expect((await told).map((packet) => [packet.topic, `${packet.payload}`, packet.qos])).toEqual(
        [0, 1, 2].map((qos) => [`${topic}/${qos}`, `as ${qos}`, qos]),
      );
    });

    it('send aliases for topics of their own accord, and get all their messages', async () => {
      const options = { protocolVersion: 5, autoAssignTopicAlias: true, properties: { topicAliasMaximum: 4 } } as const;
      await using both = await connect('tcp', options);
      const told = messages(both.client, 60);
      await both.client.subscribeAsync('js/alias/+', { qos: 1 });
      const topics = Array.from({ length: 60 }, (_, n) => `js/alias/${n % 6}`);
      for (const topic of topics) await both.client.publishAsync(topic, topic, { qos: 1 });
      expect((await told).map(({ topic, payload }) => [topic, `${payload}`])).toEqual(topics.map((t) => [t, t]));
    });

    it.each([1, 2] as const)('come back to their session after a cut, and miss nothing, at QoS %i', async (qos) => {
      const lasting = { protocolVersion: 5, clean: false, properties: { sessionExpiryInterval: 600 } } as const;
      await using subscriber = await connect('tcp', { ...lasting, clientId: `js-cut-${qos}`, resubscribe: false });
      await using publisher = await connect('tcp', { protocolVersion: 5 });
      const told = messages(subscriber.client, 20, true);
      await subscriber.client.subscribeAsync(`js/cut/${qos}`, { qos });
      for (let n = 0; n < 20; n += 1) {
        if (n === 10) subscriber.client.stream.destroy();
        await publisher.client.publishAsync(`js/cut/${qos}`, `${n}`, { qos });
      }
      expect((await told).map(({ payload }) => Number(payload))).toEqual(Array.from({ length: 20 }, (_, n) => n));
    });

    it('publish tens of thousands at QoS 1 and 0, and all of them arrive in order', async () => {
      await using publisher = await connect('tcp', { protocolVersion: 5 });
      await using subscriber = await connect('tcp', { protocolVersion: 5 });
      const count = 20_000;
      for (const qos of [1, 0] as const) {
        const told = messages(subscriber.client, count);
        await subscriber.client.subscribeAsync(`js/many/${qos}`, { qos });
        // Not more at once than a queue of either broker holds.
        for (let n = 0; n < count; n += 500) {
          const some = Array.from({ length: 500 }, (_, i) => `${n + i}`);
          await Promise.all(some.map((payload) => publisher.client.publishAsync(`js/many/${qos}`, payload, { qos })));
        }
        expect((await told).map(({ payload }) => Number(payload))).toEqual(Array.from({ length: count }, (_, n) => n));
      }
    });
  });
});

interface Disposable extends AsyncDisposable {
  readonly client: MqttClient;
}

function disposable(client: MqttClient): Disposable {
  // Those that a test cuts off come back by themselves.
  client.on('error', () => {});
  return { client, [Symbol.asyncDispose]: () => client.endAsync(true) };
}

/** Resolves with the next so many messages; without those that may have come before, if told to leave them out. */
function messages(client: MqttClient, count: number, once = false): Promise<readonly IPublishPacket[]> {
  const taken: IPublishPacket[] = [];
  return new Promise((resolve) => {
    const take = (topic: string, _payload: Buffer, packet: IPublishPacket): void => {
      if (once && packet.dup && taken.some(({ payload }) => `${payload}` === `${packet.payload}`)) return;
      // The packet itself may have an alias instead of the topic.
      if (taken.push({ ...packet, topic }) < count) return;
      client.off('message', take);
      resolve(taken);
    };
    client.on('message', take);
  });
}
