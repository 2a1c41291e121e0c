import type { PublishedEvent } from '../../publish/event.ts';
import { writeEventProperties } from './event-properties.ts';
import { PacketWriter, varintBytes } from './packet-writer.ts';
import type { Qos, Version } from './packets.ts';

export interface PublishHead {
  readonly dup: boolean;
  readonly qos: Qos;
  readonly retain: boolean;
  /** 0 with QoS 0. */
  readonly packetId: number;
  /** Of the subscriptions that it is for, those that have one [MQTT-3.3.4-4]. */
  readonly subscriptionIds: readonly number[];
  /** 0: none. */
  readonly alias: number;
  /** The peer knows what the alias means: the topic is left out. */
  readonly aliasKnown: boolean;
}

const PUBLISH = 0x30;
const DUP = 8;
const RETAIN = 1;

/** A packet of the present event, but for what differs from one receiver to the next and is written over. */
interface Template {
  event: PublishedEvent | undefined;
  bytes: Uint8Array;
  packetIdAt: number;
}

/**
 * Writes events as PUBLISH packets, section 3.3. By hand, because this is what a broker does most: the library that encodes
 * everything else makes a fifth as many. One event goes to many receivers in a row, mostly in the same bytes, so these are put
 * together once and copied.
 */
export class PublishPackets {
  readonly #wallMs: () => number;
  /** MQTT 5 or not; with a packet identifier or not. */
  readonly #templates: readonly Template[] = Array.from({ length: 4 }, () => ({
    event: undefined,
    bytes: new Uint8Array(),
    packetIdAt: 0,
  }));
  readonly #properties = new PacketWriter();
  readonly #scratch = new PacketWriter();

  constructor(wallMs: () => number) {
    this.#wallMs = wallMs;
  }

  /** Appends one packet. Answers its length. */
  write(to: PacketWriter, event: PublishedEvent, version: Version, head: PublishHead): number {
    const start = to.length;
    if (head.subscriptionIds.length > 0 || head.alias !== 0) {
      this.#assemble(to, event, version, head);
      return to.length - start;
    }
    const template = this.#template(event, version, head);
    to.raw(template.bytes);
    to.patchU8(start, firstByte(head));
    if (head.qos > 0) to.patchU16(start + template.packetIdAt, head.packetId);
    return template.bytes.length;
  }

  /** Nothing of the last event is kept. */
  forget(): void {
    for (const template of this.#templates) template.event = undefined;
  }

  #template(event: PublishedEvent, version: Version, head: PublishHead): Template {
    const template = this.#templates[(version === 5 ? 2 : 0) + (head.qos > 0 ? 1 : 0)] as Template;
    if (template.event !== event) {
      this.#scratch.clear();
      template.packetIdAt = this.#assemble(this.#scratch, event, version, head);
      template.bytes = this.#scratch.written().slice();
      template.event = event;
    }
    return template;
  }

  /** Answers where the packet identifier is. */
  #assemble(to: PacketWriter, event: PublishedEvent, version: Version, head: PublishHead): number {
    const start = to.length;
    const topic = head.aliasKnown ? '' : event.topic;
    const { payload } = event;
    let length = 2 + Buffer.byteLength(topic) + (head.qos > 0 ? 2 : 0) + payload.length;
    const properties = this.#properties;
    if (version === 5) {
      properties.clear();
      writeEventProperties(event, this.#wallMs(), properties);
      for (const id of head.subscriptionIds) {
        properties.u8(0x0b);
        properties.varint(id);
      }
      if (head.alias !== 0) {
        properties.u8(0x23);
        properties.u16(head.alias);
      }
      length += varintBytes(properties.length) + properties.length;
    }
    to.u8(firstByte(head));
    to.varint(length);
    to.string(topic);
    const packetIdAt = to.length - start;
    if (head.qos > 0) to.u16(head.packetId);
    if (version === 5) {
      to.varint(properties.length);
      to.raw(properties.written());
    }
    to.raw(payload);
    return packetIdAt;
  }
}

function firstByte({ dup, qos, retain }: PublishHead): number {
  return PUBLISH | (dup ? DUP : 0) | (qos << 1) | (retain ? RETAIN : 0);
}
