/** Clients that do nothing wrong, in a process of their own: a pair through each door. */

import { connect } from '../../client/index.ts';
import { HttpSocket } from '../http/http-socket.ts';
import { AckedClient } from '../mqtt/acked-client.ts';
import type { Answer, Order, Target } from './messages.ts';
import { Pair } from './pair.ts';

const TOPIC = 'bystanders';
const BODY = '{"temperature":31,"humidity":40,"site":"north","name":"pump 7"}';

let pairs: readonly Pair[] = [];

const tell = (answer: Answer): void => {
  process.send?.(answer);
};
process.once('disconnect', () => process.exit());
process.on('message', (order: Order) => void obey(order));

async function obey(order: Order): Promise<void> {
  if (order.kind === 'open') {
    const { target, perSecond } = order;
    pairs = await Promise.all([native(target, perSecond), mqtt(target, perSecond), http(target, perSecond)]);
    tell('ready');
  } else if (order.kind === 'begin') for (const pair of pairs) pair.begin();
  else tell(await Promise.all(pairs.map((pair) => pair.end())));
}

async function native({ port }: Target, perSecond: number): Promise<Pair> {
  const pair = new Pair('native');
  const [publisher, subscriber] = await Promise.all([0, 1].map(() => connect(`ws://127.0.0.1:${port}`)));
  await subscriber?.subscribe({ topic: `${TOPIC}/native` }, () => pair.came(1));
  pair.start(perSecond, () => void publisher?.publish(`${TOPIC}/native`, BODY));
  return pair;
}

/** With QoS 1. */
async function mqtt({ mqttPort }: Target, perSecond: number): Promise<Pair> {
  const pair = new Pair('MQTT');
  const [publisher, subscriber] = [await AckedClient.open(mqttPort), await AckedClient.open(mqttPort)];
  await subscriber.subscribe(`${TOPIC}/mqtt`);
  let counted = 0;
  subscriber.onProgress = () => {
    pair.came(subscriber.received - counted);
    counted = subscriber.received;
  };
  let due = 0;
  void publisher.publish(`${TOPIC}/mqtt`, Number.POSITIVE_INFINITY, () => publisher.published < due);
  pair.start(perSecond, () => {
    due += 1;
    publisher.onProgress();
  });
  return pair;
}

/** Requests one behind the other, to an event stream. */
async function http({ port }: Target, perSecond: number): Promise<Pair> {
  const pair = new Pair('HTTP');
  const reader = await HttpSocket.open(port, '\ndata: ');
  reader.onCount = (more) => pair.came(more);
  reader.send(`GET /v1/events?filter=${TOPIC}/http HTTP/1.1\r\nHost: bench\r\n\r\n`);
  while (reader.bytes === 0) await new Promise((then) => setImmediate(then));
  const publisher = await HttpSocket.open(port, 'HTTP/1.1 200');
  const head = `POST /v1/topics/${TOPIC}/http HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n`;
  const request = Buffer.from(`${head}Content-Length: ${Buffer.byteLength(BODY)}\r\n\r\n${BODY}`);
  pair.start(perSecond, () => publisher.send(request));
  return pair;
}
