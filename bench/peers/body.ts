/** Bytes of an event's data. */
export const BODY_BYTES = 200;

const NUMBER_AT = '{"n":"'.length;
const DIGITS = 12;
const TEMPLATE = template();

/** The data of event `n`: JSON of 200 bytes, as a device might send it. Cheap, since every client pays for it. */
export function bodyOf(n: number): Buffer {
  const body = Buffer.allocUnsafe(BODY_BYTES);
  TEMPLATE.copy(body);
  for (let at = NUMBER_AT + DIGITS - 1, rest = n; rest > 0; at -= 1, rest = Math.floor(rest / 10)) {
    body[at] = 48 + (rest % 10);
  }
  return body;
}

/** The event's number; -1 if these are not the bytes that `bodyOf` gave it. */
export function numberOf(body: Uint8Array): number {
  let n = 0;
  for (let at = NUMBER_AT; at < NUMBER_AT + DIGITS; at += 1) n = n * 10 + (body[at] ?? 0) - 48;
  return Number.isSafeInteger(n) && n >= 0 && bodyOf(n).equals(body) ? n : -1;
}

function template(): Buffer {
  const event = { n: '0'.repeat(DIGITS), device: 'device-417', temperature: 21.5, humidity: 48, ok: true, note: '' };
  const bare = JSON.stringify(event).length;
  return Buffer.from(JSON.stringify({ ...event, note: 'x'.repeat(BODY_BYTES - bare) }));
}
