import { isUtf8 } from 'node:buffer';
import {
  type Body,
  ByteReader,
  ByteWriter,
  NO_OPTIONS,
  ProtocolError,
  type PublishOptions,
  readBody,
  writeBody,
} from '../../protocol/index.ts';
import { attributesOf } from './event-properties.ts';
import { NO_PROPERTIES, type Properties, type Qos } from './packets.ts';

/** What a client publishes, or leaves as its will. */
export interface Message {
  readonly qos: Qos;
  readonly retain: boolean;
  readonly payload: Uint8Array;
  readonly properties: Properties;
}

const RETAINED: PublishOptions = { ...NO_OPTIONS, retain: true };

/** The payload is not what its format says. */
export class PayloadFormatError extends Error {
  override readonly name = 'PayloadFormatError';
}

const scratch = new ByteWriter(65_536);

/**
 * The body of an event out of a message. A view, valid until this is called again. `source` is who published it, where somebody
 * has to know. Throws ProtocolError `attributes_invalid`, or PayloadFormatError.
 */
export function bodyOf(message: Message, source: string | undefined): Body {
  const { payload, qos, retain, properties } = message;
  if (properties.payloadFormat === 1 && !isUtf8(payload)) {
    throw new PayloadFormatError('the payload is not UTF-8, as its format indicator says [MQTT-3.3.2-4]');
  }
  scratch.clear();
  writeBody(scratch, {
    data: payload,
    qos,
    retain,
    source,
    contentType: properties.contentType,
    attributes: properties === NO_PROPERTIES ? undefined : attributesOf(properties),
  });
  const body = readBody(new ByteReader(scratch.written()));
  if (body.fault !== undefined) throw new ProtocolError('attributes_invalid', body.fault);
  return body;
}

export function optionsOf({ retain, properties: { messageExpiryS } }: Message): PublishOptions {
  if (messageExpiryS === undefined) return retain ? RETAINED : NO_OPTIONS;
  return { ...NO_OPTIONS, retain, ttlMs: 1000 * messageExpiryS };
}

/** The same with who published it. A view, valid as `bodyOf` says. */
export function withSource(body: Body, source: string): Body {
  const { contentType, attributes, qos, retain } = body;
  scratch.clear();
  writeBody(scratch, { data: body.data, contentType, attributes, qos, retain, source });
  return readBody(new ByteReader(scratch.written()));
}

/** The same in memory of its own. */
export function ownBody({ bytes }: Body): Body {
  return readBody(new ByteReader(bytes.slice()));
}
