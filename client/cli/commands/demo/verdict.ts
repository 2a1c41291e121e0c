import type { Listener } from './listener.ts';
import type { Quake } from './quakes.ts';

/** What one subscriber should have been told, and was. */
export interface Verdict {
  readonly subscriber: string;
  readonly topic: string;
  readonly when: string | undefined;
  readonly manner: string;
  readonly expected: number;
  readonly told: number;
  readonly dropped: number;
  /**
   * Told of exactly the expected, each once; or, where drops are allowed, of some of these, and the rest is counted as
   * dropped.
   */
  readonly ok: boolean;
}

export function verdictOf({ subscriber, told, dropped }: Listener, quakes: readonly Quake[]): Verdict {
  const { name, topic, when, manner, expects } = subscriber;
  const expected = new Set(quakes.filter(({ data }) => expects(data)).map(({ id }) => id));
  const once = new Set(told).size === told.length;
  const onlyExpected = told.every((id) => expected.has(id));
  const nothingUntold = told.length + dropped === expected.size;
  const dropsAllowed = manner === 'slow' || dropped === 0;
  return {
    subscriber: name,
    topic,
    when,
    manner,
    expected: expected.size,
    told: told.length,
    dropped,
    ok: once && onlyExpected && nothingUntold && dropsAllowed,
  };
}
