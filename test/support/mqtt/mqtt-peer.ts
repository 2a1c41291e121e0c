import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  generate,
  type IConnackPacket,
  type IConnectPacket,
  type IDisconnectPacket,
  type IPacket,
  type IPublishPacket,
  type ISubackPacket,
  type ISubscribePacket,
  type ISubscription,
  type IUnsubackPacket,
  type Packet,
  type Parser,
  parser,
} from 'mqtt-packet';
import { createWebSocketStream, WebSocket } from 'ws';

/** As CONNECT has it: MQTT 3.1.1, and MQTT 5. */
export type MqttVersion = 4 | 5;

/** Longer than anything takes on a busy machine; the test's own timeout comes after. */
const PATIENCE_MS = 15_000;

type PacketOf<C extends Packet['cmd']> = Extract<Packet, { cmd: C }>;

/** What came, in its order. Of packets that only acknowledge, the library's types leave out the command. */
export type Arrived = IPacket & { readonly [field: string]: unknown };

/** Of QoS 0, not retained, where nothing is said of it. */
export type PublishOptions = Partial<Omit<IPublishPacket, 'cmd' | 'topic' | 'payload' | 'length'>>;

export interface SubscribeOptions extends Partial<Omit<ISubscription, 'topic'>> {
  readonly properties?: NonNullable<ISubscribePacket['properties']>;
}

/** Who it says it is when it connects. A clean start, where nothing is said of it. */
export type ConnectAs = Partial<Omit<IConnectPacket, 'cmd'>>;

/**
 * A client that speaks packets: what it sends is what the test says, also what no client may send; what it was sent is
 * kept in order. It acknowledges nothing unless it is told to.
 */
export class MqttPeer implements AsyncDisposable {
  readonly version: MqttVersion;
  /** Everything that arrived and was not taken. */
  readonly arrived: Arrived[] = [];
  readonly #stream: Duplex;
  readonly #parser: Parser;
  #closed = false;
  #messageId = 0;
  #wake: () => void = () => {};

  private constructor(stream: Duplex, version: MqttVersion) {
    this.version = version;
    this.#stream = stream;
    this.#parser = parser({ protocolVersion: version });
    this.#parser.on('packet', (packet) => this.arrived.push(packet as unknown as Arrived));
    stream.on('data', (bytes: Buffer) => {
      this.#parser.parse(bytes);
      this.#wake();
    });
    // Resets are ends too: whoever expects the end says so.
    stream.on('error', () => {});
    stream.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  /** A connection on which nothing was said yet. `address` is `mqtt://host:port` or `ws://host:port/path`. */
  static async open(address: string, version: MqttVersion = 5): Promise<MqttPeer> {
    const url = new URL(address);
    if (url.protocol === 'mqtt:') {
      const socket = connectTcp({ host: url.hostname, port: Number(url.port), noDelay: true });
      await once(socket, 'connect', { signal: AbortSignal.timeout(PATIENCE_MS) });
      return new MqttPeer(socket, version);
    }
    const socket = new WebSocket(address, 'mqtt');
    const stream = createWebSocketStream(socket);
    const peer = new MqttPeer(stream, version);
    await once(socket, 'open', { signal: AbortSignal.timeout(PATIENCE_MS) });
    return peer;
  }

  /** A connection that was accepted. */
  static async connect(address: string, version: MqttVersion, as: ConnectAs = {}): Promise<MqttPeer> {
    const { peer, connack } = await MqttPeer.connected(address, version, as);
    const code = version === 5 ? connack.reasonCode : connack.returnCode;
    if (code !== 0) throw new Error(`connect was answered ${JSON.stringify(connack)}`);
    return peer;
  }

  /** A connection, and what its CONNECT was answered. */
  static async connected(
    address: string,
    version: MqttVersion,
    as: ConnectAs = {},
  ): Promise<{ readonly peer: MqttPeer; readonly connack: IConnackPacket }> {
    const peer = await MqttPeer.open(address, version);
    peer.send({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: version,
      clean: true,
      clientId: as.clientId ?? '',
      keepalive: 60,
      ...as,
    });
    return { peer, connack: await peer.next('connack') };
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  send(packet: Packet): void {
    this.#stream.write(generate(packet, { protocolVersion: this.version }));
  }

  /** Bytes that need not be a packet. Answers whether the network took them at once. */
  write(bytes: Uint8Array): boolean {
    return this.#stream.write(bytes);
  }

  /** Reads nothing more, until `resume`. */
  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  /** A number for a packet that is to be acknowledged. */
  nextId(): number {
    this.#messageId += 1;
    return this.#messageId;
  }

  /** The next packet, which is to be one of these. */
  async next<C extends Packet['cmd']>(cmd: C): Promise<PacketOf<C>> {
    await this.#until(() => this.arrived.length > 0);
    const packet = this.arrived.shift();
    if (packet?.cmd !== cmd) throw new Error(`there came ${JSON.stringify(packet) ?? 'the end'} instead of ${cmd}`);
    return packet as unknown as PacketOf<C>;
  }

  /** The next packet of this kind; what comes before it is left for others. */
  async answer<C extends Packet['cmd']>(cmd: C, messageId?: number): Promise<PacketOf<C>> {
    const index = (): number =>
      this.arrived.findIndex(
        (packet) => packet.cmd === cmd && (messageId === undefined || packet.messageId === messageId),
      );
    await this.#until(() => index() >= 0);
    const [packet] = index() < 0 ? [] : this.arrived.splice(index(), 1);
    if (packet === undefined) throw new Error(`closed before ${cmd}, after ${JSON.stringify(this.arrived)}`);
    return packet as unknown as PacketOf<C>;
  }

  async subscribe(topic: string, { properties, ...options }: SubscribeOptions = {}): Promise<ISubackPacket> {
    const messageId = this.nextId();
    const subscriptions = [{ topic, qos: 0 as const, ...options }];
    this.send({ cmd: 'subscribe', messageId, subscriptions, ...(properties === undefined ? {} : { properties }) });
    return await this.answer('suback', messageId);
  }

  async unsubscribe(...unsubscriptions: string[]): Promise<IUnsubackPacket> {
    const messageId = this.nextId();
    this.send({ cmd: 'unsubscribe', messageId, unsubscriptions });
    return await this.answer('unsuback', messageId);
  }

  /** Publishes, and goes through the whole exchange of its quality of service. Answers the last packet of it. */
  async publish(topic: string, payload: string | Buffer, options: PublishOptions = {}): Promise<Arrived | undefined> {
    const { qos = 0, ...rest } = options;
    const messageId = options.messageId ?? (qos === 0 ? undefined : this.nextId());
    this.send({
      cmd: 'publish',
      topic,
      payload,
      dup: false,
      retain: false,
      ...rest,
      qos,
      ...(messageId === undefined ? {} : { messageId }),
    });
    if (qos === 0 || messageId === undefined) return undefined;
    if (qos === 1) return (await this.answer('puback', messageId)) as unknown as Arrived;
    const received = (await this.answer('pubrec', messageId)) as unknown as Arrived;
    if (typeof received['reasonCode'] === 'number' && received['reasonCode'] >= 0x80) return received;
    this.send({ cmd: 'pubrel', messageId });
    return (await this.answer('pubcomp', messageId)) as unknown as Arrived;
  }

  /** Takes so many messages, and acknowledges them. */
  async take(count: number): Promise<IPublishPacket[]> {
    const taken: IPublishPacket[] = [];
    while (taken.length < count) {
      const message = await this.answer('publish');
      await this.acknowledge(message);
      taken.push(message);
    }
    return taken;
  }

  /** Does what the quality of service of a message asks of its receiver. */
  async acknowledge({ qos, messageId }: IPublishPacket): Promise<void> {
    if (qos === 0 || messageId === undefined) return;
    if (qos === 1) return this.send({ cmd: 'puback', messageId });
    this.send({ cmd: 'pubrec', messageId });
    await this.answer('pubrel', messageId);
    this.send({ cmd: 'pubcomp', messageId });
  }

  /** What messages there are by the time the broker has answered a ping, acknowledged. */
  async rest(): Promise<IPublishPacket[]> {
    this.send({ cmd: 'pingreq' });
    await this.answer('pingresp');
    return await this.take(this.arrived.filter(({ cmd }) => cmd === 'publish').length);
  }

  /** Resolves when the broker has closed the connection. What came before that stays in `arrived`. */
  async closed(): Promise<void> {
    await this.#until(() => this.#closed);
  }

  /** Why the broker has closed it: the last packet, where that is a DISCONNECT. */
  async goodbye(): Promise<IDisconnectPacket | undefined> {
    await this.closed();
    const last = this.arrived.at(-1);
    return last?.cmd === 'disconnect' ? (last as unknown as IDisconnectPacket) : undefined;
  }

  /** Says goodbye, and waits until the broker has closed the connection. */
  async leave(properties: NonNullable<IDisconnectPacket['properties']> = {}, reasonCode = 0): Promise<void> {
    this.send({ cmd: 'disconnect', reasonCode, ...(this.version === 5 ? { properties } : {}) });
    await this.closed();
  }

  /** Ends without a goodbye. */
  cut(): void {
    this.#stream.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    if (!this.#closed) await once(this.#stream, 'close');
  }

  /** Resolves when it holds, or when the connection has ended; rejects when that takes too long. */
  async #until(holds: () => boolean): Promise<void> {
    const late = AbortSignal.timeout(PATIENCE_MS);
    while (!holds() && !this.#closed) {
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        late.onabort = () => reject(new Error(`waited in vain, after ${JSON.stringify(this.arrived)}`));
      });
    }
  }
}
