import type { JsonValue, MatchableEvent } from '../event.ts';
import type { Reference } from '../language/ast.ts';
import { printReference } from '../language/print.ts';
import { readReference } from '../language/values.ts';

export type ValueType = 'missing' | 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';

/** What an event had where a clause looked. */
export interface ObservedValue {
  /** As the language writes it: `room.floor`. */
  readonly reference: string;
  readonly type: ValueType;
  /** The value as JSON, at most `SHOWN_MAX` characters and then an ellipsis. Absent where it is missing. */
  readonly shown?: string;
}

/** The longest text of a value or a clause in an explanation, in UTF-16 code units. */
export const SHOWN_MAX = 120;

export function observe(reference: Reference, event: MatchableEvent): ObservedValue {
  const value = readReference(reference, event);
  const observed = { reference: shorten(printReference(reference)), type: typeOf(value) };
  return value === undefined ? observed : { ...observed, shown: show(value) };
}

export function typeOf(value: JsonValue | undefined): ValueType {
  if (value === undefined) return 'missing';
  if (value === null || Number.isNaN(value)) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value as 'boolean' | 'number' | 'string' | 'object';
}

/** A value as JSON, shortened. Reads no more of a large value than it shows. */
export function show(value: JsonValue): string {
  if (typeof value === 'string') return shorten(JSON.stringify(value.slice(0, SHOWN_MAX + 1)));
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `array of ${value.length}`;
  return `object of ${Object.keys(value).length}`;
}

export function shorten(text: string): string {
  if (text.length <= SHOWN_MAX) return text;
  // Not between the halves of a surrogate pair, which JSON over UTF-8 could not carry.
  const last = text.charCodeAt(SHOWN_MAX - 1);
  return `${text.slice(0, last >= 0xd800 && last <= 0xdbff ? SHOWN_MAX - 1 : SHOWN_MAX)}…`;
}
