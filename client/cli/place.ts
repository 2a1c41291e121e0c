import type { From } from '../index.ts';
import { parseDuration } from './duration.ts';
import type { OptionKind } from './option-kinds.ts';
import { UsageError } from './usage-error.ts';

export const PLACE_MEANING = 'beginning, a position as #42, a time as 2026-01-31T12:00Z, or so long ago as 10m';

/** A place among the events that are stored. `nowMs`: since 1970, for what is said as so long ago. */
export function parsePlace(text: string, nowMs: number): From | undefined {
  if (text === 'beginning' || text === 'now') return text;
  const [, seq] = /^#?(\d{1,15})$/.exec(text) ?? [];
  if (seq !== undefined) return { seq: Number(seq) };
  const agoMs = parseDuration(text);
  if (agoMs !== undefined) return { time: Math.max(0, nowMs - agoMs) };
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) || time < 0 ? undefined : { time };
}

export function place(meaning: string): OptionKind<From | undefined> {
  return {
    placeholder: 'place',
    meaning: `${meaning}: ${PLACE_MEANING}`,
    parse: ([value, ...more], flag) => {
      if (more.length > 0) throw new UsageError(`${flag} is given ${more.length + 1} times; once is enough`);
      if (value === undefined) return undefined;
      const parsed = parsePlace(value, Date.now());
      if (parsed !== undefined) return parsed;
      throw new UsageError(`${flag} wants ${PLACE_MEANING}; not "${value}"`);
    },
  };
}
