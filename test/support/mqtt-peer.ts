import {
  generate,
  type IConnackPacket,
  type IConnectPacket,
  type IPublishPacket,
  type ISubackPacket,
  type Packet,
  parser,
} from 'mqtt-packet';
import type { MemoryPeer } from '../../broker/transports/memory-peer.ts';

export type Publish = Partial<Omit<IPublishPacket, 'cmd' | 'topic'>> & { readonly topic: string };

/** A client of MQTT: what it sends is what the test says, what it was sent is kept in order. It acknowledges nothing by itself. */
export class MqttPeer {
  readonly peer: MemoryPeer;
  readonly packets: Packet[] = [];
  isClosed = false;
  readonly #version: 4 | 5;
  readonly #settle: () => void;
  #packetId = 0;

  /** `settle` runs the broker until nothing more is to be done now. */
  constructor(peer: MemoryPeer, settle: () => void, version: 4 | 5) {
    this.peer = peer;
    this.#settle = settle;
    this.#version = version;
    const from = parser({ protocolVersion: version });
    from.on('packet', (packet) => void this.packets.push(packet));
    from.on('error', (error) => {
      throw error;
    });
    peer.handler = {
      onBinary: (bytes) => void from.parse(Buffer.from(bytes)),
      onClose: () => {
        this.isClosed = true;
      },
    };
  }

  /** Answers what came for it. */
  send(packet: Packet): readonly Packet[] {
    return this.raw(generate(packet, { protocolVersion: this.#version }));
  }

  /** The broker reads it with the next packet that is sent, by whomever. */
  write(packet: Packet): void {
    this.peer.sendBinary(generate(packet, { protocolVersion: this.#version }));
  }

  raw(bytes: Uint8Array): readonly Packet[] {
    const before = this.packets.length;
    this.peer.sendBinary(bytes);
    this.#settle();
    return this.packets.slice(before);
  }

  connect(clientId: string, said: Partial<Omit<IConnectPacket, 'cmd'>> = {}): IConnackPacket {
    const before = this.packets.length;
    this.send({
      cmd: 'connect',
      clientId,
      protocolVersion: this.#version,
      protocolId: 'MQTT',
      clean: true,
      keepalive: 60,
      ...said,
    });
    return this.#first(before, 'connack') as IConnackPacket;
  }

  subscribe(
    topic: string,
    {
      qos = 0,
      properties,
      ...options
    }: { qos?: 0 | 1 | 2; nl?: boolean; rap?: boolean; rh?: number } & Pick<
      Extract<Packet, { cmd: 'subscribe' }>,
      'properties'
    > = {},
  ): ISubackPacket {
    const before = this.packets.length;
    const subscription = { topic, qos, nl: false, rap: false, rh: 0, ...options };
    this.send({
      cmd: 'subscribe',
      messageId: this.nextId(),
      subscriptions: [subscription],
      ...(properties !== undefined && { properties }),
    });
    return this.#first(before, 'suback') as ISubackPacket;
  }

  /** Answers what came for it: an acknowledgement, or nothing with QoS 0. */
  publish({ topic, payload = '', qos = 0, ...said }: Publish): readonly Packet[] {
    const messageId = said.messageId ?? (qos === 0 ? undefined : this.nextId());
    return this.send({
      cmd: 'publish',
      topic,
      payload,
      qos,
      dup: false,
      retain: false,
      ...said,
      ...(messageId !== undefined && { messageId }),
    });
  }

  nextId(): number {
    this.#packetId += 1;
    return this.#packetId;
  }

  /** The payloads of what was published to it, in order. */
  get payloads(): readonly string[] {
    return this.published.map(({ payload }) => payload.toString());
  }

  get published(): readonly IPublishPacket[] {
    return this.packets.filter((packet) => packet.cmd === 'publish');
  }

  /** The reason of the last DISCONNECT that it got. */
  get disconnectReason(): number | undefined {
    const last = this.packets.filter((packet) => packet.cmd === 'disconnect').at(-1);
    return last?.reasonCode;
  }

  #first(from: number, cmd: Packet['cmd']): Packet {
    const found = this.packets.slice(from).find((packet) => packet.cmd === cmd);
    if (found === undefined) throw new Error(`no ${cmd} came`);
    return found;
  }
}
