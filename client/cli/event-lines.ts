import type { ReceivedEvent, Reply } from '../index.ts';
import { type Paint, printable } from './paint.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Longer data is cut when people read. Programs get it whole. */
const SHOWN_MAX = 2000;

/** One line for people: time, position, topic, attributes, data. */
export function eventLine(event: ReceivedEvent, paint: Paint): string {
  const time = new Date(event.time).toISOString().slice(11, 23);
  const attributes = Object.entries(event.attributes).map(([name, value]) => ` ${printable(`${name}=${value}`)}`);
  const again = event.attempt > 1 ? paint.yellow(` attempt ${event.attempt}`) : '';
  const kept = event.retained ? paint.yellow(' retained') : '';
  const data = shownData(event);
  return `${paint.dim(`${time} #${event.seq}`)} ${paint.bold(printable(event.topic))}${again}${kept}${paint.dim(attributes.join(''))} ${data}`;
}

/**
 * The same for programs, as one JSON object. The data is `data` when it is JSON, else `text` when it is UTF-8, else
 * `base64`.
 */
export function eventJson(event: ReceivedEvent): string {
  const { seq, topic, id, source, attempt, contentType } = event;
  const attributes = Object.keys(event.attributes).length === 0 ? undefined : event.attributes;
  const time = new Date(event.time).toISOString();
  const data = dataOf(event);
  return JSON.stringify({
    seq,
    time,
    topic,
    id,
    source,
    attempt: attempt || undefined,
    retained: event.retained || undefined,
    contentType,
    attributes,
    ...data,
  });
}

/** A reply for people: its data, or how it failed. */
export function replyLine(reply: Reply, paint: Paint): string {
  const { error } = reply;
  if (error !== undefined) return `${paint.yellow(printable(error.code))} ${printable(error.message)}`;
  return shownData(reply);
}

/** The same for programs, as one JSON object. */
export function replyJson(reply: Reply): string {
  const { error, contentType, repeated } = reply;
  if (error !== undefined) {
    return JSON.stringify({ error: { code: error.code, message: error.message, data: error.data } });
  }
  const attributes = Object.keys(reply.attributes).length === 0 ? undefined : reply.attributes;
  return JSON.stringify({ contentType, attributes, repeated: repeated || undefined, ...dataOf(reply) });
}

/** What has data, and says what it is. */
type WithData = Pick<ReceivedEvent, 'data' | 'contentType'>;

function dataOf(event: WithData): { data: unknown } | { text: string } | { base64: string } {
  const text = textOf(event.data);
  if (text === undefined) return { base64: Buffer.from(event.data).toString('base64') };
  if (!/[/+]json\b/.test(event.contentType)) return { text };
  try {
    return { data: JSON.parse(text) };
  } catch {
    return { text };
  }
}

function shownData({ data, contentType }: WithData): string {
  const text = textOf(data);
  if (text === undefined) return `${data.length} bytes of ${printable(contentType)}`;
  return printable(text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text);
}

function textOf(data: Uint8Array): string | undefined {
  try {
    return utf8.decode(data);
  } catch {
    return undefined;
  }
}
