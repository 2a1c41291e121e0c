import type { Handover } from '../../../delivery/outbox.ts';
import type { AttributeValue } from '../../../protocol/index.ts';
import type { PublishedEvent } from '../../../publish/event.ts';
import { shownData } from '../event-json.ts';
import { ADDED, NAME, OWN_PLACES, TYPE_DEFAULT } from './names.ts';

/** A Date knows no later one (ECMA-262 §21.4.1.1). */
const LAST_INSTANT_MS = 8.64e15;

/** The attributes of an event as CloudEvents has them, without its data. */
function contextOf(event: PublishedEvent, handover: Handover | undefined): { readonly [name: string]: AttributeValue } {
  const { seq, topic, time, id, source, contentType, attributes = {} } = event;
  const context: { [name: string]: AttributeValue } = Object.create(null);
  context['specversion'] = '1.0';
  // Where its publisher gave it no identity, its place in the broker's order is one.
  context['id'] = id ?? String(seq);
  context['source'] = source ?? `/v1/topics/${encodeURI(topic)}`;
  context['type'] = TYPE_DEFAULT;
  context['time'] = new Date(Math.min(time, LAST_INSTANT_MS)).toISOString();
  context['datacontenttype'] = contentType;
  const others: { [name: string]: AttributeValue } = Object.create(null);
  for (const [name, value] of Object.entries(attributes)) {
    const fits = NAME.test(name) && !OWN_PLACES.has(name) && !(ADDED as readonly string[]).includes(name);
    if (fits && isOfTypes(value)) context[name] = value;
    else others[name] = value;
  }
  // Names and numbers that CloudEvents does not allow.
  if (Object.keys(others).length > 0) context['tellwhenattributes'] = JSON.stringify(others);
  context['tellwhentopic'] = topic;
  // As a text: an Integer has 32 bits (§3.1).
  context['tellwhenseq'] = String(seq);
  if (handover !== undefined) {
    context['tellwhenattempt'] = handover.attempt;
    context['tellwhenleaseid'] = String(handover.lease.id);
    context['tellwhenleasetoken'] = String(handover.lease.token);
  }
  return context;
}

/** CloudEvents 1.0 §3.1: a number is a whole one of 32 bits; a text is not empty. */
function isOfTypes(value: AttributeValue): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < 2 ** 31;
  return value !== '';
}

/** The JSON format, as text. */
export function toStructured(event: PublishedEvent, handover?: Handover): string {
  const context = JSON.stringify(contextOf(event, handover));
  const { json, base64 } = shownData(event);
  if (json !== undefined) return `${context.slice(0, -1)},"data":${json}}`;
  return base64 === undefined ? context : `${context.slice(0, -1)},"data_base64":"${base64}"}`;
}

/** Binary mode: the headers; the data goes as it is. */
export function toBinaryHeaders(event: PublishedEvent, handover?: Handover): { readonly [name: string]: string } {
  const { datacontenttype, ...context } = contextOf(event, handover);
  const headers: { [name: string]: string } = { 'content-type': String(datacontenttype) };
  for (const [name, value] of Object.entries(context)) headers[`ce-${name}`] = percentEncoded(String(value));
  return headers;
}

/** HTTP binding §3.1.3.2: space, `"`, `%` and everything outside printable ASCII. */
function percentEncoded(text: string): string {
  return text.toWellFormed().replace(/[^\x21\x23\x24\x26-\x7e]/gu, (character) => encodeURIComponent(character));
}
