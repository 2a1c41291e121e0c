import type { AttributeValue, BodyToWrite } from '../../../protocol/index.ts';
import { isJson } from '../../../publish/json.ts';
import { HttpProblem } from '../problem.ts';
import { ADDED, NAME, OWN_PLACES } from './names.ts';

const LEFT_OUT: ReadonlySet<string> = new Set<string>(ADDED);

/** Whether a request is a CloudEvent in binary mode (HTTP binding §3.1). */
export function isBinaryMode(headers: ReadonlyMap<string, string>): boolean {
  return headers.has('ce-specversion');
}

/** An event in binary mode: attributes in headers, data as it is. Throws HttpProblem. */
export function fromBinary(headers: ReadonlyMap<string, string>, data: Uint8Array): BodyToWrite {
  const fields: { [name: string]: unknown } = Object.create(null);
  for (const [header, value] of headers) {
    if (!header.startsWith('ce-')) continue;
    // Bytes that are no text; they are to be percent-encoded (HTTP binding §3.1.3.2). npm `cloudevents` sends other characters as they are.
    if (value.includes('\ufffd')) throw malformed(`${header} has bytes that are to be percent-encoded`);
    fields[header.slice(3)] = percentDecoded(value);
  }
  return { ...envelopeOf(fields), contentType: headers.get('content-type') ?? 'application/octet-stream', data };
}

/** An event in the JSON format. Throws HttpProblem. */
export function fromStructured(value: unknown): BodyToWrite {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed('an event must be an object');
  const fields = value as { readonly [name: string]: unknown };
  const contentType = optionalText(fields, 'datacontenttype') ?? 'application/json';
  return { ...envelopeOf(fields), contentType, data: dataOf(fields, contentType) };
}

function envelopeOf(fields: { readonly [name: string]: unknown }): Omit<BodyToWrite, 'data' | 'contentType'> {
  const version = fields['specversion'];
  if (version !== '1.0') throw malformed(`specversion must be 1.0, not ${String(version).slice(0, 20)}`);
  const id = requiredText(fields, 'id');
  const source = requiredText(fields, 'source');
  const type = requiredText(fields, 'type');
  const time = optionalText(fields, 'time');
  const attributes: { [name: string]: AttributeValue } = Object.create(null);
  attributes['type'] = type;
  for (const [name, value] of Object.entries(fields)) {
    if (OWN_PLACES.has(name) || LEFT_OUT.has(name) || value === null) continue;
    if (!NAME.test(name)) throw malformed(`the attribute name ${JSON.stringify(name).slice(0, 60)}: only a-z and 0-9`);
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      throw malformed(`the attribute ${name} must be a text, a number or a truth`);
    }
    attributes[name] = value;
  }
  return { id, source, attributes, ...(time !== undefined && { time: millisecondsOf(time) }) };
}

/** JSON format §3.1: JSON as a value of its own, bytes in base64, anything else as a text. */
function dataOf(fields: { readonly [name: string]: unknown }, contentType: string): Uint8Array | string {
  const { data, data_base64: base64 } = fields;
  if (data !== undefined && base64 !== undefined) throw malformed('there is data and data_base64');
  if (base64 !== undefined) {
    if (typeof base64 !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64))
      throw malformed('data_base64 is no base64');
    return Buffer.from(base64, 'base64');
  }
  if (data === undefined) return '';
  if (isJson(contentType)) return JSON.stringify(data);
  return typeof data === 'string' ? data : JSON.stringify(data);
}

function requiredText(fields: { readonly [name: string]: unknown }, name: string): string {
  const text = optionalText(fields, name);
  if (text === undefined || text === '') throw malformed(`${name} is missing`);
  return text;
}

function optionalText(fields: { readonly [name: string]: unknown }, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw malformed(`${name} must be a text`);
  return value;
}

/** RFC 3339. */
function millisecondsOf(time: string): number {
  const ms = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/.test(time) ? Date.parse(time) : NaN;
  if (!(ms >= 0)) throw malformed(`time must be an RFC 3339 instant since 1970, not ${time.slice(0, 60)}`);
  return ms;
}

/** HTTP binding §3.1.3.2. A `%` that stands for nothing is taken as it is. */
function percentDecoded(value: string): string {
  const text = /^".*"$/.test(value) ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function malformed(message: string): HttpProblem {
  return new HttpProblem('request_malformed', `CloudEvent: ${message}`);
}
