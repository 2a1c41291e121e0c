import { JSON_CONTENT_TYPE } from '../../protocol/index.ts';
import type { PublishedEvent } from '../../publish/event.ts';
import { isJson } from '../../publish/json.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

/** The data of an event, to stand in JSON: as a JSON text; or, where it is neither JSON nor text, in base64. */
export interface ShownData {
  readonly json?: string;
  readonly base64?: string;
}

/** Neither, where there is none. Cost: that of decoding the data, if it says that it is JSON. */
export function shownData(event: PublishedEvent): ShownData {
  if (event.size === 0) return {};
  const bytes = event.bytes.subarray(event.bytes.length - event.size);
  const text = textOf(bytes);
  if (text !== undefined) {
    // As it was sent: numbers keep all their digits. Line ends between tokens would end a line of an event stream.
    if (isJson(event.contentType) && event.data !== undefined) return { json: text.replace(/[\r\n]+/g, ' ') };
    if (event.contentType.startsWith('text/')) return { json: JSON.stringify(text) };
  }
  return { base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64') };
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** An event as a JSON object on one line, but for its closing brace. */
export function openEventJson(event: PublishedEvent): string {
  const { seq, topic, time, id, source, contentType, attributes, retained } = event;
  const head = JSON.stringify({
    seq,
    topic,
    time,
    id,
    source,
    contentType: contentType === JSON_CONTENT_TYPE ? undefined : contentType,
    attributes,
    retained: retained || undefined,
  });
  const { json, base64 } = shownData(event);
  if (json !== undefined) return `${head.slice(0, -1)},"data":${json}`;
  return base64 === undefined ? head.slice(0, -1) : `${head.slice(0, -1)},"dataBase64":"${base64}"`;
}
